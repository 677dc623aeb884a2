"""The file of one's own words."""

import unicodedata

import pytest

from ondol.errors import UsageError
from ondol.lexical.dictionary import load_words


def test_one_word_a_line_and_remarks(tmp_path):
    text = "# ours\n온돌마루\n\n하자보수 # a term\n"
    (tmp_path / "words.txt").write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    assert load_words("", tmp_path) == ["온돌마루", "하자보수"]


def test_without_the_file_there_are_none(tmp_path):
    assert load_words("", tmp_path) == []


def test_a_named_file_must_be_there_and_readable(tmp_path):
    with pytest.raises(UsageError, match=r"none\.txt cannot be read"):
        load_words(str(tmp_path / "none.txt"), tmp_path)
    (tmp_path / "old.txt").write_bytes("온돌".encode("cp949"))
    with pytest.raises(UsageError, match=r"old\.txt cannot be read"):
        load_words(str(tmp_path / "old.txt"), tmp_path)
