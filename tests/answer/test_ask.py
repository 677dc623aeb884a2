"""From a question to a checked answer, with a model that can be made to say anything."""

import re

import pytest
from langchain_core.documents import Document
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.retrievers import BaseRetriever

import ondol
from ondol.answer.ask import ask, stream_answer
from ondol.answer.hits import retrieve
from ondol.errors import UsageError
from ondol.lang import translate
from ondol.retrieve.config import RetrieveConfig

QUESTION = "When does the reading room of Solbat open?"


def assert_citations_are_slices(answer, library):
    for citation in answer.citations:
        text = library.show(citation.document_id)["text"]
        assert text[citation.start : citation.end] == citation.quote
        assert f"[{citation.mark}]" in answer.answer


def test_a_supported_sentence_is_shown_with_a_citation_that_is_a_slice(library, retriever, say):
    answer = ask(QUESTION, retriever, say("The reading room of Solbat opens at 9:30."))
    assert answer.answer == "The reading room of Solbat opens at 9:30. [1]"
    assert not answer.quoted
    assert "opens at 9:30" in answer.citations[0].quote
    assert_citations_are_slices(answer, library)


def test_an_invented_sentence_is_left_out_and_its_neighbour_stays(library, retriever, say):
    answer = ask(QUESTION, retriever, say("The reading room opens at 9:30. It was built by King Sejong in 1443."))
    assert answer.answer == "The reading room opens at 9:30. [1]"
    assert_citations_are_slices(answer, library)


def test_a_model_that_only_invents_is_replaced_by_the_sources_own_words(library, retriever, say):
    answer = ask(QUESTION, retriever, say("It opens at 7:15 in the museum of Berlin [3]."))
    assert answer.quoted
    assert "“The reading room of Solbat opens at 9:30 and closes at 18:00.” [1]" in answer.answer
    assert "Berlin" not in answer.answer
    assert_citations_are_slices(answer, library)


def test_marks_that_the_model_invents_are_dropped(library, retriever, say):
    answer = ask(QUESTION, retriever, say("The reading room opens at 9:30 [7]."))
    assert answer.answer == "The reading room opens at 9:30. [1]"


def test_the_short_answer_is_the_time_that_was_asked_for(library, retriever, say):
    assert ask(QUESTION, retriever, say("The reading room opens at 9:30.")).short == "9:30"


def test_a_question_that_no_document_answers_is_refused_and_the_model_never_asked(library, retriever, say):
    answer = ask("Who won the 1987 chess championship of Iceland?", retriever, say("Iceland won."))
    assert answer.abstained
    assert answer.answer.startswith("The documents do not tell.")
    assert answer.citations == []
    assert answer.ms["first_token"] is None
    assert answer.usage["completion_tokens"] == 0


def test_korean_is_answered_and_refused_in_korean(library, retriever, say):
    answer = ask("솔밭 열람실은 언제 여나요?", retriever, say("모르겠습니다."))
    assert answer.quoted
    assert answer.short == "오전 9시 30분"
    assert_citations_are_slices(answer, library)
    refused = ask("아이슬란드 체스 대회는 누가 이겼습니까?", retriever, say("모르겠습니다."))
    assert refused.answer.startswith("문서에는 답이 없습니다.")


def test_pieces_come_as_they_pass_and_make_up_the_answer(retriever, say):
    *pieces, answer = stream_answer(QUESTION, retriever, say("The reading room opens at 9:30. It closes at 18:00."))
    assert len(pieces) == 2
    assert "".join(pieces) == answer.answer


def test_a_model_that_does_not_stream_is_checked_sentence_by_sentence_too(library, retriever):
    said = "The reading room opens at 9:30. King Sejong built it. It closes at 18:00. A reader may borrow five books."
    answer = ask(QUESTION, retriever, FakeListChatModel(responses=[said]))
    assert "King" not in answer.answer
    for part in ("opens at 9:30. [", "closes at 18:00. [", "borrow five books. ["):
        assert part in answer.answer
    assert_citations_are_slices(answer, library)


class AtOnce(FakeListChatModel):
    """Gives its reply in a single chunk, as models without streaming do."""

    def _stream(self, messages, stop=None, run_manager=None, **kwargs):
        text = self._call(messages, stop, run_manager, **kwargs)
        yield ChatGenerationChunk(message=AIMessageChunk(content=text, chunk_position="last"))


def test_several_sentences_in_one_chunk_are_cut_where_they_end(retriever):
    said = "The reading room opens at 9:30. It closes at 18:00. A reader may borrow five books."
    answer = ask(QUESTION, retriever, AtOnce(responses=[said]))
    pieces = [part.strip() for part in re.split(r"\[\d+\]", answer.answer)]
    assert pieces == ["The reading room opens at 9:30.", "It closes at 18:00.", "A reader may borrow five books.", ""]


def test_usage_and_times_are_told(retriever, say):
    answer = ask(QUESTION, retriever, say("The reading room opens at 9:30."))
    assert answer.usage["prompt_tokens"] > 10
    assert answer.usage["completion_tokens"] == 6
    assert 0 <= answer.ms["retrieve"] <= answer.ms["first_token"] <= answer.ms["total"]


def test_an_empty_question_is_refused(retriever, say):
    with pytest.raises(UsageError, match="The question is empty"):
        ask("  ", retriever, say("x"))


class Fixed(BaseRetriever):
    """Somebody else's retriever."""

    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(page_content="The mill of Orrin opens at 10:00.", metadata={"source": "mill.txt"})]


def test_a_foreign_retriever_serves_when_an_embedder_is_given(embeddings, say):
    answer = ask("When does the mill of Orrin open?", Fixed(), say("It opens at 10:00."), embeddings=embeddings)
    assert answer.short == "10:00"
    assert (answer.citations[0].source, answer.citations[0].start) == ("mill.txt", 0)


def test_a_foreign_retriever_without_an_embedder_says_what_to_give(say):
    with pytest.raises(UsageError, match="does not say which embedder"):
        ask("When does the mill open?", Fixed(), say("x"))


def test_a_notebook_shows_quotes_escaped(retriever, say):
    answer = ask(QUESTION, retriever, say("The reading room opens at 9:30."))
    assert "<q>The reading room" in answer._repr_html_()


MIXED = "Solbat reading room은 언제 opens at 여나요?"


def test_a_quote_in_another_language_is_introduced_in_the_questions(library, retriever, say):
    answer = ask(MIXED, retriever, say("모르겠습니다."))
    frame = translate("The English source says: {quote}", language="ko", quote="")
    assert answer.answer.startswith(f"{frame}“The reading room of Solbat opens at 9:30 and closes at 18:00.” [1]")
    assert answer.answer.count(frame) == 1
    assert answer.short == "9:30"
    assert_citations_are_slices(answer, library)


def test_a_korean_quote_is_introduced_in_english(embeddings, say):
    class Korean(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document(page_content="솔밭 열람실은 오전 9시에 엽니다.", metadata={"source": "시간.txt"})]

    question = "Please tell me something about the opening of 솔밭 열람실."
    answer = ask(question, Korean(), say("Unknown."), embeddings=embeddings)
    assert answer.answer == "The Korean source says: “솔밭 열람실은 오전 9시에 엽니다.” [1]"


def test_the_cosine_of_a_foreign_retrievers_hit_is_not_its_score(embeddings, say):
    class Scored(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            texts = ("The mill of Orrin opens at 10:00.", "Cats sleep.")
            return [Document(page_content=text, metadata={"source": text, "score": 17.5}) for text in texts]

    answer = ask("When does the mill of Orrin open?", Scored(), say("It opens at 10:00."), embeddings=embeddings)
    assert answer.hits[0].metadata["score"] == 17.5
    assert answer.hits[0].metadata["cosine"] < 1


def test_a_search_for_words_alone_does_not_make_the_gate_blind(library, say):
    retriever = ondol.make_retriever(library, RetrieveConfig(mode="lexical"))
    hits = retrieve(QUESTION, retriever, library.embeddings)
    assert {hit.metadata["source"].split("/")[-1] for hit in hits.wider} == {"hours.md", "시간.md", "garden.md"}
    assert len(hits.shown) < len(hits.wider)
    assert all(-1 <= hit.metadata["cosine"] <= 1.0001 for hit in hits.wider)
    assert ask(QUESTION, retriever, say("The reading room opens at 9:30.")).short == "9:30"
