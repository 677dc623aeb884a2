"""Which hits are read, in what time, and how the two scores are mixed."""

from __future__ import annotations

import time

import pytest
from langchain_core.documents import Document
from pydantic import Field

from ondol.errors import BackendError, UsageError
from ondol.rerankers.contract import Reranker
from ondol.rerankers.fake import FakeReranker
from ondol.retrieve import rerank
from ondol.retrieve.rerank import RerankConfig, rerank_hits


def read_again(query, hits, reranker, **options):
    return rerank_hits(query, hits, reranker, config=RerankConfig(**options))


def hits(*texts, scores=None, **metadata):
    scores = scores or [0.9 - 0.01 * n for n in range(len(texts))]
    rows = zip(texts, scores, strict=True)
    return [
        Document(text, metadata={"rank": n, "score": score, "title": "", "heading": "", **metadata})
        for n, (text, score) in enumerate(rows, 1)
    ]


def texts_of(found):
    return [hit.page_content for hit in found]


class Lengths(Reranker):
    """The longer, the better; every text takes `ms`."""

    ms: float = 0
    seen: list = Field(default_factory=list)

    def score(self, query, texts):
        self.seen.append(list(texts))
        time.sleep(self.ms * len(texts) / 1000)
        return [float(len(text)) for text in texts]


@pytest.fixture
def two_cores(monkeypatch):
    monkeypatch.setattr(rerank, "usable_cores", lambda: 2)


def test_the_rerankers_order_is_taken_where_its_share_is_one():
    given = hits("Kimchi is cabbage.", "The floor is warm.", "온돌은 따뜻하다")
    found, info = read_again("Is the floor warm?", given, FakeReranker(), blend=1)
    assert texts_of(found) == ["The floor is warm.", "Kimchi is cabbage.", "온돌은 따뜻하다"]
    assert [hit.metadata["rerank_score"] for hit in found] == [1.0, 0.25, 0.0]
    assert [hit.metadata["rank"] for hit in found] == [1, 2, 3]
    assert [hit.metadata["score"] for hit in found] == [0.89, 0.9, 0.88]
    assert (info.read, info.wanted, info.cut) == (3, 3, False)
    assert info.ms > 0


def test_the_hits_given_are_left_alone():
    given = hits("a", "bb")
    read_again("q", given, Lengths(), blend=1)
    assert [hit.metadata["rank"] for hit in given] == [1, 2]
    assert "rerank_score" not in given[0].metadata


def test_a_share_of_zero_keeps_the_searchs_order():
    given = hits("a", "bbb", "cc")
    assert texts_of(read_again("q", given, Lengths(), blend=0)[0]) == ["a", "bbb", "cc"]


def test_both_scores_count_in_units_of_their_own_spread():
    given = hits("bb", "a", "ccc", scores=[0.90, 0.89, 0.60])  # search is sure that the third is far off
    assert texts_of(read_again("q", given, Lengths(), blend=0.3)[0]) == ["bb", "a", "ccc"]
    assert texts_of(read_again("q", given, Lengths(), blend=0.9)[0]) == ["ccc", "bb", "a"]


def test_equal_scores_keep_the_order():
    given = hits("aa", "bb", "cc", scores=[0.5, 0.5, 0.5])
    assert texts_of(read_again("q", given, Lengths(), blend=1)[0]) == ["aa", "bb", "cc"]


def test_hits_behind_the_top_stay_behind():
    given = hits("a", "bb", "c" * 9)
    found, info = read_again("q", given, Lengths(), top=2, blend=1)
    assert texts_of(found) == ["bb", "a", "c" * 9]
    assert ["rerank_score" in hit.metadata for hit in found] == [True, True, False]
    assert [hit.metadata["rank"] for hit in found] == [1, 2, 3]
    assert (info.read, info.wanted, info.cut) == (2, 2, False)


def test_it_reads_title_and_heading_as_the_embedder_did():
    reranker = Lengths(seen=[])
    read_again("q", hits("본문", "text", title="온돌", heading="1. 불"), reranker)
    assert reranker.seen == [["온돌 > 1. 불\n본문", "온돌 > 1. 불\ntext"]]
    read_again("q", hits("본문", "text", title=None, heading=None), reranker)
    assert reranker.seen[1] == ["본문", "text"]


def test_nothing_found_is_nothing_to_read():
    assert read_again("q", [], Lengths(seen=[]))[0] == []
    found, info = read_again("q", hits("alone"), Lengths())
    assert texts_of(found) == ["alone"]
    assert info.to_json().keys() == {"read", "wanted", "cut", "ms"}


def test_the_budget_ends_the_reading_and_the_rest_stays_behind(two_cores):
    given = hits(*"abcdef", "g" * 9)
    found, info = read_again("q", given, Lengths(ms=30), top=7, budget_ms=100, blend=1)
    assert (info.read, info.wanted, info.cut) == (2, 7, True)
    assert texts_of(found) == texts_of(given)
    assert info.ms < 100


def test_a_budget_that_cannot_be_met_is_not_begun(two_cores):
    reranker = Lengths(ms=30, seen=[])
    read_again("q", hits("a", "bb"), reranker, budget_ms=1000)
    found, info = read_again("q", hits("a", "bb"), reranker, budget_ms=20, blend=1)
    assert len(reranker.seen) == 1
    assert texts_of(found) == ["a", "bb"]
    assert (info.read, info.cut) == (0, True)
    assert info.ms < 20


def test_a_machine_that_was_busy_once_is_tried_again(two_cores):
    reranker = Lengths(ms=0, seen=[])
    reranker.pace_ms = 100
    read = [read_again("q", hits("a", "bb"), reranker, budget_ms=50)[1].read for _ in range(9)]
    assert read[0] == 0
    assert read[-1] == 2


def test_all_is_read_in_time_that_suffices(two_cores):
    reranker = Lengths(ms=1, seen=[])
    found, info = read_again("q", hits("a", "bb", "ccc"), reranker, budget_ms=60_000, blend=1)
    assert (info.read, info.cut) == (3, False)
    assert reranker.seen == [["a", "bb"], ["ccc"]]
    assert texts_of(found) == ["ccc", "bb", "a"]


def test_one_score_orders_nothing_and_is_not_asked_for():
    reranker = Lengths()
    found, info = read_again("q", hits("a", "bb"), reranker, top=1)
    assert texts_of(found) == ["a", "bb"]
    assert (info.read, info.wanted, info.cut, reranker.seen) == (0, 0, False, [])


class Broken(Reranker):
    answer: object

    def score(self, query, texts):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (RuntimeError("no memory"), "The reranker failed: no memory"),
        (KeyError(), "The reranker failed: KeyError"),
        ([1.0], r"The reranker gave \[1\.0\] for 2 texts; one finite number each is wanted"),
        ([1.0, float("nan")], r"The reranker gave \[1\.0, nan\] for 2 texts"),
    ],
)
def test_a_reranker_that_fails_says_so(answer, message):
    with pytest.raises(BackendError, match=message) as caught:
        read_again("q", hits("a", "b"), Broken(answer=answer))
    assert "Search without it" in caught.value.hint


def test_its_own_errors_are_passed_on():
    with pytest.raises(UsageError, match="too long"):
        read_again("q", hits("a", "b"), Broken(answer=UsageError("The question is too long.")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "0 hits cannot be reranked"),
        ({"budget_ms": 0}, "time for reranking is 0 ms"),
        ({"blend": 1.5}, r"share is 1\.5; it lies between 0 and 1"),
    ],
)
def test_numbers_that_cannot_be_right_are_refused(options, message):
    with pytest.raises(UsageError, match=message) as caught:
        read_again("q", hits("a"), Lengths(), **options)
    assert caught.value.hint
