import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ondol.gguf.piece_offsets import locate_pieces


def cut(text, pieces):
    spans = locate_pieces([piece if isinstance(piece, bytes) else piece.encode() for piece in pieces], text)
    assert spans == sorted(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("warm floor", ["warm", " floor"], ["warm", " floor"]),
        ("warm floor", [" warm", " floor"], ["warm", " floor"]),
        ("온돌", [" ", "온", "돌"], ["", "온", "돌"]),
        ("온돌", ["온돌".encode()[:2], "온돌".encode()[2:4], "온돌".encode()[4:]], ["온", "온돌", "돌"]),
        ("온  돌\n이다", [" 온", " 돌", " 이다"], ["온", "돌", "이다"]),
        ("Ａ１ ㎏", [" A", "1", " k", "g"], ["Ａ", "１", "㎏", "㎏"]),
        ("CAFÉ Straße", ["cafe", "strasse"], ["CAFÉ", "Straße"]),
        ("\u110b\u1169\u11ab\u1103\u1169\u11af", [" 온", "돌"], ["\u110b\u1169\u11ab", "\u1103\u1169\u11af"]),
        ("the 뷁쀍 floor", ["the", "[UNK]", "floor"], ["the", "뷁쀍", "floor"]),
        ("뷁 a floor", ["<unk>", "a", " floor"], ["뷁", "a", "floor"]),
        ("쀍!", [" ", "<unk>"], ["", "쀍!"]),
        ("", [], []),
    ],
    ids=["bytes", "a space before", "only the space", "split characters", "spaces made one", "width",
         "case and accents", "decomposed", "unknown word", "unknown at the start", "unknown at the end", "nothing"],
)  # fmt: skip
def test_a_piece_is_found_where_it_was_cut(text, pieces, expected):
    assert cut(text, pieces) == expected


def test_pieces_cover_every_character_that_is_no_space():
    text = "가\ufffd나다 \u200bx\u0301 ㈜ end\ufffd"
    spans = locate_pieces([b"<unk>", "나".encode(), b"x", b"<unk>", b"end"], text)
    covered = {place for start, end in spans for place in range(start, end)}
    assert {place for place, one in enumerate(text) if one not in " \u200b\u0301"} <= covered


@example("¼", [b"1", b"", b""])
@given(
    st.text(st.characters(codec="utf-8")),
    st.lists(st.binary(max_size=4) | st.sampled_from(["가".encode(), b" a", b"1"])),
)
def test_no_tokenizer_can_make_spans_leave_the_text_or_its_order(text, pieces):
    spans = locate_pieces(pieces, text)
    assert len(spans) == len(pieces)
    assert spans == sorted(spans)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
