"""How long a search takes and what it costs as a library grows: 1,000, 10,000 and 100,000 chunks.

    python benchmarks/search.py --data ../shared/data [--modes dense,lexical,hybrid] [--work FOLDER]

Real passages are added by ondol itself and real questions are asked. Chunks beyond them are made: half of the sentences
of one real passage and half of another's, with a vector that lies between theirs (taken from the mean of all, mixed a
and √(1 − a²) with a between 0.5 and 1, and a quarter of noise with the covariance of the real ones), so that words and
vectors agree. Every size is measured in a process of its own, after the models are loaded: milliseconds of one
question, memory above the models (`file`: pages of mapped files in it, which the system takes back when it needs
them), disk, and the time of `ondol search` from start to end. With --work the libraries stay and are used again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

import ondol
from ondol.assemble import open_vector_store
from ondol.embeddings.contract import TextEmbeddings
from ondol.ingest.records import RecordKeys
from ondol.library.embedding_text import embedding_text
from ondol.library.library import Library
from ondol.library.rows import Chunk, Draft, Piece, chunk_id
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library
from ondol.settings import load_settings

SETS = {
    "tydiqa_ko": ("contexts_train.jsonl", "questions_train.jsonl", RecordKeys(), "question"),
    "tydiqa_en": ("contexts_train.jsonl", "questions_train.jsonl", RecordKeys(), "question"),
    "scifact": ("corpus.jsonl", "queries_train.jsonl", RecordKeys(id="_id"), "text"),
}
REAL, SPEC = "real", "onnx:multilingual-e5-small"
PASSAGES = 4
"""Chunks in a made document."""
NOISE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sizes", type=lambda text: [int(n) for n in text.split(",")], default=[1000, 10_000, 100_000])
    parser.add_argument("--modes", default="dense,lexical,hybrid")
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--real", type=int, default=0, help="passages of each set; 0 takes all")
    parser.add_argument("--cold", type=int, default=3, help="runs of `ondol search`; 0 leaves them out")
    parser.add_argument("--work", type=Path, help="where the libraries stay; else they are thrown away")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        options.work = (options.work or Path(folder)).absolute()
        options.work.mkdir(parents=True, exist_ok=True)
        models = options.work / "models"
        if not models.exists():
            models.symlink_to((load_settings().home / "models").resolve())
        build(options)
        table(options)


# Building


class Prepared(TextEmbeddings):
    """The real embedder, with vectors at hand for passages whose vector is known."""

    def __init__(self, real: TextEmbeddings) -> None:
        self.real, self.fingerprint, self.max_tokens = real, real.fingerprint, real.max_tokens
        self.known: dict[bytes, np.ndarray] = {}

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return self.real.token_offsets(text)

    def embed_array(self, texts: Sequence[str], role: str) -> np.ndarray:
        if role == "query":
            return self.real.embed_array(texts, role)
        return np.stack([self.known[key(text)] for text in texts]).astype(np.float32)


def key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def open_prepared(work: Path, size: int, embedder: Prepared) -> Library:
    return Library.open(
        work, f"size-{size}", create=True, embeddings=SPEC, store="faiss",
        open_embeddings=lambda _spec: embedder,
        open_store=lambda name, embeddings, where: open_vector_store(name, embeddings, where=where),
    )  # fmt: skip


def build(options: argparse.Namespace) -> None:
    drafts, vectors = add_real(options)
    count = len(vectors)
    print(f"{count:,} real chunks of {len(drafts):,} passages", flush=True)
    embedder = Prepared(ondol.open_embeddings(SPEC))
    texts = [text for draft in drafts for text in embedded_texts(draft)]
    embedder.known = dict(zip(map(key, texts), vectors, strict=True))
    passages = [piece.text[c.start : c.end] for draft in drafts for piece in draft.pieces for c in piece.chunks]
    for size in options.sizes:
        start = time.perf_counter()
        with open_prepared(options.work, size, embedder) as library:
            if library.state()["chunks"] >= size:
                continue
            rng = random.Random(13)
            chosen = rng.sample(drafts, len(drafts)) if size < count else drafts
            real = list(take(chosen, size))
            write(library, real)
            missing = size - sum(len(draft.pieces[0].chunks) for draft in real)
            write(library, make_drafts(passages, vectors, missing, embedder))
            library.finish()
        print(f"{size:,} chunks written in {time.perf_counter() - start:.0f} s", flush=True)


def add_real(options: argparse.Namespace) -> tuple[list[Draft], np.ndarray]:
    """Every real passage as ondol splits and embeds it, and the vectors of all chunks in that order."""
    with ondol.open_library(options.work, REAL, create=True) as library:
        for name, (passages, _, keys, _) in SETS.items():
            lines = (options.data / name / passages).read_text(encoding="utf-8").splitlines()
            kept = options.work / f"{name}.jsonl"
            kept.write_text("\n".join(lines[: options.real or None]), encoding="utf-8")
            ondol.add_documents(library, [str(kept)], records=keys)
        drafts = [read_draft(library, row) for row in library.source_rows()]
        names = [name for draft in drafts for name in chunk_ids(draft)]
        vectors = library.vectors.vectors_of(names)
        return drafts, np.stack([vectors[name] for name in names])


def read_draft(library: Library, row: dict) -> Draft:
    shown = library.show(row["document_id"])
    chunks = [Chunk(c["start"], c["end"], c["heading"], c.get("tokens", 0)) for c in shown["chunks"]]
    return make_draft(row["document_id"], shown["title"], shown["text"], chunks)


def make_draft(name: str, title: str, text: str, chunks: list[Chunk]) -> Draft:
    return Draft(
        document_id=name, source=f"bench.jsonl#{name}", place=None, title=title, format="record", bytes=len(text),
        sha256=hashlib.sha256(text.encode()).hexdigest(), recipe="bench", pieces=[Piece(0, text, chunks)],
    )  # fmt: skip


def embedded_texts(draft: Draft) -> list[str]:
    (piece,) = draft.pieces
    return [embedding_text(draft.title, c.heading, piece.text[c.start : c.end]) for c in piece.chunks]


def chunk_ids(draft: Draft) -> list[str]:
    pairs = zip(draft.pieces[0].chunks, embedded_texts(draft), strict=True)
    return [chunk_id(draft.document_id, chunk, text) for chunk, text in pairs]


def take(drafts: Sequence[Draft], chunks: int) -> Iterator[Draft]:
    """Whole documents until there are so many chunks."""
    for draft in drafts:
        chunks -= len(draft.pieces[0].chunks)
        if chunks < 0:
            return
        yield draft


def make_drafts(passages: list[str], vectors: np.ndarray, count: int, embedder: Prepared) -> Iterator[Draft]:
    """Documents with `count` chunks between pairs of real passages."""
    rng = np.random.default_rng(13)
    mean, rest = vectors.mean(axis=0), vectors - vectors.mean(axis=0)
    spread = np.linalg.cholesky(np.cov(rest.T) + 1e-6 * np.eye(rest.shape[1])).astype(np.float32)
    split = [re.findall(r"\S.*?(?:[.!?]\s|$)", " ".join(passage.split())) for passage in passages]
    for number in range(0, count, PASSAGES):
        parts = min(PASSAGES, count - number)
        one, other = rng.integers(len(passages), size=(2, parts))
        share = rng.uniform(0.5, 1, (parts, 1)).astype(np.float32)
        made = share * rest[one] + np.sqrt(1 - share**2) * rest[other]
        made += NOISE * rng.standard_normal(made.shape, dtype=np.float32) @ spread.T
        made = mean + made / np.sqrt(1 + NOISE**2)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        texts = [f"{number + n}. {mix(split[a], split[b])}" for n, (a, b) in enumerate(zip(one, other, strict=True))]
        ends = np.cumsum([len(text) + 1 for text in texts])
        spans = [
            Chunk(int(end) - len(t) - 1, int(end) - 1, "", len(t) // 4) for t, end in zip(texts, ends, strict=True)
        ]
        draft = make_draft(f"made-{number}", "", "\n".join(texts), spans)
        embedder.known |= dict(zip(map(key, embedded_texts(draft)), made, strict=True))
        yield draft


def mix(one: list[str], other: list[str]) -> str:
    """Every second sentence of each, in turn."""
    return " ".join(sentence.strip() for pair in zip(one[::2], other[1::2] or other, strict=False) for sentence in pair)


def write(library: Library, drafts: Iterable[Draft]) -> None:
    waiting: list[Draft] = []
    for draft in drafts:
        waiting.append(draft)
        if len(waiting) == 256:
            library.write(waiting)
            waiting = []
    library.write(waiting)


# Measuring


def questions_of(options: argparse.Namespace) -> list[str]:
    asked = []
    for name, (_, questions, _, column) in SETS.items():
        lines = (options.data / name / questions).read_text(encoding="utf-8").splitlines()
        asked += [json.loads(line)[column] for line in random.Random(13).sample(lines, min(1000, len(lines)))]
    return random.Random(13).sample(asked, min(options.questions, len(asked)))


def measure(options: argparse.Namespace) -> list[dict]:
    """A row for every mode, in this process."""
    embedder = Prepared(ondol.open_embeddings(SPEC))
    questions = questions_of(options)
    for question in questions[:20]:
        embedder.embed_query(question)
    rows, before = [], memory()
    for mode in options.modes.split(","):
        with open_prepared(options.work, options.measure, embedder) as library:
            config = RetrieveConfig(mode=mode)
            for question in questions[:10]:
                search_library(library, question, config)
            times = [ask(library, question, config) for question in questions]
            now = memory()
        cells = {
            f"{step} p{p}": float(np.percentile([t[step] for t in times], p)) for step in times[0] for p in (50, 95)
        }
        rows.append({"mode": mode, **cells, **{name: now[name] - before[name] for name in now}})
    return rows


def ask(library: Library, question: str, config: RetrieveConfig) -> dict[str, float]:
    """Milliseconds of one search; `cpu` is processor time, which other programs on the machine do not change much."""
    start = time.process_time()
    found = search_library(library, question, config)
    return {**found.ms, "cpu": 1000 * (time.process_time() - start)}


def memory() -> dict[str, float]:
    """Resident memory of this process in MB, and how much of it is pages of files."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {name: int(status[row].split()[0]) / 1024 for name, row in (("MB", "VmRSS"), ("file MB", "RssFile"))}


def table(options: argparse.Namespace) -> None:
    steps = "embed p50", "search p50", "search p95", "total p50", "total p95", "cpu p50"
    print(f"\n| chunks | mode | {' | '.join(steps)} | MB above models | in files | disk MB | cold s |")
    print("| ---: | --- |" + " ---: |" * 10)
    for size in options.sizes:
        for mode in options.modes.split(","):  # a process for each, so that memory is that of the mode
            command = [sys.executable, __file__, "--measure", str(size), "--modes", mode, "--work", str(options.work)]
            command += ["--data", str(options.data), "--questions", str(options.questions)]
            [row] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
            with open_prepared(options.work, size, None) as library:
                folder = library.folder
            disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
            numbers = [
                *(f"{row[step]:.1f}" for step in steps),
                f"{row['MB']:.0f}",
                f"{row['file MB']:.0f}",
                f"{disk:.0f}",
            ]
            print(f"| {size:,} | {mode} | {' | '.join(numbers)} | {cold(options, size, mode):.2f} |", flush=True)


def cold(options: argparse.Namespace, size: int, mode: str) -> float:
    """Seconds of `ondol search` as a process, the median."""
    command = [
        str(Path(sys.executable).with_name("ondol")),
        "search",
        "How does floor heating work?",
        "--mode",
        mode,
        "--json",
    ]
    command += ["--home", str(options.work), "--collection", f"size-{size}"]
    seconds = []
    for _ in range(options.cold):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)) if seconds else float("nan")


if __name__ == "__main__":
    main()
