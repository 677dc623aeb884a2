"""Questions, their passages and what a dense search finds for them, split so that nothing of one part is in another."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ondol.embeddings.contract import TextEmbeddings
from ondol.library.embedding_text import embedding_text

SETS = ("tydiqa_ko", "tydiqa_en")
SEED = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: str
    text: str
    answers: list[str]
    gold: int
    """Place of its passage."""
    part: str
    """`train`, `validation` or `held-out`: that of its passage, so a passage is never in two parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    name: str
    titles: list[str]
    passages: list[str]
    """Title and text, as ondol embeds a chunk."""
    parts: list[str]
    """Part of each passage."""
    questions: list[Question]

    def of(self, part: str) -> list[int]:
        """Places of the questions of one part."""
        return [place for place, question in enumerate(self.questions) if question.part == part]


def load_set(folder: Path) -> Set:
    """Half of the passages are held out; a fifth of the others is for choosing settings."""
    rows = _read(folder / "contexts_train.jsonl")
    asked = _read(folder / "questions_train.jsonl")
    places = {row["id"]: place for place, row in enumerate(rows)}
    order = sorted(places)
    random.Random(SEED).shuffle(order)  # noqa: S311 - a split, no secret
    half = len(order) // 2
    kinds = ["validation"] * (half // 5) + ["train"] * (half - half // 5) + ["held-out"] * (len(order) - half)
    part = dict(zip(order, kinds, strict=True))
    return Set(
        name=folder.name,
        titles=[row["title"] for row in rows],
        passages=[embedding_text(row["title"], "", row["text"]) for row in rows],
        parts=[part[row["id"]] for row in rows],
        questions=[
            Question(
                id=row["id"], text=row["question"], answers=row["answers"], gold=places[row["context_id"]],
                part=part[row["context_id"]],
            )
            for row in asked
        ],
    )  # fmt: skip


def dense_scores(data: Set, embeddings: TextEmbeddings, cache: Path) -> NDArray[np.float32]:
    """Cosines (questions, passages); the vectors are kept in `cache`, for 2,764 passages take minutes."""
    path = cache / f"{data.name}.npz"
    if not path.is_file():
        passages = embeddings.embed_array(data.passages, "passage")
        questions = embeddings.embed_array([question.text for question in data.questions], "query")
        np.savez(path, P=passages, Q=questions)
    with np.load(path) as found:
        scores: NDArray[np.float32] = found["Q"] @ found["P"].T
    return scores


def candidates(data: Set, scores: NDArray[np.float32], question: int, *, top: int, pool: tuple[str, ...]) -> list[int]:
    """The `top` passages of the parts in `pool` that the dense search puts first."""
    order = np.argsort(-scores[question], kind="stable")
    return [int(place) for place in order if data.parts[place] in pool][:top]


def negatives(data: Set, scores: NDArray[np.float32], question: int, *, top: int) -> list[int]:
    """What the dense search puts first and is wrong; passages of the same article with the answer in them are left out.

    They may well answer the question. Others that hold the answer's words ("Japan") stay: most do not answer it.
    """
    asked = data.questions[question]
    found = candidates(data, scores, question, top=top + 8, pool=("train",))
    return [
        place
        for place in found
        if place != asked.gold
        and not (
            data.titles[place] == data.titles[asked.gold]
            and any(answer in data.passages[place] for answer in asked.answers)
        )
    ][:top]


def _read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]
