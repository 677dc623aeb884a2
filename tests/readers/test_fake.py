"""The reader without a model."""

from ondol.readers.fake import open_fake


def test_it_finds_what_the_question_does_not_say_in_the_sentence_that_shares_most_words():
    texts = ["It rains. The mill was built in 1874 by Ada Fenwick.", "Nothing of it."]
    first, second = open_fake().find_each("Who built the mill in 1874?", texts)
    assert (first.text, first.answer) == (0, "by Ada Fenwick")
    assert texts[0][first.start : first.end] == first.answer
    assert first.margin > 0 > second.margin


def test_what_stands_before_the_text_is_no_answer():
    [span] = open_fake().find_each("언제 열어요?", ["도서관 언제 열어요\n오전 9시"], [11])
    assert span.answer in ("", "오전 9시")
