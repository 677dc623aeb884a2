"""Columns of a terminal, in which Hangul is wide."""

from ondol.cli.columns import pad, width_of, wrap


def test_hangul_takes_two_columns():
    assert (width_of("abc"), width_of("온돌"), width_of("e\u0301")) == (3, 4, 1)
    assert pad("온돌", 6) + "|" == "온돌  |"


def test_lines_break_between_words_and_end_with_dots_where_words_are_left_out():
    assert wrap("one two three four", 9, lines=9) == ["one two", "three", "four"]
    assert wrap("one two three four", 9, lines=2) == ["one two", "three …"]
    assert wrap("온돌은 바닥을 데운다", 14, lines=1) == ["온돌은 …"]
    assert wrap("", 10, lines=3) == []


def test_a_word_that_no_line_holds_is_cut():
    assert wrap("가나다라마", 4, lines=9) == ["가나", "다라", "마"]
