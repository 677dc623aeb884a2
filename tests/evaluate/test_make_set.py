"""Questions come from all documents alike, each once, and the same seed gives the same ones."""

import random

import pytest

from ondol.assemble import open_library
from ondol.errors import UnusableInput, UsageError
from ondol.evaluate.candidates import Candidate, spread, unambiguous
from ondol.evaluate.make_set import HOPELESS, MakeSetConfig, make_set
from ondol.evaluate.near_duplicates import Distinct
from ondol.ingest.add import add_documents
from ondol.models.fake import FakeChat
from ondol.settings import Settings


def make(question, document_id, how="heading", key=""):
    return Candidate(question=question, document_id=document_id, start=0, end=1, how=how, key=key or question)


def test_headings_and_definitions_are_asked_about(library, ids):
    made = {row.question: row for row in make_set(library)}
    assert made["What is a barge?"].how == "definition"
    assert made["방앗간은 무엇인가요?"].document_id == ids["mill.md"]
    assert made["What should I know about opening hours of the museum?"].how == "heading"
    assert made["단체 관람을 신청하는 방법은 무엇인가요?"].how == "heading"
    text = library.text(ids["museum.md"])
    barge = made["What is a barge?"]
    assert text[barge.start : barge.end] == "A barge is a flat boat that carries goods on rivers and canals."


def test_a_row_says_that_it_is_synthetic(library, ids):
    row = next(row for row in make_set(library) if row.question == "What is a barge?")
    assert row.to_json("q1") == {
        "id": "q1", "question": "What is a barge?", "document_id": ids["museum.md"], "start": row.start,
        "end": row.end, "synthetic": True, "how": "definition",
    }  # fmt: skip


def test_every_document_is_asked_about_before_one_is_asked_about_twice(library, ids):
    made = make_set(library, MakeSetConfig(n=3))
    assert sorted(row.document_id for row in made) == sorted(ids.values())


def test_the_seed_decides(library):
    first = make_set(library, MakeSetConfig(n=4))
    assert make_set(library, MakeSetConfig(n=4)) == first
    assert any(make_set(library, MakeSetConfig(n=4, seed=seed)) != first for seed in range(5))


def test_what_two_documents_have_is_asked_about_in_neither(library, tmp_path):
    (tmp_path / "boats.md").write_text(
        "# Boats\n\nA barge is a slow boat. A punt is a flat boat that is moved with a pole."
    )
    copy = tmp_path / "copy.md"
    copy.write_text((tmp_path / "tea.md").read_text() + "\nThe room is small.\n")
    add_documents(library, [str(tmp_path / "boats.md"), str(copy)])
    questions = {row.question for row in make_set(library)}
    assert "What is a barge?" not in questions
    assert "What is a punt?" in questions
    assert not any("Tea house" in question for question in questions)


def test_a_model_writes_half_of_them(library):
    replies = ("When does the museum open?", "What does the tea house serve?", "방앗간 입장료는 얼마인가요?")
    made = make_set(library, MakeSetConfig(n=4), model=FakeChat(replies=replies))
    asked = [row.question for row in made if row.how == "model"]
    assert 1 <= len(asked) <= 2
    assert set(asked) <= set(replies)
    assert len(made) == 4


class Mumbler(FakeChat):
    """Never asks anything."""

    def _say(self, asked, read, **options):
        SAID.append(asked)
        return super()._say(asked, read, **options)


SAID = []


def test_a_model_that_asks_nothing_usable_is_given_up(library, tmp_path):
    (tmp_path / "many.txt").write_text("\n\n".join(f"Boat {n} lies in the harbour. " * 60 for n in range(20)))
    add_documents(library, [str(tmp_path / "many.txt")])
    SAID.clear()
    made = make_set(library, MakeSetConfig(n=40), model=Mumbler(replies=("Well, well.",)))
    assert len(SAID) == HOPELESS
    assert {row.how for row in made} == {"heading", "definition"}


def test_documents_that_offer_nothing_are_refused(tmp_path):
    (tmp_path / "plain_1.txt").write_text("It opens at nine. It closes at six.")
    with open_library(settings=Settings(home=tmp_path / "home", embeddings="fake:"), create=True) as library:
        add_documents(library, [str(tmp_path / "plain_1.txt")])
        with pytest.raises(UnusableInput) as caught:
            make_set(library)
    assert caught.value.message.startswith("The documents offer no question: they have neither headings nor")
    assert caught.value.hint.startswith("Add more documents, let a model write them with --with-model")


def test_at_least_one_question_must_be_wanted():
    with pytest.raises(UsageError) as caught:
        MakeSetConfig(n=0)
    assert str(caught.value) == "n is 0; at least one question must be asked for.\n  → Raise -n."


def test_questions_that_say_the_same_are_taken_once(library):
    distinct = Distinct(library.embeddings)
    asked = ["When does it open?", "when does it open", "When, does it open!", "What is a barge?", "?"]
    assert [row.question for row in distinct.take(make(q, "a") for q in asked)] == [asked[0], asked[3]]
    assert distinct.take([make("What is a barge?", "b")]) == []
    assert len(Distinct(library.embeddings, alike=0.5).take(make(q, "a") for q in ["a barge", "the barge"])) == 1


def test_documents_take_turns_and_kinds_alternate():
    rows = [make(f"h{n}", "a") for n in range(3)] + [make("d", "a", how="definition"), make("x", "b")]
    order = [(row.document_id, row.how) for row in spread(rows, random.Random(1))]
    assert sorted(order[:2]) == [("a", "definition"), ("b", "heading")]
    assert order[2:] == [("a", "heading")] * 3


def test_a_key_of_two_documents_belongs_to_none():
    rows = [make("What is x?", "a", key="x"), make("X?", "b", key="x"), make("y?", "a"), make("Y?", "a", key="y?")]
    assert [row.question for row in unambiguous(rows)] == ["y?"]
