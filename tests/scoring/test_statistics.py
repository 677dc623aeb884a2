"""Intervals hold what they promise, and a verdict is given only where the questions show one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ondol.scoring.statistics import (
    FEWEST,
    bootstrap_p,
    compare,
    compare_all,
    detectable_difference,
    estimate_mean,
    estimate_means,
    holm,
)

RNG = np.random.default_rng(13)


def test_an_interval_holds_the_true_mean_about_95_times_in_100():
    rng = np.random.default_rng(5)
    inside = 0
    for seed in range(400):
        estimate = estimate_mean(rng.binomial(1, 0.7, 120), resamples=600, seed=seed)
        inside += estimate.low <= 0.7 <= estimate.high
    assert 0.92 <= inside / 400 <= 0.98


def test_an_interval_is_as_wide_as_the_normal_one_where_that_holds():
    values = RNG.normal(0.5, 0.1, 1000)
    estimate = estimate_mean(values)
    half = 1.96 * values.std() / np.sqrt(1000)
    assert estimate.value == pytest.approx(values.mean())
    assert (estimate.low, estimate.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_the_same_numbers_give_the_same_interval():
    values = RNG.random(50)
    assert estimate_mean(values) == estimate_mean(values)
    assert estimate_mean(values) != estimate_mean(values, seed=14)
    together = estimate_means(np.column_stack([values, 1 - values]))[0]
    assert together.to_json() == estimate_mean(values).to_json()


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_mean_lies_inside_its_interval_and_both_inside_the_numbers(values):
    estimate = estimate_mean(values, resamples=400)
    tiny = 1e-9
    assert min(values) - tiny <= estimate.low <= estimate.high <= max(values) + tiny
    assert min(values) - tiny <= estimate.value <= max(values) + tiny
    assert estimate.low - 0.02 <= estimate.value <= estimate.high + 0.02


def test_equal_numbers_have_an_interval_of_one_point():
    assert estimate_mean([0.1] * 30).to_json() == [0.1, 0.1, 0.1]


def test_many_questions_are_resampled_in_blocks():
    assert estimate_mean(RNG.random(100_000), resamples=100).value == pytest.approx(0.5, abs=0.01)


def test_a_clear_difference_has_a_verdict_from_both_sides():
    worse = RNG.random(100) * 0.5
    row = compare("new", "old", "ndcg@10", worse + 0.1, worse)
    assert (row.verdict, row.difference.to_json()) == ("better", [0.1, 0.1, 0.1])
    assert compare("old", "new", "ndcg@10", worse, worse + 0.1).verdict == "worse"
    assert row.to_json() == {
        "a": "new", "b": "old", "metric": "ndcg@10", "difference": [0.1, 0.1, 0.1], "verdict": "better",
    }  # fmt: skip


def test_noise_has_no_verdict():
    a, b = RNG.random(80), RNG.random(80)
    assert compare("a", "b", "m", a, b).verdict == "no difference shown"
    assert compare("a", "b", "m", a, a).verdict == "no difference shown"


def test_noise_is_called_a_difference_about_5_times_in_100():
    rng = np.random.default_rng(7)
    called = sum(
        compare("a", "b", "m", rng.random(60), rng.random(60), resamples=600).verdict != "no difference shown"
        for _ in range(300)
    )
    assert called / 300 <= 0.1


def test_the_same_questions_show_what_two_intervals_hide():
    hard = RNG.random(200)
    a = np.clip(hard + RNG.normal(0.02, 0.03, 200), 0, 1)
    assert estimate_mean(a).low < estimate_mean(hard).high
    assert compare("a", "b", "m", a, hard).verdict == "better"


def test_few_questions_that_differ_have_no_verdict():
    zeros = np.zeros(50)
    for count, verdict in ((FEWEST - 1, "no difference shown"), (FEWEST, "better")):
        a = np.where(np.arange(50) < count, 1.0, 0.0)
        assert compare("a", "b", "m", a, zeros).verdict == verdict


def test_every_two_settings_are_compared_by_every_metric():
    values = RNG.random((30, 2))
    rows = compare_all({"a": values, "b": values - 0.1, "c": values}, ["m", "n"])
    assert [(row.a, row.b, row.metric, row.verdict) for row in rows] == [
        ("a", "b", "m", "better"), ("a", "b", "n", "better"), ("a", "c", "m", "no difference shown"),
        ("a", "c", "n", "no difference shown"), ("b", "c", "m", "worse"), ("b", "c", "n", "worse"),
    ]  # fmt: skip


def test_other_questions_cannot_be_compared():
    with pytest.raises(ValueError, match="the same questions"):
        compare("a", "b", "m", [1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="a row per question"):
        estimate_mean([])


def test_holm_is_that_of_the_textbooks():
    # Wikipedia's example: 0.01, 0.04, 0.03, 0.005 at m = 4
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_p_value_agrees_with_the_interval_and_with_the_normal_one():
    values = RNG.normal(0.03, 0.1, 200)
    estimate, p = estimate_mean(values), bootstrap_p(values)
    assert (p < 0.05) == (estimate.low > 0 or estimate.high < 0)
    z = abs(values.mean()) / (values.std() / np.sqrt(200))
    assert p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.01)
    assert bootstrap_p(-values) == pytest.approx(p)
    assert bootstrap_p(np.zeros(9)) == 1.0
    assert bootstrap_p(np.ones(9)) == pytest.approx(2 / 5001)


def test_the_detectable_difference_is_seen_in_four_of_five_comparisons():
    rng = np.random.default_rng(3)
    wanted = detectable_difference(rng.normal(0, 1, 100))
    assert wanted == pytest.approx(0.28, rel=0.2)
    seen = sum(estimate_mean(rng.normal(0.28, 1, 100), resamples=600).low > 0 for _ in range(300))
    assert 0.72 <= seen / 300 <= 0.88
    assert detectable_difference([0.5]) is None
