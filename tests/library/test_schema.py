"""A library of the first release opens, and gets what later forms have."""

import sqlite3
from datetime import date

import pytest

from ondol.library.filters import Filter
from ondol.library.folders import DATABASE, collection_folder
from ondol.library.schema import MIGRATIONS
from ondol.library.tags import TagChange

SOURCES = (("hours", "The library opens at nine."), ("시간", "도서관은 아홉 시에 엽니다."))


@pytest.fixture
def old_library(tmp_path):
    """As version 0.1 has written it, with two sources."""
    folder = collection_folder(tmp_path, "main")
    folder.mkdir(parents=True)
    db = sqlite3.connect(folder / DATABASE)
    db.executescript(MIGRATIONS[0])
    db.execute("PRAGMA user_version = 1")
    for number, (name, text) in enumerate(SOURCES, 1):
        db.execute(
            "INSERT INTO sources VALUES (?, ?, ?, NULL, '', 'txt', 9, 'a', 'b', '1', 1, ?, ?)",
            [number, name, f"docs/{name}.txt", "2024-01-01T10:00:00+00:00", f"2024-0{number}-29T23:59:59+00:00"],
        )
        db.execute("INSERT INTO texts VALUES (?, ?)", [number, text])
        row = [f"chunk{number}", number, 0, 0, len(text), "", 6, "live"]
        db.execute("INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    db.commit()
    db.close()


def test_an_old_library_gets_language_date_and_no_tags(old_library, open_again):
    with open_again() as library:
        rows = {row["document_id"]: row for row in library.source_rows()}
        assert [(row["language"], row["date"], row["tags"]) for row in rows.values()] == [
            ("en", "2024-01-29", []), ("ko", "2024-02-29", []),
        ]  # fmt: skip
        assert library.text("시간") == SOURCES[1][1]


def test_an_old_library_can_be_filtered_at_once(old_library, open_again):
    with open_again() as library:
        assert library.filter(Filter(language="ko")) == ["시간"]
        assert library.filter(Filter(until="2024-01")) == ["hours"]
        library.tag(["hours"], TagChange(add=["new"]))
        assert library.filter(Filter(tags="new")) == ["hours"]


def test_a_source_written_now_has_today_for_its_date(library, draft):
    library.write([draft("a", "text")])
    assert abs((date.fromisoformat(library.show("a")["date"]) - date.today()).days) <= 1
