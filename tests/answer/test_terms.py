import pytest

from ondol.answer.terms import count_content_words, question_terms, terms


def test_a_korean_noun_is_shared_whatever_particle_clings_to_it():
    for form in ("도서관은", "도서관에서", "도서관의", "도서관으로는"):
        assert {"도서", "서관"} <= terms(form)
        assert question_terms(form) >= {"도서", "서관"}


def test_english_words_are_shared_across_their_endings():
    assert terms("opening") == terms("opened") == terms("opens") == {"open"}


def test_numbers_stay_whole():
    assert {"9:30", "1,234"} <= terms("from 9:30, about 1,234 people")


@pytest.mark.parametrize("question", ["누구인가요?", "What is it?", "언제인가요", "Who is this?"])
def test_a_question_of_question_words_alone_has_no_terms(question):
    assert question_terms(question) == set()


def test_a_question_ending_does_not_count():
    assert question_terms("김정호는 누구인가요?") == {"김정", "정호"}


def test_words_that_say_what_a_question_is_about_are_counted():
    for question in ("When was that?", "How long is it?", "At what time?", "얼마인가요?"):
        assert count_content_words(question) == 0
    assert count_content_words("연차 휴가는 얼마인가요?") == 2
    assert count_content_words("How long does the class last?") == 2
