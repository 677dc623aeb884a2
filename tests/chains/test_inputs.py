"""What a chain is run over: rows of tables, whole files, the library."""

import pytest

import ondol
from ondol.chains.inputs import digest_of_files, read_items, read_library
from ondol.chains.text import text_of
from ondol.errors import UnusableInput, UsageError


def test_rows_of_a_table_come_with_number_and_id(place):
    (place / "a.csv").write_text("id,body\nx,좋아요\ny,\n", encoding="utf-8")
    rows = list(read_items(place / "a.csv", "body"))
    assert [(row.row, row.id, row.text) for row in rows] == [(1, "x", "좋아요"), (2, "y", "")]
    assert rows[0].place == {"source": str(place / "a.csv"), "row": 1, "id": "x"}


def test_a_line_that_is_no_json_is_an_item_with_its_problem(place):
    (place / "a.jsonl").write_text('{"text": "One."}\n{nothing\n{"text": "Three."}\n', encoding="utf-8")
    first, second, third = read_items(place / "a.jsonl")
    assert (first.text, third.text) == ("One.", "Three.")
    assert "Line 2 is not JSON" in second.problem


def test_a_column_that_is_not_there_is_told_with_those_that_are(place):
    (place / "a.csv").write_text("id,body\nx,y\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"has no column 'text'") as told:
        list(read_items(place / "a.csv"))
    assert "id, body" in told.value.hint or "body" in told.value.hint


def test_other_files_are_read_whole(place):
    (place / "a.md").write_text("# Mill\n\nIt grinds.", encoding="utf-8")
    (item,) = read_items(place / "a.md")
    assert item.row is None
    assert "It grinds." in text_of(item.text)
    with pytest.raises(UsageError, match="has no columns"):
        list(read_items(place / "a.md", "text"))


def test_a_file_that_cannot_be_read_is_an_item_with_its_problem(place):
    (place / "a.pdf").write_bytes(b"%PDF-1.4 nothing")
    (item,) = read_items(place / "a.pdf")
    assert item.problem


def test_a_changed_file_has_another_digest(place):
    (place / "a.txt").write_text("one", encoding="utf-8")
    before = digest_of_files([place / "a.txt"])
    (place / "a.txt").write_text("two", encoding="utf-8")
    assert digest_of_files([place / "a.txt"]) != before
    with pytest.raises(UnusableInput, match="cannot be read"):
        digest_of_files([place / "missing.txt"])


def test_the_library_is_one_text_of_all_sources(place, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    (place / "docs").mkdir()
    (place / "docs" / "a.txt").write_text("The mill grinds.", encoding="utf-8")
    (place / "docs" / "b.txt").write_text("나룻배가 다닙니다.", encoding="utf-8")
    with ondol.open_library(place / "home", create=True) as library:
        ondol.add_documents(library, [str(place / "docs")])
        text = text_of(read_library(library).text)
    assert "The mill grinds." in text
    assert "나룻배가 다닙니다." in text
