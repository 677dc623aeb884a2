"""What a stranger calls a file, and what it is called here."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ondol.errors import UnusableInput
from ondol.server.uploads.names import MOST_BYTES, numbered, safe_name

CASES = {
    "report.pdf": "report.pdf", "분기 보고서.pdf": "분기 보고서.pdf", "日本語.md": "日本語.md",
    unicodedata.normalize("NFD", "한글.txt"): "한글.txt", "../../etc/passwd": "passwd", "/etc/shadow.txt": "shadow.txt",
    "..\\..\\boot.txt": "boot.txt", "C:\\Users\\me\\a.txt": "a.txt", "a/../../b.txt": "b.txt", ".env": "env",
    "...txt": "txt", "~$word.docx": "$word.docx", "a\x00b.txt": "ab.txt", "a\r\nb.txt": "ab.txt", "a\tb.txt": "ab.txt",
    "CON": "_CON", "con.txt": "_con.txt", "NUL.tar.gz": "_NUL.tar.gz", "COM1.md": "_COM1.md", "lpt9": "_lpt9",
    "console.txt": "console.txt", "trailing. . ": "trailing", "a:b|c?.txt": "a_b_c_.txt",
    'q"u<o>te*.txt': "q_u_o_te_.txt",
    "safe\u202etxt.exe": "safetxt.exe", "zero\u200bwidth.md": "zerowidth.md", "  many   spaces .md": "many spaces.md",
    "%2e%2e%2fa.txt": "%2e%2e%2fa.txt", "\ud800half.txt": "�half.txt", "👩‍👩‍👧.txt": "👩‍👩‍👧.txt",
}  # fmt: skip


@pytest.mark.parametrize(("name", "kept"), CASES.items(), ids=[ascii(name)[:40] for name in CASES])
def test_a_name_becomes_one_that_every_disk_takes(name, kept):
    assert safe_name(name) == kept


@pytest.mark.parametrize("name", ["", " ", ".", "..", "/", "a/", "\\", "...", "\x00", "\u200b", "???"])
def test_a_name_of_which_nothing_is_left_is_refused(name):
    with pytest.raises(UnusableInput, match="The file has no name"):
        safe_name(name)


@pytest.mark.parametrize("name", ["a" * 300 + ".pdf", "가" * 300 + ".pdf", "👍" * 300 + ".pdf"])
def test_a_long_name_is_cut_and_keeps_its_extension(name):
    kept = safe_name(name)
    assert len(kept.encode()) <= MOST_BYTES
    assert kept.endswith(f"{name[0]}.pdf")


def test_a_long_extension_is_cut_too():
    assert len(safe_name("a." + "b" * 400).encode()) <= MOST_BYTES


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_name_is_one_in_its_folder_and_stays_what_it_became(name):
    try:
        kept = safe_name(name)
    except UnusableInput:
        return
    assert not set(kept) & set('/\\\x00<>:"|?*')
    assert kept not in (".", "..")
    assert not kept.startswith(".")
    assert 0 < len(kept.encode()) <= MOST_BYTES + 1
    assert safe_name(kept) == kept


def test_a_second_content_of_a_name_has_a_number_before_the_extension():
    assert [numbered(name, 2) for name in ("a.pdf", "방앗간", "a.tar.gz")] == [
        "a (2).pdf",
        "방앗간 (2)",
        "a.tar (2).gz",
    ]
