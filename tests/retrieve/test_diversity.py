"""With diversity, a hit that is like one before it waits for one that is not."""

import numpy as np
import pytest
from langchain_core.documents import Document

from ondol.errors import UsageError
from ondol.retrieve.diversity import diversify


def make_hits(*scores):
    return [
        Document(id=f"h{n}", page_content=f"text {n}", metadata={"score": score, "rank": n + 1})
        for n, score in enumerate(scores)
    ]


def unit(*numbers):
    vector = np.asarray(numbers, dtype=np.float32)
    return vector / np.linalg.norm(vector)


HITS = make_hits(0.90, 0.89, 0.88, 0.80)
VECTORS = {"h0": unit(1, 0, 0.1), "h1": unit(1, 0.01, 0.1), "h2": unit(0, 1, 0.1), "h3": unit(0.1, 0, 1)}


def order(hits):
    return [hit.id for hit in hits]


def test_no_diversity_keeps_the_order_and_cuts():
    assert order(diversify(HITS, VECTORS, k=3)) == ["h0", "h1", "h2"]


def test_a_hit_like_the_first_goes_back():
    found = diversify(HITS, VECTORS, k=4, diversity=0.3)
    assert order(found)[:2] == ["h0", "h2"]
    assert [hit.metadata["rank"] for hit in found] == [1, 2, 3, 4]
    assert {hit.id: hit.metadata["score"] for hit in found} == {hit.id: hit.metadata["score"] for hit in HITS}
    assert [hit.metadata["rank"] for hit in HITS] == [1, 2, 3, 4], "hits that come in are not changed"


def test_a_little_diversity_does_not_bring_up_what_is_far_from_the_question():
    assert order(diversify(HITS, VECTORS, k=2, diversity=0.1))[0] == "h0"
    assert order(diversify(HITS, VECTORS, k=3, diversity=0.3))[2] != "h3"


def test_full_diversity_still_begins_with_the_best_hit():
    assert order(diversify(HITS, VECTORS, k=4, diversity=1))[0] == "h0"
    assert order(diversify(HITS, VECTORS, k=4, diversity=1))[-1] == "h1"


def test_vectors_that_are_all_near_each_other_are_told_apart():
    shifted = {name: unit(*(vector + 3)) for name, vector in VECTORS.items()}
    assert min(float(a @ b) for a in shifted.values() for b in shifted.values()) > 0.9
    assert order(diversify(HITS, shifted, k=2, diversity=0.5)) == ["h0", "h2"]


@pytest.mark.parametrize("diversity", [0, 0.5, 1])
def test_equal_scores_one_hit_and_none_are_borne(diversity):
    equal = make_hits(0.5, 0.5, 0.5)
    assert set(order(diversify(equal, VECTORS, k=3, diversity=diversity))) == {"h0", "h1", "h2"}
    assert order(diversify(equal[:1], VECTORS, k=8, diversity=diversity)) == ["h0"]
    assert diversify([], {}, k=8, diversity=diversity) == []


def test_a_hit_without_a_vector_is_like_no_other():
    assert order(diversify(HITS, {"h0": VECTORS["h0"]}, k=4, diversity=0.5)) == ["h0", "h1", "h2", "h3"]


def test_other_numbers_are_refused():
    with pytest.raises(UsageError) as caught:
        diversify(HITS, VECTORS, k=2, diversity=1.5)
    assert str(caught.value) == "diversity is 1.5; it goes from 0 to 1.\n  → 0 is off, 0.3 is a good start."
