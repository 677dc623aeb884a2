"""Questions with the five chunks that ondol's own search returns for them.

    .venv/bin/python recipes/reader/draw.py --data ../shared/data --out FOLDER

Writes `train.jsonl`, `dev.jsonl` and `test.jsonl`, split by passage, one row a question
`{"id","set","language","question","chunks","gold","start","answer","order"}`. `gold` is the place of the chunk that
holds the answer, -1 for the fifth of the questions whose passage was taken out of what was found; `start` counts in
that chunk. A question whose passage was not found gets it put in at a place of chance. `order` lists the places of the
chunks as `ondol ask` shows them to a model.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document
from sources import SEED, Row, Source, find_sources, read, split

from ondol.answer.evidence import find_evidence
from ondol.assemble import open_library
from ondol.ingest.add import add_documents
from ondol.ingest.records import RecordKeys
from ondol.lang import nfc
from ondol.library.filters import Filter
from ondol.library.library import Library
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.retriever import make_retriever
from ondol.settings import load_settings

CHUNKS, DEPTH = 5, 20
UNANSWERABLE = 0.2
KEPT = ("document_id", "title", "heading", "start", "end")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="questions of each set, to try")
    options = parser.parse_args()
    draw_all(options.data, options.out, limit=options.limit)


def draw_all(data: Path, out: Path, *, limit: int | None = None) -> None:
    """Sets that were drawn before are taken from their files."""
    out.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[Row]] = {"test": [], "dev": [], "train": []}
    for source in find_sources(data):
        drawn = out / f"drawn.{source.name}.jsonl"
        if not drawn.is_file():
            write(drawn, list(draw(source, limit)))
        for row in read(drawn):
            rows[row["side"]].append(row)
    tested = {row["question"] for row in rows["test"]}
    for side in ("dev", "train"):  # some questions were asked of two passages
        rows[side] = [row for row in rows[side] if row["question"] not in tested]
    for side, found in rows.items():
        write(out / f"{side}.jsonl", found)
        write_questions(data, out, side, found)
        told = sum(row["gold"] >= 0 for row in found)
        print(f"{side}: {len(found)} questions, {told} with their passage among the {CHUNKS} chunks")


def write_questions(data: Path, out: Path, side: str, found: list[Row]) -> None:
    """The same questions with all their answers, for `ondol evaluate answers`; each set has a library of its own."""
    names = {row["id"] for row in found}
    for source in find_sources(data):
        asked = [row for row in read(source.questions) if source.tested and row["id"] in names]
        if asked and side != "train":
            write(out / f"{side}.{source.name}.jsonl", asked)


def draw(source: Source, limit: int | None) -> Iterator[Row]:
    questions, sides = read(source.questions)[:limit], split(source, read(source.questions))
    passages = {row["id"]: row for row in read(source.passages)}
    luck = np.random.default_rng(SEED)
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to(load_settings().home / "models")
        with open_library(settings=load_settings(home=home), create=True) as library:
            add_documents(library, [source.passages], records=RecordKeys())
            retriever = make_retriever(library, RetrieveConfig(k=DEPTH, fetch=60))
            for question in questions:
                hits = [hit_row(hit) for hit in retriever.invoke(question["question"])]
                if row := make_row(question, passages, hits, library, luck):
                    language = question.get("language") or ("ko" if source.name.endswith("ko") else "en")
                    about = {"set": source.name, "side": sides[question["context_id"]], "language": language}
                    yield {**about, **row, "order": order_of(row, library)}


def make_row(
    question: Row, passages: dict[str, Row], hits: list[Row], library: Library, luck: np.random.Generator
) -> Row | None:
    """None where no chunk holds the whole answer, or a line breaks inside it."""
    name, answer = question["context_id"], nfc(question["answers"][0])
    text = nfc(passages[name]["text"])
    start = question["start"] if "start" in question else question.get("answer_starts", [text.find(answer)])[0]
    if not text.startswith(answer, start) or "\n" in answer:
        return None
    others = [hit for hit in hits if hit["document_id"] != name and answer not in hit["text"]]
    row = {"id": question["id"], "question": nfc(question["question"])}
    if luck.random() < UNANSWERABLE:
        return {**row, "chunks": others[:CHUNKS], "gold": -1, "start": -1, "answer": ""}
    holding = [hit for hit in hits if hit["document_id"] == name and holds(hit, start, answer)]
    right = holding[0] if holding else find_chunk(library, row["question"], name, start, answer)
    if right is None:
        return None
    place = hits.index(right) if right in hits[:CHUNKS] else int(luck.integers(CHUNKS))
    chunks = others[: CHUNKS - 1]
    place = min(place, len(chunks))
    chunks = [*chunks[:place], right, *chunks[place:]]
    return {**row, "chunks": chunks, "gold": place, "start": start - right["start"], "answer": answer}


def order_of(row: Row, library: Library) -> list[int]:
    """Places of the chunks, the one with the likeliest sentence first; those without a sentence come last."""
    names = {chunk["id"]: place for place, chunk in enumerate(row["chunks"])}
    asked = library.embeddings.embed_query(row["question"])
    cosines = library.vectors.cosines(asked, list(names))
    hits = [
        Document(id=name, page_content=row["chunks"][place]["text"],
                 metadata={**row["chunks"][place], "score": 0.0, "cosine": cosines.get(name, 0.0)})
        for name, place in names.items()
    ]  # fmt: skip
    shown = [names[str(item.hit.id)] for item in find_evidence(row["question"], hits, library.embeddings)]
    return list(dict.fromkeys([*shown, *names.values()]))


def hit_row(hit: Any) -> Row:
    return {"id": str(hit.id), **{name: hit.metadata.get(name) for name in KEPT}, "text": hit.page_content}


def holds(chunk: Row, start: int, answer: str) -> bool:
    inside = start - chunk["start"]
    return bool(inside >= 0 and chunk["text"].startswith(answer, inside))


def find_chunk(library: Library, question: str, name: str, start: int, answer: str) -> Row | None:
    """The chunk of the passage that holds the answer, where the search did not come so far."""
    within = make_retriever(library, RetrieveConfig(k=DEPTH, fetch=60, filter=Filter(source=(name,))))
    return next((row for row in map(hit_row, within.invoke(question)) if holds(row, start, answer)), None)


def write(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
