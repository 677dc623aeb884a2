"""Embedders: loss, negatives, figures, and a run whose model opens as `onnx:`."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from ondol.embeddings.bert_folder import read_bert_folder
from ondol.embeddings.onnx import open_onnx
from ondol.errors import UsageError
from ondol.finetune.encoders.embedder import (
    PairNetwork,
    PairRow,
    add_negatives,
    collate_pairs,
    encode_pairs,
    load_tokenizer,
    run_embedder,
)
from ondol.finetune.encoders.encoder import load_encoder
from ondol.finetune.encoders.mining import measure_retrieval, mine_negatives
from ondol.finetune.encoders.outcome import figures, verdict
from ondol.finetune.encoders.trainer import LossTrainer
from ondol.finetune.examples import Example

WORDS = [
    "김치",
    "밥",
    "국",
    "강",
    "산",
    "바다",
    "red",
    "blue",
    "green",
    "seoul",
    "busan",
    "rice",
    "soup",
    "sea",
    "hill",
]


def pairs(count=40):
    """A question names a word in a code that only its passage knows."""
    return [
        {"query": f"{chr(97 + n % 15)}{n}?", "passage": f"{WORDS[n % 15]} is {WORDS[n % 15]} {n // 15}"}
        for n in range(count)
    ]


def table(rows):
    """An embedder of a few fixed vectors."""
    return lambda texts, role: np.array([rows[text] for text in texts], np.float32)


def test_the_hardest_wrong_passage_below_the_margin_is_mined():
    embed = table({"q": [1, 0], "right": [0.9, 0.1], "too near": [0.88, 0.2], "hard": [0.8, 0.6], "far": [0, 1]})
    mined = mine_negatives([("q", "right")], ["right", "too near", "hard", "far"], embed, per_question=2, margin=0.05)
    assert mined == [["hard", "far"]]
    assert mine_negatives([("q", "right")], ["right", "too near"], embed) == [[]]
    assert mine_negatives([], ["right"], embed) == []
    assert mine_negatives([("q", "right"), ("q", "hard")], ["right", "hard", "far"], embed) == [["far"], ["far"]]


def test_negatives_come_from_a_library_too_and_those_that_are_given_stay():
    embed = table({"q": [1, 0], "right": [0.9, 0.1], "r": [0, 1], "other": [0, 0.9], "chunk": [0.8, 0.6]})
    rows = [PairRow("q", "right", "", Example()), PairRow("r", "other", "given", Example())]
    assert [row.negative for row in add_negatives(rows, embed)] == ["other", "given"]
    assert [row.negative for row in add_negatives(rows, embed, ["chunk"])] == ["chunk", "given"]


def test_figures_of_retrieval_count_a_tie_as_lost():
    embed = table({"q": [1, 0], "r": [0, 1], "a": [1, 0], "b": [1, 0], "c": [0, 1]})
    found = measure_retrieval([("q", "a"), ("r", "c")], ["a", "b", "c"], embed)
    assert found["recall@1"] == [0.0, 1.0]
    assert found["mrr@10"] == [0.5, 1.0]
    assert found["ndcg@10"] == pytest.approx([1 / np.log2(3), 1.0])


def test_a_verdict_needs_an_interval_without_zero_and_enough_rows():
    assert verdict([0.0] * 20, [1.0] * 20)["verdict"] == "better"
    assert verdict([1.0] * 20, [0.0] * 20)["verdict"] == "worse"
    assert verdict([0.0] * 5, [1.0] * 5)["verdict"] == "no difference shown"
    assert verdict([], []) == {}
    assert figures({"a": [1.0, 0.0, 1.0, 0.0], "b": []})["a"] == [0.5, 0.0, 1.0]


def make_rows(write_rows, rows):
    from ondol.finetune.data import DataSource
    from ondol.finetune.encoders.columns import load_rows
    from ondol.finetune.encoders.embedder import NAMES, NEEDED, make_pair_row

    return load_rows(DataSource(path=write_rows("p.jsonl", rows)), NAMES, NEEDED, make_pair_row)[0]


def test_the_loss_is_that_of_sentence_transformers_and_copies_of_a_passage_do_not_count(
    encoder, configured, write_rows, tmp_path
):
    source = read_bert_folder(encoder)
    config = configured(tmp_path / "p.jsonl", "embedder")
    module = PairNetwork(load_encoder(source, config), source.pooling, 20.0).eval()
    rows = make_rows(write_rows, [{**row, "negative": "강 산"} for row in pairs(4)])
    batch = collate_pairs(encode_pairs(rows, load_tokenizer(source), source, max_tokens=64), 0)
    with torch.no_grad():
        asked, passages = module.embed(batch["questions"]), module.embed(batch["passages"])
        loss = MultipleNegativesRankingLoss(None, scale=20.0)
        expected = loss.compute_loss_from_embeddings([asked, passages[:4], passages[4:]], None)
        assert float(module(**batch)) == pytest.approx(float(expected), abs=1e-5)
        twice = make_rows(write_rows, [pairs(1)[0], {**pairs(1)[0], "query": "other?"}])
        batch = collate_pairs(encode_pairs(twice, load_tokenizer(source), source, max_tokens=64), 0)
        assert float(module(**batch)) == pytest.approx(0.0, abs=1e-6)


def test_prefixes_stand_before_what_is_learnt(encoder, write_rows):
    source = read_bert_folder(encoder)
    [pair] = encode_pairs(make_rows(write_rows, pairs(1)), load_tokenizer(source), source, max_tokens=64)
    assert load_tokenizer(source).decode(pair.question).startswith("[CLS] query :")
    assert load_tokenizer(source).decode(pair.passage).startswith("[CLS] passage :")


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_run_learns_and_its_model_opens_as_onnx(method, write_rows, configured, store, heard, tmp_path, encoder):
    config = configured(write_rows("p.jsonl", pairs(60)), "embedder", method=method, epochs=6)
    about = run_embedder(config, store=store, folder=tmp_path / "run", progress=heard)
    assert about["status"] == "done"
    assert about["train_nll"] < about["base_valid_nll"]
    assert about["held_out"] == 15
    assert about["parity"] > 0.98
    assert set(about["metrics"]) == set(about["verdicts"]) == {"recall@1", "mrr@10", "ndcg@10"}
    assert heard.lines[-1] == f"Use it with: ondol reindex --embeddings {about['embeddings']}"
    opened = open_onnx(about["embeddings"].removeprefix("onnx:"), store=store)
    base = open_onnx(str(encoder), store=store)
    assert opened.fingerprint.query_prefix == "query: "
    assert opened.fingerprint.weights != base.fingerprint.weights
    assert not np.allclose(opened.embed_array(["김치"], "query"), base.embed_array(["김치"], "query"), atol=1e-3)


def test_an_interrupted_run_goes_on_to_the_same_weights(write_rows, configured, store, heard, tmp_path, monkeypatch):
    config = configured(write_rows("p.jsonl", pairs()), "embedder", max_steps=6, evaluations=3, valid_share=0.2)
    whole = run_embedder(config, store=store, folder=tmp_path / "whole", progress=heard)
    step = LossTrainer.training_step

    def break_off(self, *given, **more):
        if self.state.global_step == 4:
            raise KeyboardInterrupt
        return step(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(LossTrainer, "training_step", break_off)
        with pytest.raises(KeyboardInterrupt):
            run_embedder(config, store=store, folder=tmp_path / "cut", progress=heard)
    assert (tmp_path / "cut" / "checkpoints" / "checkpoint-4").is_dir()
    cut = run_embedder(config, store=store, folder=tmp_path / "cut", progress=heard)
    left, right = (tmp_path / name / "model" / "model.safetensors" for name in ("whole", "cut"))
    assert left.read_bytes() == right.read_bytes()
    assert cut["valid_nll"] == whole["valid_nll"]


def test_recomputed_activations_change_nothing(write_rows, configured, store, heard, tmp_path):
    config = configured(write_rows("p.jsonl", pairs()), "embedder", max_steps=2, valid_share=0)
    kept = run_embedder(config, store=store, folder=tmp_path / "kept", progress=heard)
    config = replace(config, checkpointing=True)
    again = run_embedder(config, store=store, folder=tmp_path / "again", progress=heard)
    assert again["train_nll"] == pytest.approx(kept["train_nll"], abs=1e-5)


def test_several_processes_are_refused(write_rows, configured, store, heard, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    config = replace(configured(write_rows("p.jsonl", pairs()), "embedder"), max_steps=1)
    with pytest.raises(UsageError, match="one process"):
        run_embedder(config, store=store, folder=tmp_path / "run", progress=heard)
