"""How large chunks should be: nDCG@10 and answer recall by size, overlap and structure, with 95 % intervals.

    python benchmarks/chunking.py --data ../shared/data [--sets labor_act …] [--configs 400/48 256/48 …]
    python benchmarks/chunking.py --table [--base 400/48]

Documents come in through ondol's own `add`, every setting in a collection of its own, and are searched as by `search`.
A setting is `max_tokens/overlap_tokens`, with `/min_tokens` or `/flat` behind it: flat takes a document as one section,
whatever its headings. Embeddings are kept by text (`--cache`) and results by question (`--results`), so that a run that
was stopped goes on where it was; `--table` prints what there is. `--skip 200`, with another file of results, asks
questions that no setting was chosen on.

nDCG@10 ranks passages: a chunk stands for the passages that it overlaps, which favours large chunks. answer@5: the
answer stands whole in one of the first five chunks, which favours them too. answer@1600: it stands in the first chunks
that fit into 1,600 tokens together, which is what a prompt pays, and decides between sizes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from chunking_sets import SETS, TYDIQA, Asked, Set
from chunking_table import BUDGET, DEFAULT, print_tables

from ondol.assemble import open_embeddings, open_vector_store
from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.evaluate.metrics import ndcg, rank_documents
from ondol.ingest import split
from ondol.ingest.add import add_documents
from ondol.ingest.records import RecordKeys
from ondol.ingest.sections import Section
from ondol.ingest.split import SplitConfig
from ondol.lexical.morphemes import Morphemes
from ondol.library.library import Library
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library
from ondol.settings import load_settings

SPEC = "onnx:multilingual-e5-small"
HITS = 30
"""Chunks a question; 13 of 128 tokens fill a prompt, and ten passages are ranked."""
CLAIMS = 125
"""Of each half of SciFact, whose abstracts are the longest to embed."""
LONG = ["labor_act", "autorag_ko", "tydiqa_ko", "tydiqa_en"]
MD = ["tydiqa_ko_md", "tydiqa_en_md"]
SWEEP = "400/48 256/48 200/48 128/48 256/0 320/48 400/0 200/0 480/48 400/96 128/0 480/0".split()
MARKED = "400/48 200/48 256/48 400/48/flat 200/48/flat 256/48/flat 128/48 128/48/flat".split()
PLAN = [
    *((name, config) for config in SWEEP[:4] for name in LONG),
    *(("labor_act", config) for config in (*MARKED, "400/48/16", "400/48/100", "400/48/200")),
    *(("scifact", config) for config in ("400/48", "200/48")),
    *((name, config) for config in MARKED[:3] for name in MD),
    ("scifact", "256/48"),
    *((name, config) for config in SWEEP for name in LONG),
    *((name, config) for config in MARKED for name in MD),
    *((name, config) for config in SWEEP for name in ("scifact", *TYDIQA[4:])),
]
"""The comparisons that say most come first."""


@dataclass(frozen=True, slots=True)
class Setting:
    config: SplitConfig
    flat: bool = False

    @classmethod
    def read(cls, name: str) -> Setting:
        size, overlap, *rest = name.split("/")
        least = next((int(part) for part in rest if part.isdecimal()), SplitConfig().min_tokens)
        config = SplitConfig(max_tokens=int(size), overlap_tokens=int(overlap), min_tokens=least)
        return cls(config, flat="flat" in rest)


class KeptEmbeddings(TextEmbeddings):
    """An embedder that embeds a text once, ever."""

    def __init__(self, inner: TextEmbeddings, path: Path) -> None:
        self._inner, self.fingerprint, self.max_tokens = inner, inner.fingerprint, inner.max_tokens
        self._db = sqlite3.connect(path)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (name TEXT PRIMARY KEY, vector BLOB)")
        self.embedded = 0

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        names = [hashlib.sha256(f"{self.fingerprint.digest} {role} {text}".encode()).hexdigest() for text in texts]
        known = {name: self._read(name) for name in names}
        new = {name: text for name, text in zip(names, texts, strict=True) if known[name] is None}
        if new:
            known |= dict(zip(new, self._inner.embed_array(list(new.values()), role), strict=True))
            with self._db:
                rows = [(name, known[name].tobytes()) for name in new]
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            self.embedded += len(new)
        return np.stack([known[name] for name in names])

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return self._inner.token_offsets(text)

    def _read(self, name: str) -> Matrix | None:
        row = self._db.execute("SELECT vector FROM vectors WHERE name = ?", [name]).fetchone()
        return np.frombuffer(row[0], np.float32) if row else None


@contextmanager
def whole_documents() -> Iterator[None]:
    """Split without headings and articles."""
    found = split.find_sections

    def one(parsed: Any, *_: object, **__: object) -> list[Section]:
        return [Section(0, len(parsed.text), ())]

    split.find_sections = one
    try:
        yield
    finally:
        split.find_sections = found


def fill(library: Library, chosen: Set, folder: Path, setting: Setting) -> dict[str, str]:
    """Add the documents; returns the document of the set for every document id."""
    records = None if chosen.suffix else RecordKeys()
    paths = chosen.write(folder)
    if setting.flat:
        with whole_documents():
            add_documents(library, paths, config=setting.config, records=records)
    else:
        add_documents(library, paths, config=setting.config, records=records)
    rows = library.source_rows()
    return {row["document_id"]: Path(row["source"]).stem if chosen.suffix else row["document_id"] for row in rows}


def measure(asked: Asked, chosen: Set, hits: list[Any], count: Any) -> dict[str, float | None]:
    """Measures of one question; `hits` are (document, start, end, text), best first."""
    names: list[str] = []
    for document, start, end, _ in hits:
        shared = {name: min(end, last) - max(start, first) for name, first, last in chosen.passages[document]}
        covered = sorted((name for name in shared if shared[name] > 0), key=lambda name: -shared[name])
        names += [name for name in covered if name in asked.right] or covered[:1]
    sizes = np.cumsum([count(text) for *_, text in hits])
    holds = [
        any(doc == where and start <= first and last <= end for where, first, last in asked.answers)
        for doc, start, end, _ in hits
    ]
    fits = max(1, int((sizes <= BUDGET).sum()))
    return {
        "ndcg@10": ndcg(rank_documents(names), dict.fromkeys(asked.right, 1.0), 10),
        "answer@5": float(any(holds[:5])) if asked.answers else None,
        f"answer@{BUDGET}": float(any(holds[:fits])) if asked.answers else None,
        "tokens@5": float(sizes[:5][-1]) if hits else 0.0,
    }


def run(chosen: Set, name: str, embeddings: KeptEmbeddings, morphemes: Morphemes, modes: list[str]) -> Iterator[dict]:
    with tempfile.TemporaryDirectory() as place:
        library = Library.open(
            Path(place), "main", create=True, embeddings=SPEC, store="faiss", morphemes=morphemes,
            open_embeddings=lambda _: embeddings,
            open_store=lambda store, embedder, where: open_vector_store(store, embedder, where=where),
        )  # fmt: skip
        with library:
            documents = fill(library, chosen, Path(place), Setting.read(name))
            chunks = library.state()["chunks"]
            for mode in modes:
                for asked in chosen.asked:
                    found = search_library(library, asked.text, RetrieveConfig(k=HITS, mode=mode)).hits
                    hits = [
                        (documents[hit.metadata["document_id"]], hit.metadata["start"], hit.metadata["end"],
                         hit.page_content) for hit in found
                    ]  # fmt: skip
                    told = measure(asked, chosen, hits, embeddings.count_tokens)
                    row = {"set": chosen.name, "config": name, "mode": mode, "id": asked.id, "half": asked.half}
                    yield {**row, "chunks": chunks, **told}


def main() -> None:
    options = read_options()
    done = [json.loads(line) for line in options.results.open(encoding="utf-8")] if options.results.exists() else []
    if not options.table:
        settings = replace(load_settings(), threads=options.threads)
        embeddings = KeptEmbeddings(open_embeddings(SPEC, settings=settings), options.cache)
        morphemes, known = Morphemes(), {(row["set"], row["config"]) for row in done}
        plan = [(name, config) for name in options.sets or [] for config in options.configs or SWEEP] or PLAN
        for name, config in dict.fromkeys(plan):
            if (name, config) in known or (options.configs and config not in options.configs):
                continue
            started, before = time.perf_counter(), embeddings.embedded
            count = min(options.questions, CLAIMS) if name == "scifact" else options.questions
            chosen = SETS[name](options.data, slice(options.skip, options.skip + count))
            rows = list(run(chosen, config, embeddings, morphemes, options.modes))
            with options.results.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            done += rows
            took = f"{time.perf_counter() - started:.0f} s, {embeddings.embedded - before} texts embedded"
            print(f"{name} {config}: {rows[0]['chunks']} chunks, {took}", file=sys.stderr, flush=True)
    print_tables(done, options.base)


def read_options() -> argparse.Namespace:
    kept = Path(__file__).parent.parent / ".cache"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", nargs="+", choices=SETS)
    parser.add_argument("--configs", nargs="+", help="such as 256/48, 256/0/16 or 400/48/flat")
    parser.add_argument("--modes", nargs="+", default=["hybrid", "dense"])
    parser.add_argument("--questions", type=int, default=200, help="of each half of each set")
    parser.add_argument("--skip", type=int, default=0, help="questions of each half before them, for fresh ones")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=kept / "chunking.db")
    parser.add_argument("--results", type=Path, default=kept / "chunking.jsonl")
    parser.add_argument("--base", default=DEFAULT, help="the setting that others are compared with")
    parser.add_argument("--table", action="store_true", help="print what was measured before")
    options = parser.parse_args()
    for path in (options.cache, options.results):
        path.parent.mkdir(parents=True, exist_ok=True)
    return options


if __name__ == "__main__":
    main()
