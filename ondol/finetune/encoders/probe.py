"""A linear layer over embeddings that stay as they are, and how well labels are told: macro F1, confusions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ondol.scoring.statistics import estimate_statistic

FOLDS = 5
STRENGTHS = (1.0, 10.0, 100.0)
"""Inverse regularisation; embeddings of length 1 need little of it."""
Vectors = NDArray[np.float32]
Numbers = NDArray[np.int64]


def fit_head(vectors: Vectors, labels: Numbers, *, seed: int) -> tuple[Vectors, Vectors, Numbers | None]:
    """Weight (labels, H), bias (labels,), and the label that each row gets from a layer that has not seen it.

    The last is None where a label has one row only, so that no layer can be without it.

    The regularisation is the one that cross-validates best, so the figure is a little kind to it.
    """
    count = int(np.bincount(labels).min())
    folds = StratifiedKFold(min(FOLDS, count), shuffle=True, random_state=seed) if count > 1 else None
    strength, guessed = STRENGTHS[1], None
    if folds:
        tried = {one: cross_val_predict(_layer(one), vectors, labels, cv=folds) for one in STRENGTHS}
        strength, guessed = max(tried.items(), key=lambda pair: macro_f1(labels, pair[1]))
    layer = _layer(strength).fit(vectors, labels)
    weight, bias = layer.coef_, layer.intercept_
    if len(weight) == 1:  # of two labels scikit-learn keeps the second's row only
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return weight.astype(np.float32), bias.astype(np.float32), guessed


def _layer(strength: float) -> Any:
    return LogisticRegression(C=strength, max_iter=1000, class_weight="balanced")


def macro_f1(right: Numbers, guessed: Numbers) -> float:
    """Mean F1 over the labels that occur."""
    return float(f1_score(right, guessed, average="macro", zero_division=0))


def macro_f1_interval(right: Numbers, guessed: Numbers) -> list[float]:
    """[value, low, high]; rows are drawn, and F1 counted from their confusions (2 TP / (row + column))."""
    size = int(max(right.max(), guessed.max())) + 1

    def statistic(places: NDArray[np.int64]) -> float:
        table = np.bincount(right[places] * size + guessed[places], minlength=size * size).reshape(size, size)
        total = table.sum(0) + table.sum(1)
        return float(np.mean(2 * np.diag(table)[total > 0] / total[total > 0]))

    return estimate_statistic(len(right), statistic).to_json()


def confusions(right: Numbers, guessed: Numbers, labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """True label → guessed label → rows; pairs that do not occur are left out."""
    table = confusion_matrix(right, guessed, labels=range(len(labels)))
    return {
        labels[row]: {labels[column]: int(count) for column, count in enumerate(cells) if count}
        for row, cells in enumerate(table)
    }
