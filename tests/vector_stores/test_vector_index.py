"""An index finds the nearest of what may be found, with a first look as without."""

import numpy as np
import pytest

from ondol.vector_stores import vector_index
from ondol.vector_stores.contract import unit
from ondol.vector_stores.vector_index import build_index, read_index, takes_first_look

RNG = np.random.default_rng(13)
VECTORS = unit(RNG.standard_normal((3000, 32), dtype=np.float32))
ROWS = np.arange(3000) * 2 + 7


def blocks():
    for start in range(0, len(VECTORS), 500):
        yield ROWS[start : start + 500], VECTORS[start : start + 500]


@pytest.fixture(params=[None, VECTORS[:1000]], ids=["exact", "first look"])
def index(request):
    return build_index(blocks(), training=request.param)


def exact(query, k, places):
    order = places[np.argsort(-(VECTORS[places] @ query), kind="stable")[:k]]
    return ROWS[order].tolist()


def test_the_nearest_come_first_with_their_cosines(index):
    found = []
    for query in VECTORS[:50]:
        rows, cosines = index.search(query, 10, None)
        assert cosines == pytest.approx(VECTORS[(rows - 7) // 2] @ query, abs=1e-3)
        assert np.all(np.diff(cosines) <= 0)
        found.append(len(set(rows.tolist()) & set(exact(query, 10, np.arange(3000)))) / 10)
    assert np.mean(found) >= 0.99


@pytest.mark.parametrize("share", [0.9, 0.3, 0.002])
def test_only_what_may_be_found_is_found_and_as_much_as_there_is(index, share):
    kept = RNG.random(3000) < share
    for query in VECTORS[:20]:
        rows, _ = index.search(query, 20, kept)
        assert len(rows) == min(20, kept.sum())
        assert kept[(rows - 7) // 2].all()


def test_more_than_there_is_may_be_asked_for(index):
    assert len(index.search(VECTORS[0], 5000, None)[0]) == 3000


def test_a_written_index_is_read_again(index, tmp_path):
    index.write(tmp_path / "index")
    again = read_index(tmp_path / "index")
    assert (len(again), again.dimension, again.rows.tolist()) == (3000, 32, ROWS.tolist())
    places = np.asarray([5, 0, 2999])
    assert again.vectors(places) == pytest.approx(VECTORS[places], abs=1e-3)
    assert again.search(VECTORS[3], 1, None)[0] == [ROWS[3]]


def test_large_indexes_of_even_dimension_take_a_first_look(monkeypatch):
    monkeypatch.setattr(vector_index, "EXACT_UP_TO", 64)
    assert [takes_first_look(*given) for given in ((64, 8), (65, 8), (65, 7))] == [False, True, False]
