"""Examples for a reader: questions with the five chunks that ondol's own search returns for them.

    .venv/bin/python recipes/reader/make_examples.py --data ../shared/data --out FOLDER

Writes `train.jsonl`, `dev.jsonl` and `test.jsonl`, split by passage (a question goes with its passage; seed 13), one
row a question: `{"id","language","question","chunks","gold","start","answer"}`. `gold` is the place of the chunk that
holds the answer, -1 for the fifth of the questions whose passage was taken out of what was found; `start` counts in
that chunk. A question whose passage was not found gets it put in at a place of chance. Beside them `train.span.jsonl`
and `dev.span.jsonl` hold what `ondol finetune --kind span` learns: the right chunk, and the likeliest wrong one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ondol.assemble import open_library
from ondol.ingest.add import add_documents
from ondol.ingest.records import RecordKeys
from ondol.library.library import Library
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.retriever import make_retriever
from ondol.settings import load_settings

SETS = {"ko": "tydiqa_ko", "en": "tydiqa_en"}
SHARES = (("test", 0.15), ("dev", 0.1), ("train", 1.0))
SEED, CHUNKS, DEPTH = 13, 5, 20
UNANSWERABLE = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="questions of each language, to try")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name, _ in SHARES}
    for language, name in SETS.items():
        for side, row in examples_of(options.data / name, language, options.limit):
            rows[side].append(row)
    for side, found in rows.items():
        write(options.out / f"{side}.jsonl", found)
        if side != "test":
            write(options.out / f"{side}.span.jsonl", [span for row in found for span in spans_of(row)])
        told = sum(row["gold"] >= 0 for row in found)
        print(f"{side}: {len(found)} questions, {told} with their passage among the {CHUNKS} chunks")


def examples_of(folder: Path, language: str, limit: int | None) -> Any:
    """Rows with the side that each belongs to."""
    questions = read(folder / "questions_train.jsonl")[:limit]
    passages = {row["id"]: row["text"] for row in read(folder / "contexts_train.jsonl")}
    chance = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to(load_settings().home / "models")
        with open_library(settings=load_settings(home=home), create=True) as library:
            add_documents(library, [folder / "contexts_train.jsonl"], records=RecordKeys())
            retriever = make_retriever(library, RetrieveConfig(k=DEPTH, fetch=60))
            for question in questions:
                hits = [hit_row(hit) for hit in retriever.invoke(question["question"])]
                if row := make_row(question, passages, hits, library, language, chance):
                    yield side_of(question["context_id"]), row


def make_row(
    question: dict[str, Any], passages: dict[str, str], hits: list[dict[str, Any]], library: Library, language: str,
    chance: np.random.Generator,
) -> dict[str, Any] | None:  # fmt: skip
    """None where no chunk holds the whole answer."""
    name, answer, start = question["context_id"], question["answers"][0], question["answer_starts"][0]
    if not passages[name].startswith(answer, start):
        return None
    others = [hit for hit in hits if hit["document_id"] != name and answer not in hit["text"]]
    row = {"id": question["id"], "language": language, "question": question["question"]}
    if chance.random() < UNANSWERABLE:
        chunks = others[:CHUNKS]
        return {**row, "chunks": chunks, "gold": -1, "start": -1, "answer": ""}
    holding = [hit for hit in hits if hit["document_id"] == name and holds(hit, start, answer)]
    right = holding[0] if holding else find_chunk(library, name, start, answer)
    if right is None:
        return None
    place = hits.index(right) if right in hits[:CHUNKS] else int(chance.integers(CHUNKS))
    chunks = others[: CHUNKS - 1]
    place = min(place, len(chunks))
    chunks = [*chunks[:place], right, *chunks[place:]]
    return {**row, "chunks": chunks, "gold": place, "start": start - right["start"], "answer": answer}


def hit_row(hit: Any) -> dict[str, Any]:
    about = hit.metadata
    return {"document_id": about["document_id"], "start": about["start"], "end": about["end"], "text": hit.page_content}


def holds(chunk: dict[str, Any], start: int, answer: str) -> bool:
    return bool(chunk["start"] <= start and start + len(answer) <= chunk["end"])


def find_chunk(library: Library, name: str, start: int, answer: str) -> dict[str, Any] | None:
    shown = library.show(name)
    for chunk in shown["chunks"]:
        row = {"document_id": name, "start": chunk["start"], "end": chunk["end"]}
        if holds(row, start, answer):
            return {**row, "text": shown["text"][chunk["start"] : chunk["end"]]}
    return None


def side_of(passage: str) -> str:
    """The same for every question of a passage."""
    drawn = int.from_bytes(hashlib.sha256(f"{SEED}\0{passage}".encode()).digest()[:8]) / 2**64
    total = 0.0
    for side, share in SHARES:
        total += share
        if drawn < total:
            return side
    return SHARES[-1][0]


def spans_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The right chunk with its answer, and the first wrong one without."""
    spans = []
    for place, chunk in enumerate(row["chunks"]):
        right = place == row["gold"]
        if right or not any(not span["answers"] for span in spans):
            spans.append({
                "question": row["question"], "context": chunk["text"], "answers": [row["answer"]] if right else [],
                "answer_starts": [row["start"]] if right else [],
            })  # fmt: skip
    return spans


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
