"""Questions in one language on documents in the other: what is found, answered and refused, with 95 % intervals.

    python benchmarks/cross_lingual.py [--modes dense,lexical,hybrid] [--half report] [--json FILE]

Reads the project's own set, `tests/retrieve/sets/cross_*.jsonl`: 72 documents, half Korean and half English, in one
library. Each has a question in either language, and 36 have a question in either language that they do not answer.
The even ones of the documents were used to choose constants, figures are told for the odd ones.

answered: the document's sentence with the answer is quoted. refused: the question has no answer, though a document
near to it is there. absent: the question is refused in a library of the other half of the documents, where its own is
missing. No chat model is used: this measures what decides before one writes.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from answers import interval, read_rows

import ondol
from ondol.answer.ask import ask
from ondol.ingest.records import RecordKeys
from ondol.library.library import Library
from ondol.retrieve.search import RetrieveConfig, search_library
from ondol.settings import load_settings

SETS = Path(__file__).parent.parent / "tests" / "retrieve" / "sets"
HALVES = {"choose": (0,), "report": (1,), "all": (0, 1)}
COLUMNS = ("hit@1", "hit@5", "nDCG@10", "answered", "refused", "absent")
Row = dict[str, str]


def half_of(document_id: str) -> int:
    """0 for even documents, 1 for odd ones."""
    return int(document_id.removeprefix("c")) % 2


def rank_of(library: Library, row: Row, mode: str) -> float:
    """Of its document among the documents found, counted from 1; infinite below ten."""
    hits = search_library(library, row["question"], RetrieveConfig(k=20, mode=mode)).hits
    names = list(dict.fromkeys(hit.metadata["document_id"] for hit in hits))[:10]
    return names.index(row["document_id"]) + 1 if row["document_id"] in names else math.inf


def measure(library: Library, other: Library, row: Row, mode: str) -> Iterator[tuple[str, float]]:
    """Column and value of one question; `other` is the library without its document."""
    retriever = ondol.make_retriever(library, RetrieveConfig(mode=mode))
    silent = ondol.open_model("fake:Nothing of that.")
    answer = ask(row["question"], retriever, silent)
    if not row["answer"]:
        yield "refused", answer.abstained
        return
    rank = rank_of(library, row, mode)
    yield from (("hit@1", rank <= 1), ("hit@5", rank <= 5), ("nDCG@10", 1 / math.log2(1 + rank)))
    told = (c for c in answer.citations if c.document_id == row["document_id"])
    yield "answered", any(row["answer"] in citation.quote for citation in told)
    missing = ondol.make_retriever(other, RetrieveConfig(mode=mode))
    yield "absent", ask(row["question"], missing, silent).abstained


def make_library(folder: Path, name: str, documents: list[Row]) -> Library:
    records = folder / f"{name}.jsonl"
    records.write_text("".join(json.dumps(row) + "\n" for row in documents), encoding="utf-8")
    library = ondol.open_library(folder, name, create=True)
    ondol.add_documents(library, [str(records)], records=RecordKeys())
    return library


def report(mode: str, found: dict[tuple[str, str], dict[str, list[float]]]) -> None:
    print(f"\nmode {mode}")
    print("| question → document |" + "".join(f" {column} |" for column in COLUMNS))
    print("| --- |" + " --- |" * len(COLUMNS))
    for (asked, told), columns in sorted(found.items()):
        cells = "".join(f" {interval([float(v) for v in columns[column]])} |" for column in COLUMNS)
        print(f"| {asked} → {told} |{cells}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--modes", default="dense,lexical,hybrid")
    arguments.add_argument("--half", choices=HALVES, default="report")
    arguments.add_argument("--json", type=Path, help="write the figures of every question here")
    chosen = arguments.parse_args()
    documents = read_rows(SETS / "cross_documents.jsonl")
    language = {row["id"]: row["language"] for row in documents}
    told = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").symlink_to((load_settings().home / "models").resolve())
        whole = make_library(folder, "all", documents)
        parts = [
            make_library(folder, f"half-{n}", [row for row in documents if half_of(row["id"]) == n]) for n in (0, 1)
        ]
        for mode in chosen.modes.split(","):
            found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
            for row in read_rows(SETS / "cross_questions.jsonl"):
                half = half_of(row["document_id"])
                if half not in HALVES[chosen.half]:
                    continue
                pair = row["language"], language[row["document_id"]]
                for column, value in measure(whole, parts[1 - half], row, mode):
                    found[pair][column].append(float(value))
                    told.append({"id": row["id"], "mode": mode, "pair": pair, "column": column, "value": float(value)})
            report(mode, found)
        for library in (whole, *parts):
            library.close()
    if chosen.json:
        chosen.json.write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
