"""An embedder taught by questions and their passages; what comes out opens as `onnx:FOLDER`.

The loss is sentence-transformers' MultipleNegativesRankingLoss, number for number where no passage stands twice in a
batch; its trainer is not used because it needs the `datasets` package.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import set_seed

from ondol.embeddings.bert_folder import BertFolder
from ondol.embeddings.onnx import open_onnx
from ondol.errors import UnusableInput
from ondol.finetune.columns import NAMES as CHAT_NAMES
from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.encoders.columns import Part, load_part, text_of
from ondol.finetune.encoders.encoder import (
    choose_place,
    find_encoder,
    load_encoder,
    pad,
    padding_of,
    pool,
    save_encoder,
)
from ondol.finetune.encoders.mining import Matrix, measure_retrieval, mine_negatives
from ondol.finetune.encoders.outcome import describe, figures, finished, verdict, write_held_out
from ondol.finetune.encoders.trainer import fit, mean_loss
from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.folder import CHECKPOINTS, write_about
from ondol.finetune.start import check_same_data
from ondol.lang import nfc, translate
from ondol.model_store.store import ModelStore
from ondol.progress import Progress

NAMES = {
    "question": f"{CHAT_NAMES['question']} anchor",
    "passage": f"passage positive context document {CHAT_NAMES['answer']} 지문 문맥 문단 문서 본문 설명 음식설명",
    "negative": "negative hardnegative negatives 부정 오답",
}
NEEDED = ("question", "passage")
SCALES = {"query: ": 100.0}
"""What cosines are multiplied with, by the prefix of questions: E5 was trained at a temperature of 0.01."""
SCALE = 20.0
LONGEST = 256
"""Tokens of a passage that are learnt from."""


@dataclass(frozen=True, slots=True)
class PairRow:
    question: str
    passage: str
    negative: str
    example: Example


@dataclass(frozen=True, slots=True)
class Pair:
    """Token ids with prefixes, and which passage it is."""

    question: list[int]
    passage: list[int]
    negative: list[int]
    number: int
    """The same for the same passage."""


def make_pair_row(values: Mapping[str, Any], where: str, source: DataSource) -> PairRow:  # noqa: ARG001
    question, passage = text_of(values.get("question")), text_of(values.get("passage"))
    if not question or not passage:
        raise UnusableInput("the question or its passage is empty")
    return PairRow(question, passage, text_of(values.get("negative")), ask_and_answer(question, passage, where=where))


class PairNetwork(nn.Module):  # type: ignore[misc]
    def __init__(self, encoder: Any, pooling: str, scale: float) -> None:
        super().__init__()
        self.encoder, self._pooling, self._scale = encoder, pooling, scale

    def embed(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """(B, S) → (B, H) of length 1."""
        return pool(self.encoder(**inputs).last_hidden_state, inputs["attention_mask"], self._pooling)

    def forward(
        self, questions: dict[str, torch.Tensor], passages: dict[str, torch.Tensor], same: torch.Tensor
    ) -> torch.Tensor:
        """Each question against all passages of the batch; `same` (B, P) marks copies of its own."""
        scores = self._scale * self.embed(questions) @ self.embed(passages).T
        return cross_entropy(scores.masked_fill(same, -torch.inf), torch.arange(len(scores), device=scores.device))


def collate_pairs(batch: Sequence[Pair], padding: int) -> dict[str, Any]:
    """The negatives of all rows stand behind their passages."""
    numbers = torch.tensor([pair.number for pair in batch])
    hard = [pair for pair in batch if pair.negative]
    same = (numbers[:, None] == numbers[None]) & ~torch.eye(len(batch), dtype=torch.bool)
    return {
        "questions": pad([pair.question for pair in batch], padding),
        "passages": pad([*(pair.passage for pair in batch), *(pair.negative for pair in hard)], padding),
        "same": torch.cat([same, torch.zeros(len(batch), len(hard), dtype=torch.bool)], 1),
    }


def encode_pairs(rows: Sequence[PairRow], tokenizer: Any, source: BertFolder, *, max_tokens: int) -> list[Pair]:
    numbers: dict[str, int] = {}

    def ids(prefix: str, text: str) -> list[int]:
        made: list[int] = tokenizer.encode(prefix + nfc(text)).ids
        return made if len(made) <= max_tokens else [*made[: max_tokens - 1], made[-1]]

    return [
        Pair(
            ids(source.query_prefix, row.question), ids(source.passage_prefix, row.passage),
            ids(source.passage_prefix, row.negative) if row.negative else [],
            numbers.setdefault(row.passage, len(numbers)),
        )
        for row in rows
    ]  # fmt: skip


def run_embedder(
    config: FinetuneConfig, *, store: ModelStore, folder: Path, progress: Progress, passages: Sequence[str] = ()
) -> dict[str, Any]:
    """Train, export, and measure the int8 models before and after on the held-out questions.

    Args:
        passages: of a library; hard negatives are looked for among them too.

    Returns:
        What `run.json` holds: also `before`, `metrics` (with intervals), `verdicts` and `parity`.

    Raises:
        UsageError, NotFound, UnusableInput, BackendError: see `load_part`, `find_encoder`, `fit`.
    """
    set_seed(config.seed)
    source = find_encoder(config, store=store)
    part = load_part(config, NAMES, NEEDED, make_pair_row)
    device = choose_place(config)
    base = open_onnx(str(source.path.resolve()), store=store, threads=config.threads, progress=progress)
    part.train = add_negatives(part.train, base.embed_array, passages)
    tokenizer = load_tokenizer(source)
    room = min(LONGEST, config.max_tokens, source.bert.max_length)
    train, valid = (encode_pairs(rows, tokenizer, source, max_tokens=room) for rows in (part.train, part.valid))
    module = PairNetwork(load_encoder(source, config), source.pooling, SCALES.get(source.query_prefix, SCALE))
    trainable = sum(weight.numel() for weight in module.parameters() if weight.requires_grad)
    about = describe(config, part, base_folder=source.path.name, device=device, trainable=trainable)
    check_same_data(folder, about)
    write_about(folder, about)
    collate = partial(collate_pairs, padding=padding_of(module.encoder))
    about["base_valid_nll"] = mean_loss(module.to(device), valid, collate, batch=config.batch)
    about |= fit(
        module, config, train=train, valid=valid, collate=collate, grouped=False, device=device, folder=folder,
        lengths=[len(pair.question) + len(pair.passage) + len(pair.negative) for pair in train], progress=progress,
    )  # fmt: skip
    for name, rows in (("train_nll", train[:200]), ("valid_nll", valid)):
        about[name] = mean_loss(module, rows, collate, batch=config.batch)
    texts = [row.passage for row in (part.valid or part.train)[:50]]
    exact = embed_exactly(module, tokenizer, source, texts)
    target = save_encoder(module.encoder, source, folder, more={}).resolve()
    taught = open_onnx(str(target), store=store, threads=config.threads)
    about["parity"] = round(float((exact * taught.embed_array(texts, "passage")).sum(1).min()), 6)
    about |= {
        "embeddings": f"onnx:{target}",
        **_measure(part, base.embed_array, taught.embed_array, folder),
        **finished(),
    }
    write_about(folder, about)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    _tell(about, len(texts), progress)
    return about


def add_negatives(rows: list[PairRow], embed: Any, passages: Sequence[str] = ()) -> list[PairRow]:
    """A mined negative for every row that brings none."""
    if all(row.negative for row in rows):
        return rows
    pairs = [(row.question, row.passage) for row in rows]
    mined = mine_negatives(pairs, [*(passage for _, passage in pairs), *passages], embed)
    return [
        row if row.negative or not found else replace(row, negative=found[0])
        for row, found in zip(rows, mined, strict=True)
    ]


def load_tokenizer(source: BertFolder) -> Any:
    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@torch.no_grad()  # type: ignore[untyped-decorator]
def embed_exactly(
    module: PairNetwork, tokenizer: Any, source: BertFolder, texts: Sequence[str],
    role: Literal["query", "passage"] = "passage",
) -> Matrix:  # fmt: skip
    """The vectors in float32, (N, H): what the exported ones are compared with."""
    module.eval()
    prefix = source.query_prefix if role == "query" else source.passage_prefix
    device, vectors = next(module.parameters()).device, []
    for text in texts:
        ids = tokenizer.encode(prefix + nfc(text)).ids
        ids = ids if len(ids) <= source.bert.max_length else [*ids[: source.bert.max_length - 1], ids[-1]]
        inputs = {name: value.to(device) for name, value in pad([ids], 0).items()}
        vectors.append(module.embed(inputs)[0].cpu().numpy())
    return np.stack(vectors)


def _measure(part: Part[PairRow], before: Any, after: Any, folder: Path) -> dict[str, Any]:
    pairs = [(row.question, row.passage) for row in part.valid]
    passages = [row.passage for row in part.valid]
    first, second = (measure_retrieval(pairs, passages, embed) for embed in (before, after))
    write_held_out(folder, [
        {"question": question, "before": {name: first[name][place] for name in first},
         "after": {name: second[name][place] for name in second}}
        for place, (question, _) in enumerate(pairs)
    ])  # fmt: skip
    verdicts = {name: verdict(first[name], second[name]) for name in first} if pairs else {}
    return {"before": figures(first), "metrics": figures(second), "verdicts": verdicts}


def _tell(about: dict[str, Any], count: int, progress: Progress) -> None:
    progress.note(translate(
        "int8 against float32: cosine {cosine:.4f} at least, over {count} passages.", cosine=about["parity"],
        count=count,
    ))  # fmt: skip
    for name, found in about["verdicts"].items():
        progress.note(translate(
            "{metric}: {before:.3f} → {after:.3f}, difference {value:+.3f} [{low:+.3f}, {high:+.3f}]: {verdict}",
            metric=name, before=about["before"][name][0], after=about["metrics"][name][0], value=found["difference"][0],
            low=found["difference"][1], high=found["difference"][2], verdict=translate(found["verdict"]),
        ))  # fmt: skip
    progress.note(translate("Use it with: ondol reindex --embeddings {spec}", spec=about["embeddings"]))
