"""A view finds what exact search over the same documents finds, however they came to be."""

import numpy as np
import pytest
from langchain_core.documents import Document

from ondol.vector_stores.contract import unit
from ondol.vector_stores.documents import Documents
from ondol.vector_stores.view import View, advance

RNG = np.random.default_rng(13)


@pytest.fixture
def documents(tmp_path):
    opened = Documents(tmp_path / "documents.sqlite")
    yield opened
    opened.close()


def add(documents, names, size=16):
    vectors = unit(RNG.standard_normal((len(names), size), dtype=np.float32))
    documents.add([Document(id=name, page_content=name) for name in names], vectors)


def brought_up(view, documents, **options):
    with documents.reading() as database:
        return advance(view, database, **options)


def nearest(documents, query, k):
    """Names by comparing everything."""
    vectors = documents.vectors(documents.list_ids())
    return sorted(vectors, key=lambda name: -float(vectors[name] @ query))[:k]


def found(documents, view, query, k, **options):
    rows = [row for row, _ in view.search(query, k, **options)]
    names = documents.names(rows)
    return [names[row] for row in rows]


def test_after_any_additions_replacements_and_deletions_a_view_finds_what_there_is(documents, small):
    view, names = View(), [f"n{number}" for number in range(120)]
    for _ in range(60):
        add(documents, RNG.choice(names, RNG.integers(1, 6), replace=False).tolist())
        documents.delete(RNG.choice(names, 2).tolist())
        view = brought_up(view, documents)
        assert len(view) == documents.count()
        query = unit(RNG.standard_normal((1, 16), dtype=np.float32))[0]
        assert found(documents, view, query, 10) == nearest(documents, query, 10)
        rows, vectors = map(np.concatenate, zip(*view.blocks(), strict=True))
        assert np.all(np.diff(rows) > 0)
        assert len(vectors) == len(view) == len(view.sample)


def test_a_few_changes_leave_the_index_as_it_is_and_many_make_a_new_one(documents, small):
    add(documents, [f"n{number}" for number in range(50)])
    view = brought_up(View(), documents)
    add(documents, ["a", "b"])
    documents.delete(["n3", "n4"])
    again = brought_up(view, documents)
    assert again.index is view.index
    assert (again.loose, len(again), len(view)) == (4, 50, 50)
    assert brought_up(again, documents) is again
    add(documents, ["c", "d", "e", "f", "g"])
    new = brought_up(again, documents)
    assert (new.index is again.index, new.loose, len(new)) == (False, 0, 55)


def test_a_view_does_not_change_when_a_newer_one_is_made(documents, small):
    add(documents, [f"n{number}" for number in range(50)])
    view = brought_up(View(), documents)
    before = view.search(view.sample[0], 60)
    documents.delete(["n3"])
    add(documents, ["a"])
    brought_up(view, documents)
    assert view.search(view.sample[0], 60) == before


@pytest.mark.parametrize("count", [5, 50, 300])
def test_only_the_rows_that_may_be_found_are_found(documents, small, count):
    add(documents, [f"n{number}" for number in range(count)])
    view = brought_up(View(), documents)
    add(documents, ["a", "b"])
    documents.delete(["n1"])
    view = brought_up(view, documents)
    only = np.asarray([1, 2, 4, count + 2, count + 900])  # n0, n1, n3, b, and one that never was
    assert set(found(documents, view, view.sample[0], 9, only=only)) == {"n0", "n3", "b"}


def test_an_empty_view_finds_nothing(documents):
    view = brought_up(View(), documents, loose=0)
    assert (len(view), view.index, view.dimension, list(view.blocks())) == (0, None, 0, [])
    assert view.search(np.ones(16, dtype=np.float32), 3) == []
