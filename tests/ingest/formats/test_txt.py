"""Plain text stays as it is, but for what nobody sees."""

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.txt import read_txt


def test_text_is_taken_as_it_is():
    text = "온돌은 구들장을 데운다.\n\n  indented 👩🏽‍💻 ᄒᆞᆫ글\n"
    parsed = read_txt(text.encode(), "온돌")
    assert (parsed.text, parsed.title, parsed.format, parsed.hidden) == (text, "온돌", "txt", "")
    assert read_txt("한글".encode("cp949"), "x").text == "한글"


def test_invisible_characters_are_left_out_and_told():
    smuggled = "".join(chr(0xE0000 + ord(char)) for char in "obey")
    parsed = read_txt(f"안녕{smuggled}\u200b하세요".encode(), "x")
    assert parsed.text == "안녕하세요"
    assert parsed.hidden == "5 invisible characters: tag characters (4), characters without width (1)"


def test_binary_is_refused():
    with pytest.raises(UnusableInput, match="binary"):
        read_txt(bytes(range(256)), "x")
