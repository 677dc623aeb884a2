import pytest

from ondol.answer.question_kind import question_kind, spans_of_kind
from ondol.answer.span import find_span, locate_span

KINDS = [
    ("When does the library open?", "time"), ("도서관은 언제 여나요?", "time"), ("몇 년에 지었나요?", "time"),
    ("토요일에는 몇 시에 닫나요?", "time"), ("How many people came?", "number"), ("요금은 얼마인가요?", "number"),
    ("회원은 몇 명인가요?", "number"), ("Who built it?", "other"), ("누가 지었나요?", "other"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "kind"), KINDS)
def test_the_kind_of_a_question_is_told_in_both_languages(question, kind):
    assert question_kind(question) == kind


SPANS = [
    ("time", "NATO was signed on 4 April 1949.", ["4 April 1949"]),
    ("time", "오전 9시 30분에 열고 오후 6시에 닫습니다.", ["오전 9시 30분", "오후 6시"]),
    ("time", "1948년 7월 17일에 공포하였다.", ["1948년 7월 17일"]),
    ("time", "It opens at 9:30 and closes at 18:00.", ["9:30", "18:00"]),
    ("number", "The canal was 13.5 miles long.", ["13.5 miles"]),
    ("number", "회원은 1,200명이고 회비는 5만 원입니다.", ["1,200명", "5만 원"]),
    ("number", "통상임금의 100분의 50 이상을 더하여 줍니다.", ["100분의 50"]),
    ("other", "In 1949 there were 12.", []),
]


@pytest.mark.parametrize(("kind", "sentence", "wanted"), SPANS)
def test_numbers_and_times_are_found_whole(kind, sentence, wanted):
    assert [sentence[start:end].strip() for start, end in spans_of_kind(kind, sentence)] == wanted


def test_the_span_nearest_to_the_shared_words_is_the_short_answer():
    sentence = "도서관은 오전 9시 30분에 열고 토요일에는 오후 1시에 닫습니다."
    assert find_span("토요일에는 언제 닫나요?", sentence) == "오후 1시"
    assert find_span("도서관은 언제 여나요?", sentence) == "오전 9시 30분"


def test_a_number_of_the_question_is_not_its_answer():
    assert find_span("How many rooms had the inn in 1900?", "In 1900 the inn had 14 rooms.") == "14"


def test_list_marks_and_numbers_without_a_unit_are_no_measure():
    assert find_span("How long may I keep it?", "4. Keep it for 14 days [2].") == "14 days"
    assert find_span("How long may I keep it?", "4. Bring it back in 2031 [2].") is None


def test_a_question_for_a_name_has_no_span_by_rule():
    assert find_span("Who built the mill?", "Ada built it in 1874.") is None


def test_the_unit_that_a_korean_question_names_decides():
    sentence = "제60조 ① 사용자는 1년간 80퍼센트 이상 출근한 근로자에게 15일의 유급휴가를 주어야 한다."
    assert find_span("연차 휴가는 며칠인가요?", sentence) == "15일"
    assert find_span("몇 퍼센트 출근해야 하나요?", sentence) == "80퍼센트"
    assert find_span("근로자는 몇 명인가요?", sentence) is None


def test_an_articles_number_is_no_amount():
    sentence = "제56조(연장근로) ① 통상임금의 100분의 50 이상을 더하여 지급하여야 한다."
    assert find_span("연장근로 수당은 얼마인가요?", sentence) == "100분의 50"


LOCATED = [
    ("Who built it?", "ada  fenwick.", "It was built by Ada Fenwick.", "Ada Fenwick"),
    ("누가 세웠나요?", "한 도윤", "방앗간은 1874년에 한도윤이 세웠다.", "한도윤"),
    ("Who built it?", "Berlin", "It was built by Ada Fenwick.", None),
    ("Who built it?", "It was built by Ada Fenwick", "It was built by Ada Fenwick.", None),
    ("Who is Ada Fenwick?", "Ada Fenwick", "Ada Fenwick built the mill of Orrin.", None),
    ("Who built it?", " . ", "a . b", None),
]


@pytest.mark.parametrize(("question", "candidate", "sentence", "wanted"), LOCATED)
def test_a_models_span_counts_when_it_stands_in_the_sentence_and_says_something_new(
    question, candidate, sentence, wanted
):
    assert locate_span(question, candidate, sentence) == wanted
