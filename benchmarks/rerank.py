"""What a reranker gives and costs: TyDi QA in Korean and English and SciFact, beside the searches without it.

    .venv/bin/python benchmarks/rerank.py FOLDER        # a folder that recipes/reranker/train.py has written
    .venv/bin/python benchmarks/rerank.py likelihood:llama.cpp:gemma-3-270m --top 5 --limit 100 --blend 0.3

A trained folder says in `split.json` which questions it has not seen, and only these are asked; for other rerankers
all are, and of SciFact the half that `fusion.py` reports on. Passages and questions come from `--data`, the libraries
are made in `--home` the first time (some minutes). Dense, lexical and hybrid search are asked the same questions. The
difference to the search that is reranked is taken question by question, with a 95 % bootstrap interval. `CPU ms` is the
processor time of reading, all cores together: on an idle machine with two cores the wall time is about half of it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fusion import fill, halves, read_set

from ondol.assemble import open_library, open_reranker
from ondol.evaluate.metrics import ndcg, rank_documents
from ondol.library.library import Library
from ondol.rerankers.contract import Reranker
from ondol.retrieve.rerank import BLEND, TOP, RerankConfig, rerank_hits
from ondol.retrieve.search import RetrieveConfig, search_library
from ondol.scoring.statistics import compare, estimate_mean
from ondol.settings import Settings, load_settings

SETS = ("tydiqa_ko", "tydiqa_en", "scifact")
MODES = ("dense", "lexical", "hybrid")
Asked = list[tuple[str, dict[str, float]]]
"""Questions with the relevance of documents."""
FETCH = 20
"""Hits of the search; those behind the ones that are read keep their places."""


@dataclass(slots=True)
class Result:
    """One number a question."""

    modes: dict[str, list[float]] = field(default_factory=lambda: {mode: [] for mode in MODES})
    mixed: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    best: list[float] = field(default_factory=list)
    """With the right passage first wherever it is among the hits that are read."""
    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


class Remembered(Reranker):
    """Scores are kept, so that a second way of mixing costs nothing."""

    inner: Any
    kept: dict[tuple[str, str], float] = {}  # noqa: RUF012 - pydantic copies it

    def score(self, query: str, texts: Any) -> list[float]:
        new = [text for text in texts if (query, text) not in self.kept]
        self.kept.update(zip([(query, text) for text in new], self.inner.score(query, new) if new else [], strict=True))
        return [self.kept[query, text] for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reranker", help="a trained folder, or a spec such as likelihood:llama.cpp:gemma-3-270m")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--home", type=Path, help="where the libraries are made; the usual one by default")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--mode", default="hybrid", choices=MODES, help="search whose hits are read again")
    parser.add_argument("--top", type=int, help=f"hits that are read; that of the folder, or {TOP}")
    parser.add_argument("--blend", type=float, help=f"share of the reranker; that of the folder, or {BLEND}")
    parser.add_argument("--limit", type=int, default=0, help="questions of each set, drawn with seed 13; 0 takes all")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    folder = Path(options.reranker)
    split = json.loads((folder / "split.json").read_text(encoding="utf-8")) if (folder / "split.json").is_file() else {}
    top, blend = options.top or split.get("top", TOP), split.get("blend", BLEND)
    blend = blend if options.blend is None else options.blend
    chosen = {"home": options.home, "threads": options.threads}
    settings = load_settings(**{name: value for name, value in chosen.items() if value})
    spec = f"onnx:{folder}" if folder.is_dir() else options.reranker
    print(f"{options.reranker}: first {top} hits of {options.mode} search, share {blend}\n")
    print(f"| set | questions | arm | nDCG@10 (95 %) | difference to {options.mode} (95 %) |")
    print("| --- | ---: | --- | --- | --- |")
    times: dict[str, Result] = {}
    with open_reranker(spec, settings=settings) as reranker:
        for name in options.sets:
            asked = load_questions(options.data / name, split.get("held-out", {}).get(name), options.limit)
            library = make_library(options.data / name, settings)
            times[name] = measure(library, asked, reranker, options.mode, top, blend)
            library.close()
            print_quality(name, times[name], options.mode, blend)
    print_times(times)


def load_questions(folder: Path, held_out: list[str] | None, limit: int) -> Asked:
    if not folder.is_dir():
        sys.exit(f"There is no {folder}; name the folder that holds {', '.join(SETS)} with --data.")
    if (folder / "corpus.jsonl").is_file():
        kept = halves(read_set(folder)[1])[1]
    else:
        rows = [json.loads(line) for line in (folder / "questions_train.jsonl").open(encoding="utf-8")]
        seen = None if held_out is None else set(held_out)
        kept = [(row["question"], {row["context_id"]: 1.0}) for row in rows if seen is None or row["id"] in seen]
    random.Random(13).shuffle(kept)
    return kept[: limit or None]


def make_library(folder: Path, settings: Settings) -> Library:
    chosen = load_settings(home=settings.home, collection=f"rerank-{folder.name}", threads=settings.threads)
    library = open_library(settings=chosen, create=True)
    with tempfile.TemporaryDirectory() as scratch:
        fill(library, read_set(folder)[0], Path(scratch))
    return library


def measure(library: Library, asked: Asked, reranker: Reranker, mode: str, top: int, blend: float) -> Result:
    result = Result()
    for number, (question, grades) in enumerate(asked):
        found = {each: search_library(library, question, RetrieveConfig(k=FETCH, mode=each)).hits for each in MODES}
        hits = found[mode]
        kept = Remembered(inner=reranker, kept={})
        cpu = time.process_time()
        mixed, info = rerank_hits(question, hits, kept, config=RerankConfig(top=top, blend=blend))
        result.cpu_ms.append(1000 * (time.process_time() - cpu))
        result.wall_ms.append(info.ms)
        alone, _ = rerank_hits(question, hits, kept, config=RerankConfig(top=top, blend=1))
        best = sorted(hits[:top], key=lambda hit: -grades.get(hit.metadata["document_id"], 0)) + hits[top:]
        orders = [(found[each], result.modes[each]) for each in MODES]
        for order, values in [*orders, (mixed, result.mixed), (alone, result.alone), (best, result.best)]:
            values.append(ndcg(rank_documents([hit.metadata["document_id"] for hit in order]), grades, 10))
        if number % 50 == 49:
            means = [float(np.mean(values)) for values in (result.modes[mode], result.mixed, result.alone)]
            print(number + 1, [round(mean, 4) for mean in means], file=sys.stderr, flush=True)
    return result


def print_quality(name: str, result: Result, mode: str, blend: float) -> None:
    reranked = {f"{mode} + reranker, share {blend}": result.mixed, f"{mode} + reranker, share 1": result.alone}
    for arm, values in {**result.modes, **reranked, f"{mode} + a perfect reranker": result.best}.items():
        mean, difference = estimate_mean(values), ""
        if arm != mode:
            gain = compare(arm, mode, "ndcg@10", values, result.modes[mode]).difference
            difference = f"{gain.value:+.4f} ({gain.low:+.4f} … {gain.high:+.4f})"
        quality = f"{mean.value:.4f} ({mean.low:.4f} … {mean.high:.4f})"
        print(f"| {name} | {len(values)} | {arm} | {quality} | {difference} |", flush=True)


def print_times(times: dict[str, Result]) -> None:
    print("\n| set | wall ms p50 | p95 | CPU ms p50 | p95 |\n| --- | ---: | ---: | ---: | ---: |")
    for name, result in times.items():
        cells = [np.percentile(values, share) for values in (result.wall_ms, result.cpu_ms) for share in (50, 95)]
        print(f"| {name} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")


if __name__ == "__main__":
    main()
