"""What a reader finds, and what becomes of it in an answer."""

from dataclasses import replace

import pytest

from ondol.answer.ask import ask, read_documents
from ondol.answer.evidence import sentence_at
from ondol.answer.found import find_words
from ondol.readers.contract import Span
from ondol.readers.fake import open_fake

QUESTION = "When does the reading room of Solbat open?"


class Reads:
    """A reader that finds the same words in every text that holds them."""

    spec = "reads:"

    def __init__(self, words, margin=5.0):
        self.words, self.margin, self.read = words, margin, []

    def find_each(self, question, texts, begins=()):
        self.read.append((question, list(texts), list(begins)))
        found = []
        for number, (text, begin) in enumerate(zip(texts, begins, strict=True)):
            place = text.find(self.words, begin)
            here = place >= 0
            words = self.words if here else ""
            found.append(Span(number, max(0, place), max(0, place) + len(words), words, self.margin if here else 0, 0))
        return found

    def close(self):
        pass


def test_the_short_answer_is_what_the_reader_found_and_its_sentence_is_quoted(library, retriever, say):
    answer = ask(QUESTION, retriever, say("Nobody knows."), reader=Reads("five books"))
    assert answer.short == "five books"
    [citation] = answer.citations
    assert citation.quote == "A reader may borrow five books."
    text = library.show(citation.document_id)["text"]
    assert text[citation.start : citation.end] == citation.quote


def test_words_over_two_sentences_are_quoted_with_both(retriever, say):
    answer = ask(QUESTION, retriever, say("?"), reader=Reads("18:00. On Mondays"))
    assert answer.citations[0].quote.endswith("closes at 18:00. On Mondays it is not open.")


def test_titles_are_read_and_never_the_answer(retriever, say):
    reader = Reads("Opening hours")
    ask(QUESTION, retriever, say("?"), reader=reader)
    [(question, texts, begins)] = reader.read
    assert question == QUESTION
    assert any(text[:begin].endswith("Opening hours\n") for text, begin in zip(texts, begins, strict=True))
    [found] = read_documents(QUESTION, retriever, reader=reader).found
    assert found.hit.page_content[found.start : found.end] == "Opening hours"


def test_the_reader_has_a_say_in_whether_the_documents_tell(retriever, say):
    sure = read_documents(QUESTION, retriever, reader=Reads("9:30", margin=30)).confidence
    bare = read_documents(QUESTION, retriever).confidence
    doubtful = read_documents(QUESTION, retriever, reader=Reads("9:30", margin=-30)).confidence
    assert doubtful < bare < sure
    assert ask(QUESTION, retriever, say("It opens at 9:30."), reader=Reads("9:30", margin=-30)).abstained


def test_a_models_own_words_stay_and_the_reader_marks_the_short_answer(retriever, say):
    told = "The reading room of Solbat opens at 9:30."
    answer = ask(QUESTION, retriever, say(told), reader=Reads("9:30"))
    assert not answer.quoted
    assert (answer.answer, answer.short) == (f"{told} [1]", "9:30")


@pytest.mark.parametrize("question", ["솔밭 열람실은 월요일에 여나요?", "솔밭 열람실은 언제 닫나요?"])
def test_offsets_of_what_is_found_are_those_of_the_hit(question, retriever):
    reading = read_documents(question, retriever, reader=open_fake())
    assert reading.found
    for found in reading.found:
        assert found.hit.page_content[found.start : found.end] == found.text
        assert found.text in found.proof.text


def test_nothing_is_found_where_nothing_was_hit():
    assert find_words("?", [], [], open_fake()) == []


def test_a_heading_is_a_proof_with_the_features_of_the_weakest_sentence(retriever):
    reading = read_documents(QUESTION, retriever)
    hit = reading.evidence[0].hit
    place = hit.page_content.index("Monday")
    proof = sentence_at(hit, place, place + 6, reading.evidence[:1])
    assert proof.text == "On Mondays it is not open."
    assert proof.features == reading.evidence[0].features


def test_nothing_is_read_of_a_text_in_the_other_language(retriever):
    reading = read_documents(QUESTION, retriever)
    asked_in_korean = [replace(item, language="ko") for item in reading.evidence]
    reader = Reads("five books")
    assert find_words(QUESTION, reading.hits, reading.evidence, reader)
    assert find_words(QUESTION, reading.hits, asked_in_korean, reader) == []
    assert find_words(QUESTION, reading.hits, [*reading.evidence[:1], *asked_in_korean[1:]], reader) == []
