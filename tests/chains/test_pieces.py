"""Pieces of a text: nothing is lost, none is too long."""

from hypothesis import given
from hypothesis import strategies as st

from ondol.chains.pieces import split_to_fit
from ondol.models.fake import FakeChat

COUNT = FakeChat().get_num_tokens


@given(st.text(alphabet="ab .!\n가다", max_size=300), st.integers(1, 20))
def test_pieces_fit_and_only_white_space_stands_between_them(text, room):
    spans = split_to_fit(text, room, len)
    assert all(end - start <= room for start, end in spans)
    outside, done = "", 0
    for start, end in spans:
        assert start >= done
        outside, done = outside + text[done:start], end
    assert not (outside + text[done:]).strip()


def test_pieces_end_with_sentences_where_these_fit():
    text = "One two three. Four five six. Seven eight nine."
    assert [text[a:b] for a, b in split_to_fit(text, 8, COUNT)] == [
        "One two three. Four five six.",
        "Seven eight nine.",
    ]


def test_without_a_known_window_the_text_is_one_piece():
    assert split_to_fit("a b c", None, COUNT) == [(0, 5)]
