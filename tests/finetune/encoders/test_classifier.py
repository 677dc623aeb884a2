"""Classifiers: the layer alone, the taught encoder, figures, and predicting from a folder."""

import numpy as np
import pytest

from ondol.errors import BackendError, UnusableInput
from ondol.finetune.encoders.classifier import run_classifier
from ondol.finetune.encoders.head import predict
from ondol.finetune.encoders.probe import confusions, fit_head, macro_f1, macro_f1_interval


def write_labels(tmp_path, rows, names="글,분류"):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([names, *(f"{text},{label}" for text, label in rows)]) + "\n", encoding="utf-8")
    return path


def rows(count=60):
    return [(f"김치 밥 국 {n}", "음식") if n % 2 else (f"red blue {n}", "색") for n in range(count)]


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_tells_labels_apart(method, tmp_path, configured, store, heard):
    config = configured(write_labels(tmp_path, rows()), "classifier", method=method, epochs=8, rate=3e-3)
    about = run_classifier(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["method"] == ("head" if method == "lora" else "full")
    assert (tmp_path / "run" / "model").is_dir() == (method == "full")
    assert about["labels"] == ["색", "음식"]
    assert about["metrics"]["macro_f1"][0] > 0.9
    assert about["held_out_confusions"]["색"]["색"] > 0
    assert sum(about["confusions"]["음식"].values()) + sum(about["confusions"]["색"].values()) == about["examples"]
    assert any(line.startswith("Held-out macro F1") for line in heard.lines)
    found = predict(tmp_path / "run", ["김치 국", "blue red"], store=store)
    assert [one.label for one in found] == ["음식", "색"]
    assert all(0.5 < one.probability <= 1 for one in found)


def test_one_label_is_refused_and_an_unknown_one_held_out_is_told(tmp_path, configured, store, heard, write_rows):
    config = configured(write_labels(tmp_path, [("a", "x"), ("b", "x")]), "classifier")
    with pytest.raises(UnusableInput, match="All rows have the label 'x'"):
        run_classifier(config, store=store, folder=tmp_path / "run", progress=heard)
    held = write_rows("held.jsonl", [{"text": "red", "label": "색"}, {"text": "sea", "label": "new"}])
    config = configured(write_labels(tmp_path, rows(20)), "classifier", method="lora", valid=held)
    about = run_classifier(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["held_out"] == 1
    assert about["left_out"] == ["held.jsonl:2: no learnt row has the label 'new'"]


def test_a_label_that_occurs_once_is_learnt_without_cross_validation(tmp_path, configured, store, heard):
    config = configured(write_labels(tmp_path, [*rows(10), ("sea", "물")]), "classifier", method="lora", valid_share=0)
    about = run_classifier(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["cross_validated"] == {}
    assert about["metrics"] == {}


def test_a_row_without_a_label_is_told(tmp_path, configured, store, heard):
    config = configured(write_labels(tmp_path, [*rows(20), ("sea", "")]), "classifier", method="lora")
    about = run_classifier(config, store=store, folder=tmp_path / "run", progress=heard)
    assert len(about["left_out"]) == 1
    assert about["left_out"][0].endswith("the text or its label is empty")


def test_a_folder_without_a_classifier_is_refused(tmp_path, store):
    with pytest.raises(BackendError, match="no classifier"):
        predict(tmp_path, ["a"], store=store)


def test_the_layer_of_two_and_of_three_labels_gives_a_row_for_each():
    random = np.random.default_rng(1)
    for count in (2, 3):
        right = np.arange(60) % count
        vectors = (np.eye(4)[right] + 0.1 * random.normal(size=(60, 4))).astype(np.float32)
        weight, bias, guessed = fit_head(vectors, right, seed=13)
        assert weight.shape == (count, 4)
        assert ((vectors @ weight.T + bias).argmax(1) == right).all()
        assert (guessed == right).mean() > 0.9


def test_macro_f1_and_confusions_are_scikit_learns():
    right, guessed = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2])
    value, low, high = macro_f1_interval(right, guessed)
    assert value == pytest.approx(macro_f1(right, guessed), abs=1e-6)
    assert low < value <= high
    assert confusions(right, guessed, ["a", "b", "c"])["a"] == {"a": 1, "b": 1}
