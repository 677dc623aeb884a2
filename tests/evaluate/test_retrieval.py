"""An evaluation asks every question of every setting and tells means, intervals, pairs and times."""

import json

import pytest

from ondol.errors import UsageError
from ondol.evaluate.arms import make_search, parse_arms
from ondol.evaluate.qrels import Judged, Query, QuestionSet
from ondol.evaluate.retrieval import EvaluationConfig, depth_of, run_evaluation

RIGHT = {"q1": ["a", "b", "x"], "q2": ["x", "c", "a"]}


def make_questions():
    first = Judged(Query("q1", "q1", synthetic=True), {"a": 2.0, "b": 1.0})
    return QuestionSet(judged=[first, Judged(Query("q2", "q2"), {"c": 1.0, "z": 0.0})])


def test_metrics_are_means_over_the_questions():
    found = run_evaluation(make_questions(), {"good": lambda question: (RIGHT[question], 3.0)})
    told = found.to_json()
    assert list(told["metrics"]) == ["ndcg@10", "recall@10", "mrr@10", "hit@1", "hit@5"]
    assert {name: row[0] for name, row in told["metrics"].items()} == {
        "ndcg@10": pytest.approx((1 + 0.63093) / 2, abs=1e-5), "recall@10": 1, "mrr@10": 0.75, "hit@1": 0.5, "hit@5": 1,
    }  # fmt: skip
    assert all(low <= value <= high for value, low, high in told["metrics"].values())
    assert (told["n"], told["k"], told["synthetic"], told["pairs"]) == (2, 10, 1, [])
    assert told["arms"]["good"] == {"metrics": told["metrics"], "ms": {"p50": 3.0, "p95": 3.0}}
    assert json.loads(json.dumps(told)) == told


def test_rows_of_the_questions_are_told_when_asked():
    found = run_evaluation(make_questions(), {"good": lambda question: (RIGHT[question], 3.0)})
    assert "queries" not in found.to_json()
    row = found.to_json(queries=True)["queries"][1]
    assert (row["id"], row["question"], row["expected"]) == ("q2", "q2", ["c"])
    assert row["arms"]["good"]["found"] == ["x", "c", "a"]
    assert row["arms"]["good"]["metrics"]["mrr@10"] == 0.5


def test_settings_take_turns_and_the_first_search_of_each_is_not_timed():
    asked = []

    def search(name):
        return lambda question: asked.append((name, question)) or (RIGHT[question], 1000.0 if len(asked) < 3 else 1.0)

    found = run_evaluation(make_questions(), {"a": search("a"), "b": search("b")})
    assert asked == [("a", "q1"), ("b", "q1"), ("a", "q1"), ("b", "q1"), ("a", "q2"), ("b", "q2")]
    assert found.arms["a"].ms == {"p50": 1.0, "p95": 1.0}
    assert [(row.a, row.b) for row in found.pairs] == [("a", "b")] * 5


def test_a_real_library_is_measured(library, ids):
    asked = {"opening hours of the museum": "museum.md", "방앗간 입장료": "mill.md", "green tea": "tea.md"}
    judged = [Judged(Query(name, name), {ids[file]: 1.0}) for name, file in asked.items()]
    config = EvaluationConfig(k=3)
    search = make_search(library, parse_arms("dense")[0], k=depth_of(config))
    found = run_evaluation(QuestionSet(judged=judged), {"dense": search}, config=config)
    assert found.arms["dense"].metrics["hit@1"].value == 1
    assert list(found.arms["dense"].metrics) == ["ndcg@3", "recall@3", "mrr@3", "hit@1", "hit@5"]
    assert found.arms["dense"].ms["p50"] > 0


def test_a_search_looks_deep_enough_for_every_metric():
    assert [depth_of(EvaluationConfig(k=k)) for k in (1, 10)] == [5, 10]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"k": 0}, "k is 0; 1 to 100 documents can be judged.\n  → Give -k 10."),
        ({"k": 101}, "k is 101; 1 to 100 documents can be judged.\n  → Give -k 10."),
        ({"resamples": 5}, "5 resamples give no interval; at least 100 are needed.\n  → Leave it at the default."),
    ],
)
def test_an_evaluation_that_cannot_be_is_refused(values, message):
    with pytest.raises(UsageError) as caught:
        EvaluationConfig(**values)
    assert str(caught.value) == message


def test_nothing_to_measure_is_refused():
    for questions, searches in ((QuestionSet(judged=[]), {"a": lambda _: ([], 1.0)}), (make_questions(), {})):
        with pytest.raises(UsageError, match="nothing to measure"):
            run_evaluation(questions, searches)
