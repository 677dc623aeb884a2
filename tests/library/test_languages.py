"""The language is told by the beginning and the middle of a text."""

from ondol.library.languages import SAMPLE, language_of

KOREAN, ENGLISH = "도서관은 아홉 시에 엽니다. ", "The library opens at nine. "


def test_a_language_is_told_by_its_letters():
    assert language_of(KOREAN) == "ko"
    assert language_of(ENGLISH) == "en"
    assert language_of("12,000 / 3.5") == "en"


def test_a_korean_text_under_an_english_summary_is_korean():
    assert language_of(ENGLISH * (SAMPLE // len(ENGLISH)) + KOREAN * 1000) == "ko"


def test_a_few_quoted_words_do_not_change_it():
    assert language_of(ENGLISH * 20 + "도서관") == "en"
