import pytest

from ondol.answer.support import strip_marks, supports

SOURCE = "The library of Hanam opens at 9:30 and closes at 18:00; it is not open on Mondays."
KOREAN = "하남 도서관은 오전 9시 30분에 열고 월요일에는 열지 않습니다."


@pytest.mark.parametrize("claim", ["The library opens at 9:30.", "It closes at 18:00.", "It is not open on Mondays."])
def test_what_repeats_the_source_is_supported(claim):
    assert supports(SOURCE, claim)


@pytest.mark.parametrize(
    "claim",
    ["The library opens at 8:30.", "The museum of Berlin closes at 18:00.", "", "Yes.", "The café is cheap."],
)
def test_another_number_or_name_is_not_supported(claim):
    assert not supports(SOURCE, claim)


def test_a_negation_that_the_source_lacks_is_not_supported():
    assert not supports("The library opens at 9:30.", "The library never opens at 9:30.")
    assert not supports("도서관은 9시에 엽니다.", "도서관은 9시에 열지 않습니다.")


def test_korean_is_compared_across_particles():
    assert supports(KOREAN, "도서관이 오전 9시 30분에 열고")
    assert not supports(KOREAN, "박물관은 오전 10시에 엽니다.")


def test_a_models_own_marks_are_taken_out():
    assert strip_marks("It opens at 9:30 [1][2, 3].") == "It opens at 9:30."
