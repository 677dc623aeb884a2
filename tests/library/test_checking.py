"""Damage is found, told, and mended from the texts."""

import shutil
import sqlite3

import pytest


@pytest.fixture
def filled(library, draft):
    library.write([draft("a", "alpha one", "alpha two"), draft("b", "beta one")])
    library.finish()
    assert library.verify() == []
    return library


def kinds(library):
    return [problem["kind"] for problem in library.verify()]


def test_lost_vectors_are_made_again(filled, open_again):
    filled.vectors.delete(filled.vectors.list_ids()[:2])
    assert filled.verify() == [
        {"kind": "missing-vectors", "what": "2 chunks have no vector", "fix": "ondol verify --repair"}
    ]
    filled.repair()
    assert kinds(filled) == []
    assert filled.state()["vectors"] == 3


def test_a_lost_vector_store_is_filled_again_by_the_next_search(filled, open_again):
    filled.close()
    shutil.rmtree(filled.folder / "vectors")
    with open_again() as library:
        assert kinds(library) == ["missing-vectors"]
        assert len(library.vectors.list_ids()) == 3
        assert kinds(library) == []


def test_vectors_of_no_chunk_are_deleted(filled):
    filled.vectors.add_texts(["stray"], ids=["stray"])
    assert kinds(filled) == ["superfluous-vectors"]
    filled.repair()
    assert kinds(filled) == []


def test_unfinished_work_is_told_and_finished(filled, draft):
    filled.write([draft("b", "beta two")])
    assert kinds(filled) == ["pending", "tombstones"]
    filled.finish()
    assert kinds(filled) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pieces SET text = 'another text' WHERE source_id = 1",
        'UPDATE chunks SET "end" = 900 WHERE source_id = 1',
    ],
    ids=["another text", "slice outside"],
)
def test_a_damaged_text_is_not_quoted_and_is_read_again(filled, draft, damage):
    with sqlite3.connect(filled.folder / "library.sqlite") as other:
        other.execute(damage)
    other.close()
    assert kinds(filled) == ["damaged-text"]
    filled.repair()
    assert [row["document_id"] for row in filled.source_rows() if row["chunks"]] == ["b"]
    assert filled.stamp("a") == ("", "1")
