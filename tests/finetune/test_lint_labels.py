"""Padding, prompts and ends in a tokenised set."""

import pytest

from ondol.finetune.lint_labels import lint_labelled

PAD, END = 0, 2
ENDS = frozenset({END})


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


def row(ids, labels, mask=None):
    return {"input_ids": ids, "labels": labels} | ({"attention_mask": mask} if mask is not None else {})


RIGHT = row([1, 5, 6, 7, 8, END, PAD, PAD], [-100, -100, -100, 7, 8, END, -100, -100], [1, 1, 1, 1, 1, 1, 0, 0])


def told(*rows, pad=PAD, ends=ENDS):
    return {finding.kind: finding for finding in lint_labelled(rows, pad=pad, ends=ends)}


def test_right_labels_are_left_alone():
    assert told(RIGHT, RIGHT) == {}
    assert told({key: RIGHT[key] for key in ("input_ids", "labels")}) == {}


def test_the_notebook_with_its_share_of_padding():
    ids = [1, 5, 6, 7, 8, 9, 10, 11, 12] + [END] * 55
    found = told(row(ids, ids, [1] * 9 + [0] * 55), pad=END)
    assert found["padding_learnt"].message == (
        "86 % of the labels are padding (55 of 64): the model learns to fill up, not to answer."
    )
    assert found["prompt_learnt"].message == "In 1 of 1 rows (100 %) every token is learnt, the prompt too."
    assert found["end_not_learnt"].level == "error"  # the ends that are learnt are padding


def test_padding_that_is_the_end_counts_once_without_a_mask():
    ids = [1, 5, 6, 7, END, END, END]
    assert set(told(row(ids, [-100, -100, 6, 7, END, -100, -100]), pad=END)) == set()
    assert set(told(row(ids, [-100, -100, 6, 7, END, END, END]), pad=END)) == {"padding_learnt"}


def test_padding_on_the_left_is_known():
    assert set(told(row([PAD, PAD, 1, 5, 6, END], [PAD, PAD, -100, -100, 6, END]))) == {"padding_learnt"}


def test_the_collator_that_masks_the_end():
    labels = [-100, -100, 6, 7, -100, -100]
    found = told(row([1, 5, 6, 7, END, END], labels, [1, 1, 1, 1, 1, 0]), pad=END)
    assert found["end_not_learnt"].message.startswith("In 1 of 1 rows (100 %) no end token is learnt")


def test_some_rows_without_an_end_are_a_warning():
    cut = row([1, 5, 6, 7], [-100, -100, 6, 7])
    found = told(RIGHT, RIGHT, cut)["end_not_learnt"]
    assert (found.level, found.rows) == ("warning", ("3",))
    assert "In 1 of 3 rows (33 %)" in found.message


def test_rows_without_labels_and_rows_that_are_uneven_are_errors():
    found = told(RIGHT, row([1, 2], [-100, -100]), row([1, 2, 3], [1]))
    assert found["nothing_learnt"].message.startswith("1 of 3 rows have no label")
    assert found["uneven_labels"].rows == ("3",)
    assert {finding.level for finding in found.values()} == {"error"}


def test_no_rows_and_no_pad_are_no_crash():
    assert told() == {}
    assert set(told(row([1, 5, END], [-100, 5, END]), pad=None)) == {"prompt_learnt"}
