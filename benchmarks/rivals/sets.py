"""Passages and questions of the four libraries, written so that every system reads the same files.

| set | passages | questions |
| --- | --- | --- |
| `ko-1.5k` | TyDi QA Korean, 1,256 | its own |
| `en-1.5k` | TyDi QA English, 1,508 | its own |
| `ko-5k` | the same Korean ones among a statute, a notice, dishes, and small talk up to 5,000 | those of `ko-1.5k` |
| `en-5k` | SciFact, 5,183 abstracts | claims of its train part |

Questions are shuffled by id (seed 13); the second half is used here, the first is for choices.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SMALL_TALK = 3  # pairs a passage: a single one has 30 characters, less than any passage worth searching
FULL = 5000
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    text: str
    right: frozenset[str]
    """Ids of the passages that answer it."""


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    passages: list[Row]
    """Each with `id`, `title` (may be empty) and `text`."""
    questions: list[Question]


def load_set(name: str, data: Path, *, questions: int, limit: int = 0) -> Set:
    """The set `name`; with a limit, that many passages, and only questions whose passages are among them."""
    read_passages, read_questions = SETS[name]
    rows = [{key: str(row.get(key) or "") for key in ("id", "title", "text")} for row in read_passages(data)]
    rows = [row for row in rows if row["text"].strip()][: limit or None]
    known = {row["id"] for row in rows}
    asked = sorted((q for q in read_questions(data) if q.right <= known), key=lambda question: question.id)
    random.Random(13).shuffle(asked)
    return Set(name, rows, asked[len(asked) // 2 :][:questions])


def sample(rows: list[Row], size: int) -> list[Row]:
    """Passages at even distances."""
    return rows[:: max(1, len(rows) // size)][:size]


def write_rows(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read_rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tydiqa(language: str) -> tuple:
    folder = f"tydiqa_{language}"

    def questions(data: Path) -> Iterator[Question]:
        for row in read_rows(data / folder / "questions_train.jsonl"):
            yield Question(row["id"], row["question"], frozenset([row["context_id"]]))

    return lambda data: read_rows(data / folder / "contexts_train.jsonl"), questions


def korean_passages(data: Path) -> list[dict]:
    rows = tydiqa("ko")[0](data) + read_rows(data / "autorag_ko" / "corpus.jsonl")
    rows += read_rows(data / "labor_act" / "articles.jsonl")
    with (data / "korean_food" / "food.csv").open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            rows.append({"id": f"food-{number}", "title": row["음식이름"], "text": row["음식설명"]})
    with (data / "chatbot_ko" / "ChatbotData.csv").open(encoding="utf-8-sig", newline="") as file:
        pairs = [f"{row['Q']} {row['A']}" for row in csv.DictReader(file)]
    for start in range(0, SMALL_TALK * (FULL - len(rows)), SMALL_TALK):
        rows.append({"id": f"talk-{start}", "text": "\n".join(pairs[start : start + SMALL_TALK])})
    return rows


def scifact_passages(data: Path) -> list[dict]:
    return [{**row, "id": row["_id"]} for row in read_rows(data / "scifact" / "corpus.jsonl")]


def scifact_questions(data: Path) -> Iterator[Question]:
    lines = (data / "scifact" / "qrels_train.tsv").read_text(encoding="utf-8").splitlines()[1:]
    right: dict[str, set[str]] = {}
    for query, passage, score in map(str.split, lines):
        if int(score) > 0:
            right.setdefault(query, set()).add(passage)
    for row in read_rows(data / "scifact" / "queries_train.jsonl"):
        if row["_id"] in right:
            yield Question(row["_id"], row["text"], frozenset(right[row["_id"]]))


SETS = {
    "ko-1.5k": tydiqa("ko"),
    "en-1.5k": tydiqa("en"),
    "ko-5k": (korean_passages, tydiqa("ko")[1]),
    "en-5k": (scifact_passages, scifact_questions),
}
