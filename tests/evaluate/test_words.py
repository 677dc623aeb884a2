"""What the figures say in words, and what a reader must know about the questions."""

import numpy as np
import pytest

from ondol.evaluate.words import advice, notes, signed, verdict_sentence, verdict_word

HARD = np.linspace(0.2, 0.8, 60)


def test_a_verdict_is_told_with_the_better_one_first(evaluated):
    found = evaluated({"dense": HARD, "hybrid": HARD + 0.05, "lexical": HARD[::-1]})
    pairs = {(row.a, row.b): row for row in found.pairs if row.metric == found.main}
    assert verdict_sentence(pairs["dense", "hybrid"]) == "hybrid is better than dense: +0.050 (+0.050…+0.050)"
    assert verdict_word(pairs["dense", "hybrid"]) == "▼ worse"
    told = verdict_sentence(pairs["dense", "lexical"])
    assert told.startswith("No difference shown between dense and lexical: 0.000 (−0.")
    assert verdict_word(pairs["dense", "lexical"]) == "no difference shown"


@pytest.mark.parametrize(("value", "text"), [(0.0123, "+0.012"), (-0.5, "−0.500"), (-0.0001, "0.000"), (0.0, "0.000")])
def test_a_difference_has_its_sign(value, text):
    assert signed(value) == text


def test_of_the_settings_that_are_not_worse_than_the_best_the_fastest_is_advised(evaluated):
    wobble = np.resize([0.04, -0.05], 60)
    found = evaluated({"dense": HARD, "hybrid": HARD + 0.1, "hybrid+rerank": HARD + 0.1 + wobble})
    assert advice(found) == "To search these documents like hybrid: --mode hybrid"
    clear = evaluated({"dense": HARD, "hybrid+rerank": HARD + 0.1})
    assert advice(clear) == "To search these documents like hybrid+rerank: --mode hybrid --reranker SPEC"


def test_nothing_is_advised_where_no_difference_shows(evaluated):
    assert advice(evaluated({"dense": HARD, "hybrid": HARD})) == ""
    assert advice(evaluated({"dense": HARD})) == ""


def test_nothing_is_noted_about_a_sound_set(evaluated):
    assert notes(evaluated({"dense": HARD})) == []


def test_what_weakens_the_figures_is_noted(evaluated):
    of_set = {"unknown_documents": 3, "left_out": 2, "without_judgement": 5, "without_question": 7}
    found = evaluated({"dense": HARD[:9]}, **of_set)
    assert notes(found) == [
        "With 9 questions only large differences can show.",
        "Judged documents that the collection lacks: 3; questions left out for it: 2.",
        "Questions without a relevant document, left out: 5.",
        "Judged questions whose text is not in the file: 7.",
    ]
