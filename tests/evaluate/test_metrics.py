"""Metrics are what their definitions say, by hand and by ranx."""

import importlib.metadata
import math
import random

import numpy as np
import pytest

from ondol.errors import UsageError
from ondol.evaluate.metrics import hit, measure, mrr, ndcg, parse_metric, rank_documents, recall

RANX = {
    "ndcg@10": 0.09997196725544806, "ndcg@3": 0.07981909385562677, "recall@10": 0.1688690476190476,
    "recall@5": 0.11261904761904762, "mrr@10": 0.22023809523809526, "hit@1": 0.1, "hit@5": 0.4,
}  # fmt: skip
"""Means that ranx 0.3.21 printed for `made_run`; it needs numba and 700 MB of packages, so they stand here."""
RANX_FIRST = {
    "ndcg@10": [0.414939, 0.0, 0.132497, 0.289065, 0.107068, 0.0, 0.104257, 0.168311],
    "recall@10": [0.25, 0.0, 0.333333, 1.0, 0.333333, 0.0, 0.333333, 0.166667],
    "mrr@10": [0.5, 0.0, 0.125, 0.1, 0.125, 0.0, 0.25, 0.5],
}
"""Of its first eight questions: q0, q1, q10 and so on, for ranx sorts their names."""


def made_run():
    """40 rankings and graded judgements, the same on every machine."""
    rng = random.Random(13)
    documents = [f"d{number}" for number in range(50)]
    grades, rankings = {}, {}
    for number in range(40):
        judged = rng.sample(documents, rng.randint(1, 8))
        grades[f"q{number}"] = {name: rng.randint(0, 3) for name in judged} | {judged[0]: rng.randint(1, 3)}
        rankings[f"q{number}"] = rng.sample(documents, rng.choice([3, 10, 20]))
    return rankings, grades


def values_of(metric):
    rankings, grades = made_run()
    return [measure(rankings[name], grades[name], [metric])[metric] for name in sorted(rankings)]


@pytest.mark.parametrize("metric", RANX)
def test_the_means_are_those_that_ranx_printed(metric):
    assert np.mean(values_of(metric)) == pytest.approx(RANX[metric], abs=1e-12)


@pytest.mark.parametrize("metric", RANX_FIRST)
def test_each_question_has_the_value_that_ranx_printed(metric):
    assert values_of(metric)[:8] == pytest.approx(RANX_FIRST[metric], abs=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_ranx_itself_says_the_same_where_it_is_installed():
    ranx = pytest.importorskip("ranx", reason="ranx is not installed; its printed figures are checked all the same")
    rankings, grades = made_run()
    run = ranx.Run({q: {d: float(len(names) - i) for i, d in enumerate(names)} for q, names in rankings.items()})
    for metric in RANX:
        said = ranx.evaluate(ranx.Qrels(grades), run, metric.replace("hit", "hit_rate"))
        assert np.mean(values_of(metric)) == pytest.approx(float(said), abs=1e-9), importlib.metadata.version("ranx")


def test_ndcg_weighs_grades_by_rank():
    grades = {"a": 3, "b": 1, "c": 2}
    gained = 1 / math.log2(2) + 3 / math.log2(4)
    best = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(["b", "x", "a"], grades, 10) == pytest.approx(gained / best)
    assert ndcg(["a", "c", "b", "x"], grades, 10) == pytest.approx(1)
    assert ndcg(["b", "x", "a"], grades, 1) == pytest.approx(1 / 3)


def test_recall_counts_relevant_documents_in_the_first_k():
    grades = {"a": 1, "b": 1, "c": 0}
    assert recall(["c", "a", "x", "b"], grades, 2) == 0.5
    assert recall(["c", "a", "x", "b"], grades, 4) == 1
    assert recall([], grades, 4) == 0


def test_mrr_and_hit_look_at_the_first_relevant_document():
    grades = {"a": 1, "b": 1}
    assert mrr(["x", "y", "b", "a"], grades, 10) == pytest.approx(1 / 3)
    assert (mrr(["x", "y", "b"], grades, 2), hit(["x", "y", "b"], grades, 2)) == (0, 0)
    assert hit(["x", "b"], grades, 2) == 1


def test_judgements_of_zero_and_below_are_not_relevant():
    grades = {"a": 0, "b": -2, "c": 1}
    assert measure(["a", "b", "c"], grades, ["hit@2", "recall@3", "mrr@3"]) == {
        "hit@2": 0, "recall@3": 1, "mrr@3": pytest.approx(1 / 3),
    }  # fmt: skip
    assert ndcg(["a", "b", "c"], grades, 3) == pytest.approx(0.5)
    assert measure(["a"], {"a": 0}, ["ndcg@1", "recall@1"]) == {"ndcg@1": 0, "recall@1": 0}


def test_a_document_stands_where_its_best_chunk_stands():
    assert rank_documents(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


@pytest.mark.parametrize("name", ["precision@5", "ndcg", "ndcg@0", "ndcg@ten", ""])
def test_an_unknown_metric_is_refused(name):
    with pytest.raises(UsageError) as caught:
        parse_metric(name)
    assert caught.value.message == f"No metric is called '{name}'."
    assert caught.value.hint == "Known: ndcg, recall, mrr, hit, each with a depth, such as ndcg@10."
