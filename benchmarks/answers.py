"""How well ondol finds, quotes and refuses: figures with n and a 95 % interval, and the fit of the constants.

    python benchmarks/answers.py --data ../shared/data [--n 300] [--fit]

Reads question sets as `NAME/contexts_train.jsonl` and `NAME/questions_train.jsonl`. Questions are split in halves by
id (seed 13): constants were fitted on the first half, figures are told for the second. "Unanswerable" is the same
question with its own passage taken out of the hits, in libraries of all passages and of 15; some other passage may
still tell, so the refusals told are a lower bound. No chat model is used: this measures what decides before one writes.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import ondol
from ondol.answer.crossing import cosine_of
from ondol.answer.evidence import WEIGHTS, find_evidence
from ondol.answer.gate import THRESHOLD, estimate
from ondol.answer.span import find_span
from ondol.ingest.records import RecordKeys
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library
from ondol.settings import load_settings


def read_rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def halves(questions: list[dict]) -> tuple[list[dict], list[dict]]:
    ordered = sorted(questions, key=lambda row: row["id"])
    random.Random(13).shuffle(ordered)
    return ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]


def bare(text: str) -> str:
    return re.sub(r"[\s\W]+", "", text.lower())


def f1(said: str, gold: str) -> float:
    """Of characters without spaces and punctuation, fair to Korean particles."""
    a, b = Counter(bare(said)), Counter(bare(gold))
    same = sum((a & b).values())
    return 2 * same / (sum(a.values()) + sum(b.values())) if same else 0.0


def interval(values: list[float]) -> str:
    """Mean and 95 % bootstrap interval (1,000 draws, seed 13)."""
    if not values:
        return "–"
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(13).choice(data, (1000, len(data))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{data.mean():.3f} [{low:.3f}, {high:.3f}] n={len(data)}"


def examine(library, rows: list[dict], *, pool: int, rng: random.Random, ids: list[str]) -> list[dict]:
    """For every question the evidence, the gate's estimate with and without the gold passage, and what is right."""
    found = []
    for row in rows:
        keep = {row["context_id"], *rng.sample(ids, pool)} if pool else None
        every = search_library(library, row["question"], RetrieveConfig(k=2 * len(ids) if pool else 24)).hits
        if keep:
            every = [hit for hit in every if hit.metadata["document_id"] in keep]
        hits, without = every[:8], [hit for hit in every if hit.metadata["document_id"] != row["context_id"]][:8]
        evidence = find_evidence(row["question"], hits, library.embeddings)
        bare_evidence = find_evidence(row["question"], without, library.embeddings)
        spec = library.embeddings.fingerprint.model
        found.append({
            "row": row,
            "gold_in": any(hit.metadata["document_id"] == row["context_id"] for hit in hits[:5]),
            "holds": [any(bare(a) in bare(e.text) for a in row["answers"] if bare(a)) for e in evidence],
            "features": [[getattr(e.features, name) for name in WEIGHTS] for e in evidence],
            "short": next((s for e in evidence[:1] if (s := find_span(row["question"], e.text))), None),
            "gate": [gate_features(evidence, hits), gate_features(bare_evidence, without)],
            "kept": estimate(evidence, hits, model=spec),
            "refused": estimate(bare_evidence, without, model=spec),
        })  # fmt: skip
    return found


def report(name: str, pool: int, found: list[dict]) -> None:
    inside = [item for item in found if item["gold_in"]]
    shorts = [item for item in inside if item["short"]]
    answers = [max(f1(item["short"], gold) for gold in item["row"]["answers"]) for item in shorts]
    print(f"\n{name}, library of {pool or 'all'} passages")
    print("  gold passage among 5 hits   ", interval([item["gold_in"] for item in found]))
    print("  first sentence holds answer ", interval([any(item["holds"][:1]) for item in inside]))
    print("  one of two holds it         ", interval([any(item["holds"][:2]) for item in inside]))
    print("  F1 of rule-found short      ", interval(answers))
    print("  gate keeps answerable       ", interval([item["kept"] >= THRESHOLD for item in inside]))
    print("  gate refuses unanswerable   ", interval([item["refused"] < THRESHOLD for item in found]))


def fit(found: list[dict], *, steps: int = 400, rate: float = 0.5, decay: float = 0.01) -> dict[str, float]:
    """Softmax regression: weights under which the sentence that holds the answer scores best in its question."""
    usable = [(np.asarray(i["features"]), np.asarray(i["holds"], float)) for i in found if any(i["holds"])]
    scale = np.concatenate([x for x, _ in usable]).std(axis=0)
    weights = np.zeros(len(scale))
    for _ in range(steps):
        gradient = decay * 2 * weights
        for features, holds in usable:
            x = features / scale
            p = np.exp(x @ weights - (x @ weights).max())
            gradient -= x.T @ (holds / holds.sum() - p / p.sum()) / len(usable)
        weights -= rate * gradient
    return dict(zip(WEIGHTS, (weights / scale).round(2).tolist(), strict=True))


def gate_features(evidence, hits) -> list[float]:
    """What the gate weighs: cosine of the best sentence, coverage by its hit, margin of the first hit."""
    if not evidence:
        return [0.0, 0.0, 0.0]
    scores = [cosine_of(hit) for hit in hits]
    best = evidence[0].features
    return [best.cosine, best.hit_coverage, scores[0] - float(np.mean(scores[1:] or [0.76]))]


def fit_gate(found: list[dict], *, steps: int = 30, decay: float = 1e-3) -> dict[str, float]:
    """Logistic regression by Newton's steps: hits with the passage of the question against hits without it."""
    rows = [(item["gate"][0], 1.0) for item in found if item["gold_in"]] + [(item["gate"][1], 0.0) for item in found]
    x, y = np.array([row for row, _ in rows]), np.array([told for _, told in rows])
    mean, scale = x.mean(axis=0), x.std(axis=0)
    z = np.column_stack([(x - mean) / scale, np.ones(len(x))])
    weights = np.zeros(4)
    ridge = decay * len(x) * np.diag([1.0, 1.0, 1.0, 0.0])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-z @ weights))
        weights -= np.linalg.solve((z.T * (p * (1 - p))) @ z + ridge, z.T @ (p - y) + ridge @ weights)
    slopes = weights[:3] / scale
    names = ("cosine", "hit_coverage", "margin", "bias")
    return dict(zip(names, np.append(slopes, weights[3] - slopes @ mean).round(2).tolist(), strict=True))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--sets", nargs="+", default=["tydiqa_ko", "tydiqa_en"])
    arguments.add_argument("--n", type=int, default=300, help="questions of each half")
    arguments.add_argument("--fit", action="store_true", help="fit sentence weights and gate on the first half")
    chosen = arguments.parse_args()
    ranked, gated = [], []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").symlink_to((load_settings().home / "models").resolve())
        for name in chosen.sets:
            with ondol.open_library(folder, name, create=True) as library:
                passages = chosen.data / name / "contexts_train.jsonl"
                ondol.add_documents(library, [str(passages)], records=RecordKeys())
                ids = [row["id"] for row in read_rows(passages)]
                first, second = halves(read_rows(chosen.data / name / "questions_train.jsonl"))
                if chosen.fit:
                    sizes = (0, 100, 15, 4)
                    for pool in sizes:
                        rows = examine(library, first[: chosen.n], pool=pool, rng=random.Random(13), ids=ids)
                        gated += rows
                        ranked += rows if pool == 0 else []
                for pool in (0, 15):
                    rows = examine(library, second[: chosen.n], pool=pool, rng=random.Random(13), ids=ids)
                    report(name, pool, rows)
    if chosen.fit:
        print("\nsentences:", fit(ranked))
        print("gate:", fit_gate(gated))


if __name__ == "__main__":
    main()
