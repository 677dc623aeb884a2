"""Questions, passages and who may learn from them: the sets a reader is made from, and how they are split."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 13
TEST, DEV = 0.3, 0.1
"""Of the passages that may be tested, and of all others."""
OWN = Path(__file__).parent / "questions"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    name: str
    passages: Path
    questions: Path
    tested: bool = False
    """Whether a part of it is held out to be tested; the others are only learnt."""


def find_sources(data: Path) -> list[Source]:
    """In the order in which they are drawn."""
    return [
        Source("tydiqa_ko", data / "tydiqa_ko/contexts_train.jsonl", data / "tydiqa_ko/questions_train.jsonl", True),
        Source("tydiqa_en", data / "tydiqa_en/contexts_train.jsonl", data / "tydiqa_en/questions_train.jsonl", True),
        Source("xquad_en", data / "xquad_en/contexts.jsonl", data / "xquad_en/questions.jsonl"),
        Source("labor_act", data / "labor_act/articles.jsonl", OWN / "labor_act.jsonl"),
        Source("own", OWN / "own_passages.jsonl", OWN / "own_questions.jsonl"),
    ]


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def split(source: Source, questions: list[Row]) -> dict[str, str]:
    """Passage → "test", "dev" or "train"; the same for every question of a passage.

    A passage is tested only if none of its questions is in the half that the search and the gate were fitted on
    (`benchmarks/answers.py`).
    """
    fitted = {row["context_id"] for row in first_half(questions)} if source.tested else set()
    sides = {}
    for name in dict.fromkeys(row["context_id"] for row in questions):
        drawn = chance(name)
        if source.tested and name not in fitted and drawn < TEST:
            sides[name] = "test"
        else:
            sides[name] = "dev" if 1 - drawn <= DEV else "train"
    return sides


def first_half(questions: list[Row]) -> list[Row]:
    ordered = sorted(questions, key=lambda row: row["id"])
    random.Random(SEED).shuffle(ordered)  # noqa: S311 - no secret
    return ordered[: len(ordered) // 2]


def chance(name: str) -> float:
    """0 to 1, the same for a name in every run."""
    return int.from_bytes(hashlib.sha256(f"{SEED}\0{name}".encode()).digest()[:8]) / 2**64
