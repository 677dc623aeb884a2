import pytest

from ondol.answer.span import find_span

ACROSS = [
    ("유급 휴가는 몇 주인가요?", "Every parent may take sixteen weeks of paid leave in 2 parts.", "sixteen weeks"),
    ("몇 시간 안에 신고해야 하나요?", "A leak has to be told within 72 hours and costs 300 dollars.", "72 hours"),
    ("몇 년에 지었나요?", "The mill was built on 4 March 1874.", "4 March 1874"),
    ("모임에는 몇 명이 왔나요?", "After 3 weeks 31 holders met.", "31"),
    ("며칠 안에 돌려받나요?", "It is paid out in five working days, or 10 days by post.", "10 days"),
    ("How many weeks does the class last?", "수업은 두 시간씩, 모두 24주 동안 이어진다.", "24주"),
    ("How many days may I keep it?", "한 사람이 다섯 권을 사흘 동안 빌린다.", "사흘"),
    ("How many people came?", "3월에 조합원 84명이 모였다.", "84명"),
    ("When does it open?", "오전 9시 30분에 엽니다.", "오전 9시 30분"),
    ("언제 여나요?", "It opens at 9:30.", "9:30"),
]


@pytest.mark.parametrize(("question", "sentence", "wanted"), ACROSS)
def test_the_unit_that_a_question_names_is_known_in_the_other_language(question, sentence, wanted):
    assert find_span(question, sentence) == wanted


def test_no_number_in_the_unit_is_no_answer():
    assert find_span("몇 주 동안 쓸 수 있나요?", "You may use it for 3 hours.") is None
    assert find_span("How many hours may I use it?", "사흘 동안 쓸 수 있다.") is None


def test_native_numerals_and_days_are_numbers():
    assert find_span("깊이는 얼마인가요?", "깊이는 열한 미터이다.") == "열한 미터"
    assert find_span("며칠 식히나요?", "가마는 사흘 동안 식힌다.") == "사흘"
