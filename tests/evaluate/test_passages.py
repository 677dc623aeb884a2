"""Searching as if a passage were found, or not there."""

import pytest

import ondol
from ondol.errors import NotFound, UsageError
from ondol.evaluate.answer_questions import AnswerQuestion, AnswerQuestions
from ondol.evaluate.passages import AMONG, choose_passage, retriever_for, suit_questions

TEXTS = {f"{name}.md": f"# {name}\n\nThe {name} stands in the garden of the mill." for name in (
    "oak", "elm", "fir", "ash", "yew", "box", "bay", "fig")}  # fmt: skip


@pytest.fixture
def retriever(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in {**TEXTS, "other.md": "# Boats\n\nBoats leave at nine."}.items():
        (folder / name).write_text(text, encoding="utf-8")
    with ondol.open_library(tmp_path / "home", create=True) as library:
        ondol.add_documents(library, [str(folder)])
        yield ondol.make_retriever(library)


def find(retriever, passage, document, question="Where does the oak stand in the garden?"):
    asked = AnswerQuestion(id="1", question=question, context_id=document)
    return [hit.metadata["document_id"] for hit in retriever_for(asked, retriever, passage).invoke(question)]


def test_a_given_passage_is_among_the_first_five_and_the_others_keep_their_order(retriever):
    plain = find(retriever, "found", "")
    last = plain[-1]
    given = find(retriever, "given", last)
    assert given.index(last) == AMONG - 1
    assert [name for name in given if name != last] == [name for name in plain if name != last]
    assert find(retriever, "given", plain[0]) == plain


def test_a_given_passage_that_the_search_has_not_found_is_put_in(retriever):
    boats = find(retriever, "found", "", "When do boats leave?")[0]
    narrow = retriever.model_copy(update={"config": ondol.make_retriever(retriever.library).config})
    assert boats in find(narrow, "given", boats)[:AMONG]


def test_a_removed_passage_is_not_found(retriever):
    plain = find(retriever, "found", "")
    assert find(retriever, "removed", plain[0]) == plain[1:]


def test_questions_without_their_passage_have_no_answer():
    rows = [AnswerQuestion(id="1", question="Where?", answers=("here",), context_id="a")]
    [suited] = suit_questions(AnswerQuestions(rows=rows), "removed").rows
    assert (suited.answers, suited.answerable) == ((), False)
    assert suit_questions(AnswerQuestions(rows=rows), "given").rows == rows
    with pytest.raises(UsageError, match="does not name its passage"):
        suit_questions(AnswerQuestions(rows=[AnswerQuestion(id="1", question="Where?")]), "given")
    with pytest.raises(NotFound, match="No way is called 'lost'"):
        choose_passage("lost")
