"""A model that finds the answer in a text, or says that it is not there. Source: Devlin et al. 2019, section 4.3."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import set_seed

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.encoders.columns import Part, load_part
from ondol.finetune.encoders.encoder import (
    choose_place,
    find_encoder,
    load_encoder,
    pad,
    padding_of,
    save_delta,
    save_encoder,
)
from ondol.finetune.encoders.outcome import describe, figures, finished, write_held_out
from ondol.finetune.encoders.span_rows import NAMES, NEEDED, SpanRow, make_span_row
from ondol.finetune.encoders.trainer import fit, mean_loss
from ondol.finetune.folder import CHECKPOINTS, write_about
from ondol.finetune.start import check_same_data
from ondol.lang import detect_language, translate
from ondol.model_store.store import ModelStore
from ondol.progress import Progress
from ondol.readers.contract import Span
from ondol.readers.onnx import OnnxReader, open_onnx
from ondol.readers.windows import MAX_TOKENS, Window, label, make_windows
from ondol.scoring.answer_metrics import em_and_f1

Labelled = tuple[Window, int, int]
"""A window with the places of the answer's first and last token; (0, 0) where it is not in it."""


class SpanNetwork(nn.Module):  # type: ignore[misc]
    def __init__(self, encoder: Any, hidden: int, types: int) -> None:
        super().__init__()
        self.encoder, self._types = encoder, types
        self.head = nn.Linear(hidden, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def logits(self, **inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, S) of starts and of ends, −∞ at padding."""
        if self._types < 2:
            inputs.pop("token_type_ids", None)
        rows = self.head(self.encoder(**inputs).last_hidden_state).float()
        rows = rows.masked_fill(inputs["attention_mask"].unsqueeze(-1) == 0, -1e4)
        return rows[..., 0], rows[..., 1]

    def forward(self, inputs: dict[str, torch.Tensor], starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        left, right = self.logits(**inputs)
        return (cross_entropy(left, starts) + cross_entropy(right, ends)) / 2


def collate_windows(batch: Sequence[Labelled], padding: int) -> dict[str, Any]:
    windows = [window for window, _, _ in batch]
    inputs = pad([window.ids for window in windows], padding)
    inputs["token_type_ids"] = pad([window.types for window in windows], 0)["input_ids"]
    starts, ends = (torch.tensor([row[column] for row in batch]) for column in (1, 2))
    return {"inputs": inputs, "starts": starts, "ends": ends}


def label_rows(rows: Sequence[SpanRow], tokenizer: Any, *, max_tokens: int) -> list[Labelled]:
    """Every window of every row."""
    made = []
    for row in rows:
        for window in make_windows(tokenizer, row.question, row.context, max_tokens=max_tokens):
            end = row.start + len(row.answers[0]) if row.answers else 0
            made.append((window, *(label(window, row.start, end) if row.answers else (0, 0))))
    return made


def run_span(config: FinetuneConfig, *, store: ModelStore, folder: Path, progress: Progress) -> dict[str, Any]:
    """Train, save and export; an interrupted run goes on from its last checkpoint.

    Returns:
        What `run.json` holds: also `metrics` of the exported int8 model on the held-out rows, and the `threshold` of
        the margin above which an answer is taken.

    Raises:
        UsageError, NotFound, UnusableInput, BackendError: see `load_part`, `find_encoder`, `fit`.
    """
    set_seed(config.seed)
    source = find_encoder(config, store=store)
    part = load_part(config, NAMES, NEEDED, make_span_row)
    device = choose_place(config)
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    room = min(MAX_TOKENS, config.max_tokens, source.bert.max_length)
    train, valid = (label_rows(rows, tokenizer, max_tokens=room) for rows in (part.train, part.valid))
    module = SpanNetwork(load_encoder(source, config), source.bert.hidden, source.bert.types)
    trainable = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    about = describe(config, part, base_folder=source.path.name, device=device, trainable=trainable)
    check_same_data(folder, about)
    write_about(folder, about)
    collate = partial(collate_windows, padding=padding_of(module.encoder))
    about |= fit(
        module, config, train=train, valid=valid, collate=collate, lengths=[len(row[0].ids) for row in train],
        grouped=True, device=device, folder=folder, progress=progress,
    )  # fmt: skip
    about |= {
        name: _rounded(mean_loss(module, rows, collate, batch=config.batch))
        for name, rows in (("train_nll", train[:200]), ("valid_nll", valid))
    }
    head = {f"qa_outputs.{name}": value.detach().cpu().clone() for name, value in module.head.state_dict().items()}
    save_delta(module.encoder, config, folder, more=head)
    save_encoder(module.encoder, source, folder, more=head)
    about |= {
        "windows": len(train),
        **measure_span(open_onnx(str(folder.resolve()), store=store, threads=config.threads), part, folder),
        **finished(),
    }
    write_about(folder, about)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    if about["metrics"]:
        progress.note(_told(about))
    return about


def measure_span(reader: OnnxReader, part: Part[SpanRow], folder: Path) -> dict[str, Any]:
    """`metrics` of the held-out rows, and the `threshold` that suits the rows that were learnt.

    `em` and `f1` are of all rows, `em_ko` and such of those with an answer; `answered` is the share of rows with an
    answer that get one, `no_answer_accuracy` the share of the others that get none.

    With rows that have no answer among both, the threshold is the margin that answers most learnt rows rightly;
    without such rows it is −∞ (None): always an answer.
    """
    threshold = _threshold(reader, part.train[:300])
    rows: dict[str, list[float]] = {}
    told = []
    for row in part.valid:
        span = reader.find(row.question, [row.context])
        answer = span.answer if span and (threshold is None or span.margin > threshold) else ""
        language = detect_language(row.question)
        scores = dict(zip(("em", "f1"), em_and_f1(answer, row.answers, language), strict=True))
        for name, value in scores.items():
            rows.setdefault(name, []).append(value)
            if row.answers:
                rows.setdefault(f"{name}_{language}", []).append(value)
        decided = "answered" if row.answers else "no_answer_accuracy"
        rows.setdefault(decided, []).append(float(bool(answer) == bool(row.answers)))
        told.append({"question": row.question, "right": row.answers, "answer": answer, **scores,
                     "margin": round(span.margin, 3) if span else None})  # fmt: skip
    write_held_out(folder, told)
    return {"metrics": figures(rows), "threshold": threshold}


def _threshold(reader: OnnxReader, rows: Sequence[SpanRow]) -> float | None:
    if all(row.answers for row in rows):
        return None
    found = [(span, row) for row in rows if (span := reader.find(row.question, [row.context]))]
    gains = sorted(((span.margin, _gain(span, row)) for span, row in found), key=lambda pair: -pair[0])
    best, total, threshold = 0.0, 0.0, gains[0][0] if gains else 0.0
    for place, (margin, gain) in enumerate(gains):
        total += gain
        if total > best:
            following = gains[place + 1][0] if place + 1 < len(gains) else margin - 2
            best, threshold = total, (margin + following) / 2
    return round(threshold, 4)


def _gain(span: Span, row: SpanRow) -> float:
    """What answering is worth against saying nothing."""
    return em_and_f1(span.answer, row.answers, detect_language(row.question))[1] if row.answers else -1.0


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _told(about: dict[str, Any]) -> str:
    em, f1 = about["metrics"]["em"], about["metrics"]["f1"]
    return translate(
        "Held out: EM {em:.3f} [{em_low:.3f}, {em_high:.3f}], F1 {f1:.3f} [{f1_low:.3f}, {f1_high:.3f}], {count} rows.",
        em=em[0], em_low=em[1], em_high=em[2], f1=f1[0], f1_low=f1[1], f1_high=f1[2], count=about["held_out"],
    )  # fmt: skip
