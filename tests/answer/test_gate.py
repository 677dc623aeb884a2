from dataclasses import replace

from langchain_core.documents import Document

from ondol.answer.evidence import find_evidence
from ondol.answer.gate import THRESHOLD, estimate
from ondol.embeddings.fake import FakeEmbeddings, open_fake


def hit(text, *, name="a", score=0.9, start=0, title="", heading=""):
    places = {"document_id": name, "source": name, "title": title, "heading": heading, "page": None, "start": start}
    return Document(id=f"{name}{start}", page_content=text, metadata={**places, "score": score})


MILL = hit("The mill was built in 1874. Its owner is Ada Fenwick. It has three floors.")
CAT = hit("Cats sleep for most of the day.", name="b", score=0.75)


def test_the_sentence_that_answers_is_ranked_first(embeddings):
    evidence = find_evidence("When was the mill built?", [MILL, CAT], embeddings)
    assert evidence[0].text == "The mill was built in 1874."
    assert MILL.page_content[evidence[0].start : evidence[0].end] == evidence[0].text


def test_offsets_count_from_the_source_and_not_from_the_hit(embeddings):
    (found,) = find_evidence("mill", [hit("A mill stands here.", start=100)], embeddings)
    assert (found.start, found.end) == (100, 119)


def test_a_sentence_in_two_overlapping_hits_counts_once(embeddings):
    first, second = hit("One mill. Two mills."), hit("Two mills. Three mills.", start=10)
    texts = [found.text for found in find_evidence("mills", [first, second], embeddings)]
    assert sorted(texts) == ["One mill.", "Three mills.", "Two mills."]


def test_a_record_of_a_table_stays_whole(embeddings):
    (found, *_) = find_evidence("price of tea", [hit("item: tea\nprice: 8000\n\nitem: cake\nprice: 500")], embeddings)
    assert found.text == "item: tea\nprice: 8000"


def test_titles_headings_and_notes_are_no_evidence(embeddings):
    law = hit("제5조(휴일)\n제5조(휴일) 매주 하루를 쉰다. <개정 2020. 1. 1.>", title="규칙")
    assert [found.text for found in find_evidence("휴일", [law], embeddings)] == ["제5조(휴일) 매주 하루를 쉰다."]


def test_the_estimate_is_high_with_the_words_of_the_question_and_low_without(embeddings):
    for question, told in (("When was the mill built?", True), ("Who painted the Icelandic ship?", False)):
        evidence = find_evidence(question, [MILL, CAT], embeddings)
        assert (estimate(evidence, [MILL, CAT], model="fake:") >= THRESHOLD) is told


def test_nothing_to_read_is_nothing_to_answer_from():
    assert estimate([], [], model="fake:") == 0


def test_a_hit_far_above_other_documents_counts_more_than_one_among_its_like(embeddings):
    question = "When was the mill built?"
    near = [hit("A barn was built.", name=str(n), score=0.89) for n in range(5)]
    far = [hit("A barn was built.", name=str(n), score=0.76) for n in range(5)]
    evidence = find_evidence(question, [MILL], embeddings)
    model = "onnx:multilingual-e5-small"
    assert estimate(evidence, [MILL, *far], model=model) > estimate(evidence, [MILL, *near], model=model)


def test_other_documents_are_counted_by_cosine_and_not_by_the_order_of_the_hits():
    embedder = open_fake()
    question, model = "When was the mill built?", "onnx:multilingual-e5-small"
    evidence = find_evidence(question, [MILL], embedder)
    others = [hit("A barn was built.", name=str(n), score=0.78) for n in range(7)]
    last = hit("A shed was built.", name="z", score=0.95)
    assert estimate(evidence, [MILL, *others, last], model=model) == estimate(
        evidence, [last, *others, MILL], model=model
    )


def test_across_languages_words_do_not_count():
    english = find_evidence("When was the mill built?", [MILL], open_fake())
    korean = find_evidence("방앗간은 언제 지었나요?", [MILL], open_fake())
    assert estimate(korean, [MILL], model="fake:") < 0.5 < estimate(english, [MILL], model="fake:")
    far = [hit("A barn.", name=str(n), score=0.70) for n in range(5)]
    near = [hit("A barn.", name=str(n), score=0.89) for n in range(5)]
    model = "onnx:multilingual-e5-small"
    assert estimate(korean, [MILL, *far], model=model) > estimate(korean, [MILL, *near], model=model)


class Measured(FakeEmbeddings):
    """The fake under the name of an embedder whose cosines across languages are known."""

    def __init__(self):
        super().__init__()
        self.fingerprint = replace(self.fingerprint, model="onnx:multilingual-e5-small")


def test_a_question_without_a_subject_is_not_taken_to_be_answered_in_the_other_language():
    def coverage(question):
        return find_evidence(question, [MILL], Measured())[0].features.hit_coverage

    assert coverage("얼마인가요?") == 0
    assert coverage("그건 언제인가요?") < coverage("오린 마을 방앗간은 언제 지었나요?") == 0.2
    assert coverage("방앗간은 1874년에 지었나요?") == 0.4
    assert coverage("방앗간은 1999년에 지었나요?") == 0
