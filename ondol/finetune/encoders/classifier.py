"""A classifier of texts: a linear layer on an embedder that stays as it is, or on one that is taught from there.

Few examples keep the embedder as it is; a taught one begins at that layer. Source: Kumar et al. 2022 (first the layer,
then the rest).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import set_seed

from ondol.embeddings.onnx import open_onnx
from ondol.errors import UnusableInput
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.encoders.columns import Part, load_part, text_of
from ondol.finetune.encoders.embedder import load_tokenizer
from ondol.finetune.encoders.encoder import (
    choose_place,
    find_encoder,
    load_encoder,
    pad,
    padding_of,
    pool,
    save_encoder,
)
from ondol.finetune.encoders.head import save_head
from ondol.finetune.encoders.outcome import describe, finished, verdict, write_held_out
from ondol.finetune.encoders.probe import Numbers, Vectors, confusions, fit_head, macro_f1_interval
from ondol.finetune.encoders.trainer import fit, mean_loss
from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.folder import CHECKPOINTS, write_about
from ondol.finetune.start import check_same_data
from ondol.lang import nfc, translate
from ondol.model_store.store import ModelStore
from ondol.progress import Progress

NAMES = {
    "text": "text sentence content q question query input utterance comment review 글 문장 텍스트 본문 내용 질문 리뷰",
    "label": "label labels category class intent tag topic sentiment target 라벨 분류 범주 카테고리 의도 종류 감정",
}
NEEDED = ("text", "label")
FEW = 1000
"""Rows below which `lora` keeps the embedder as it is and learns the layer only; `full` always teaches it."""
LONGEST = 256


@dataclass(frozen=True, slots=True)
class LabelRow:
    text: str
    label: str
    example: Example


Labelled = tuple[list[int], int]


def make_label_row(values: Mapping[str, Any], where: str, source: DataSource) -> LabelRow:  # noqa: ARG001
    text, label = text_of(values.get("text")), text_of(values.get("label"))
    if not text or not label:
        raise UnusableInput("the text or its label is empty")
    return LabelRow(text, label, ask_and_answer(text, label, where=where))


class LabelNetwork(nn.Module):  # type: ignore[misc]
    """The layer on the vector of length 1; it begins where the layer alone ended."""

    def __init__(self, encoder: Any, pooling: str, weight: Vectors, bias: Vectors) -> None:
        super().__init__()
        self.encoder, self._pooling = encoder, pooling
        self.weight, self.bias = (nn.Parameter(torch.from_numpy(values.copy())) for values in (weight, bias))

    def forward(self, inputs: dict[str, torch.Tensor], labels: torch.Tensor) -> torch.Tensor:
        vectors = pool(self.encoder(**inputs).last_hidden_state, inputs["attention_mask"], self._pooling)
        return cross_entropy(vectors @ self.weight.T + self.bias, labels)


def collate_labels(batch: Sequence[Labelled], padding: int) -> dict[str, Any]:
    return {"inputs": pad([ids for ids, _ in batch], padding), "labels": torch.tensor([label for _, label in batch])}


def run_classifier(config: FinetuneConfig, *, store: ModelStore, folder: Path, progress: Progress) -> dict[str, Any]:
    """Learn the layer, and the encoder where there are rows enough; figures are of rows that were not learnt.

    Returns:
        What `run.json` holds: also `labels`; `cross_validated` and `confusions` of the layer over the learnt rows;
        `before` and `metrics` (macro F1 on the held-out rows of the layer alone, and of what was saved) and `verdicts`.

    Raises:
        UsageError, NotFound, UnusableInput, BackendError: see `load_part`, `find_encoder`, `fit`; or one label only.
    """
    set_seed(config.seed)
    source = find_encoder(config, store=store)
    part = load_part(config, NAMES, NEEDED, make_label_row)
    labels = find_labels(part)
    base = open_onnx(str(source.path.resolve()), store=store, threads=config.threads, progress=progress)
    began = time.perf_counter()
    vectors = base.embed_array([row.text for row in part.train], "query")
    right, held = (np.array([labels.index(row.label) for row in rows], np.int64) for rows in (part.train, part.valid))
    weight, bias, guessed = fit_head(vectors, right, seed=config.seed)
    alone = _guess(base.embed_array, part, weight, bias)
    taught = config.method == "full" or len(part.train) >= FEW
    about = describe(config, part, base_folder=source.path.name, device="cpu", trainable=weight.size + bias.size)
    about |= {
        "method": config.method if taught else "head", "labels": labels,
        "cross_validated": {} if guessed is None else {"macro_f1": macro_f1_interval(right, guessed)},
        "confusions": {} if guessed is None else confusions(right, guessed, labels),
    }  # fmt: skip
    check_same_data(folder, about)
    write_about(folder, about)
    shutil.rmtree(folder / "model", ignore_errors=True)
    after = alone
    if taught:
        network = LabelNetwork(load_encoder(source, config), source.pooling, weight, bias)
        about |= _teach(network, config, part, labels, source=source, folder=folder, progress=progress)
        target = save_encoder(network.encoder, source, folder, more={}).resolve()
        weight, bias = (values.detach().cpu().numpy() for values in (network.weight, network.bias))
        after = _guess(open_onnx(str(target), store=store, threads=config.threads).embed_array, part, weight, bias)
    else:
        about |= _head_figures(vectors, right, weight, bias, time.perf_counter() - began)
    save_head(folder, weight, bias, labels, base=config.base)
    about |= {**_measure(part, labels, held, alone, after, folder), **finished()}
    write_about(folder, about)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    _tell(about, progress)
    return about


def find_labels(part: Part[LabelRow]) -> list[str]:
    """All labels of the learnt rows, in order; held-out rows of other labels are left out, and told.

    Raises:
        UnusableInput: there are fewer than two.
    """
    labels = sorted({row.label for row in part.train})
    if len(labels) < 2:
        raise UnusableInput(
            "All rows have the label '{label}'.", hint="A classifier needs two at least.", label=labels[0]
        )
    for row in part.valid:
        if row.label not in labels:
            reason = translate("no learnt row has the label '{label}'", label=row.label)
            part.left_out.append(f"{row.example.where}: {reason}")
    part.valid = [row for row in part.valid if row.label in labels]
    return labels


def _teach(
    network: LabelNetwork, config: FinetuneConfig, part: Part[LabelRow], labels: list[str], *, source: Any,
    folder: Path, progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    device, tokenizer = choose_place(config), load_tokenizer(source)
    room = min(LONGEST, config.max_tokens, source.bert.max_length)

    def encode(row: LabelRow) -> Labelled:
        ids: list[int] = tokenizer.encode(source.query_prefix + nfc(row.text)).ids
        return ids if len(ids) <= room else [*ids[: room - 1], ids[-1]], labels.index(row.label)

    train, valid = ([encode(row) for row in rows] for rows in (part.train, part.valid))
    collate = partial(collate_labels, padding=padding_of(network.encoder))
    about: dict[str, Any] = {"device": device}
    about["trainable"] = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    about["base_valid_nll"] = mean_loss(network.to(device), valid, collate, batch=config.batch)
    about |= fit(
        network, config, train=train, valid=valid, collate=collate, lengths=[len(ids) for ids, _ in train],
        grouped=True, device=device, folder=folder, progress=progress,
    )  # fmt: skip
    for name, rows in (("train_nll", train[:200]), ("valid_nll", valid)):
        about[name] = mean_loss(network, rows, collate, batch=config.batch)
    return about


def _head_figures(vectors: Vectors, right: Numbers, weight: Vectors, bias: Vectors, seconds: float) -> dict[str, Any]:
    scores = torch.from_numpy(vectors @ weight.T + bias)
    return {
        "steps": 0, "tokens": 0, "tokens_per_second": 0.0, "peak_mb": None, "seconds": round(seconds, 1),
        "train_nll": float(cross_entropy(scores, torch.from_numpy(right))), "valid_nll": None,
    }  # fmt: skip


def _guess(embed: Any, part: Part[LabelRow], weight: Vectors, bias: Vectors) -> Numbers:
    if not part.valid:
        return np.zeros(0, np.int64)
    guessed: Numbers = (embed([row.text for row in part.valid], "query") @ weight.T + bias).argmax(1)
    return guessed


def _measure(
    part: Part[LabelRow], labels: list[str], right: Numbers, before: Numbers, after: Numbers, folder: Path
) -> dict[str, Any]:
    write_held_out(folder, [
        {"text": row.text, "label": row.label, "before": labels[first], "after": labels[second]}
        for row, first, second in zip(part.valid, before, after, strict=True)
    ])  # fmt: skip
    if not part.valid:
        return {"before": {}, "metrics": {}, "verdicts": {}}
    return {
        "before": {"macro_f1": macro_f1_interval(right, before)},
        "metrics": {"macro_f1": macro_f1_interval(right, after)},
        "verdicts": {"accuracy": verdict((before == right).tolist(), (after == right).tolist())},
        "held_out_confusions": confusions(right, after, labels),
    }  # fmt: skip


def _tell(about: dict[str, Any], progress: Progress) -> None:
    if about["method"] == "head":
        progress.note(translate(
            "{count} rows: the embedder stays as it is and a layer is learnt (--method full teaches it too).",
            count=about["examples"],
        ))  # fmt: skip
    for where, template in (
        ("cross_validated", "Cross-validated macro F1: {value:.3f} [{low:.3f}, {high:.3f}]"),
        ("before", "Held-out macro F1 of the layer alone: {value:.3f} [{low:.3f}, {high:.3f}]"),
        ("metrics", "Held-out macro F1: {value:.3f} [{low:.3f}, {high:.3f}]"),
    ):
        if found := about[where].get("macro_f1"):
            progress.note(translate(template, value=found[0], low=found[1], high=found[2]))
