"""A heading becomes the question that its section answers, in its own language."""

import pytest

from ondol.evaluate.headings import Around, heading_question

TEXT = "We walk in autumn. Members met in Paris, and the walks of the year are listed."


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Walks of the year", "What should I know about walks of the year?"),
        ("Paris by night", "What should I know about Paris by night?"),
        ("2.1 NASA and its partners in Europe", ""), ("How we walk", "What does “Hiking club” say about how we walk?"),
        ("Membership", "What does “Hiking club” say about membership?"), ("Do I need boots?", "Do I need boots?"),
        ("Measure it in two places", ""), ("1. Introduction", "What does “Hiking club” say about introduction?"),
        ("Hiking club", "What is “Hiking club” about?"), ("3.2.1", ""), ("d666f1f7-46cb-42bd-9a39", ""), ("x", ""),
        ("Analysis and Discussion\u200b", "What should I know about Analysis and Discussion?"), ("en_baseball_2", ""),
        ("word " * 20, ""),
    ],
)  # fmt: skip
def test_an_english_heading(heading, question):
    assert heading_question(heading, Around("Hiking club", TEXT)) == question


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("제43조(임금 지급)", "임금 지급에 대해 어떻게 정하고 있나요?"),
        ("제43조의2(체불사업주 명단 공개)", "체불사업주 명단 공개에 대해 어떻게 정하고 있나요?"),
        ("제2조(정의)", "“휴가 안내”에서 정의에 대해 어떻게 정하고 있나요?"), ("제26조", ""), ("제7조 삭제", ""),
        ("가. 휴가를 따로 신청하는 방법", "휴가를 따로 신청하는 방법은 무엇인가요?"),
        ("신청 방법", "“휴가 안내”에서 신청 방법은 무엇인가요?"),
        ("연차 휴가를 나누어 쓸 때", "연차 휴가를 나누어 쓸 때에 대해 설명해 주시겠어요?"),
        ("어떤 부품이 있나", "“휴가 안내”에서 어떤 부품이 있나?"), ("휴가 안내", "“휴가 안내”에는 어떤 내용이 있나요?"),
    ],
)  # fmt: skip
def test_a_korean_heading(heading, question):
    assert heading_question(heading, Around("휴가 안내", "")) == question


def test_a_record_is_asked_about_by_its_title():
    assert heading_question("토성", Around("토성", "", record=True)) == "토성에 대해 설명해 주시겠어요?"
    assert heading_question("Saturn", Around("Saturn", "", record=True)) == "What should I know about Saturn?"


@pytest.mark.parametrize("heading", ["Introduction", "How it works", "Membership", "개요", "왜 쓰나", "신청 방법"])
def test_a_heading_that_leans_on_a_title_needs_one(heading):
    assert heading_question(heading, Around("", "")) == ""
