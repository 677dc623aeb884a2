"""What each idea of putting words and meaning together gives: nDCG@10 on the half that choices are made on.

    python benchmarks/fusion.py --data ../shared/data [--sets tydiqa_ko,scifact] [--home DIR]

Reads `tydiqa_ko`, `tydiqa_en`, `scifact` and `xquad_en`; every set becomes a collection in `--home`, which is kept and
used again. Questions are split in halves (seed 13). The candidates of both sides are gathered once for a question and
then ordered by each rule; the rule that ships is compared with the better side on the other half, through
`search_library` as people use it.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import ondol
from ondol.evaluate.metrics import ndcg, rank_documents
from ondol.ingest.records import RecordKeys
from ondol.lang import detect_language
from ondol.retrieve.candidates import Candidate, Question, gather
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.fuse import MOST, WEIGHTS, fuse
from ondol.retrieve.prior import question_prior
from ondol.retrieve.search import search_library
from ondol.scoring.statistics import compare, estimate_mean
from ondol.settings import load_settings

SETS = ("tydiqa_ko", "tydiqa_en", "scifact", "xquad_en")
FETCH = 50
Asked = list[tuple[str, dict[str, float]]]
Rule = Callable[[list[Candidate], int, float], list[float]]


def read_set(folder: Path) -> tuple[list[dict], Asked]:
    """Records with id, title and text; questions with the relevance of documents."""
    rows = {path.name: path.read_text(encoding="utf-8").splitlines() for path in folder.glob("*.*")}
    if "corpus.jsonl" in rows:
        grades: dict[str, dict[str, float]] = {}
        for line in rows["qrels_train.tsv"][1:]:
            query, document, grade = line.split("\t")
            grades.setdefault(query, {})[document] = float(grade)
        queries = [json.loads(line) for line in rows["queries_train.jsonl"]]
        asked = [(row["text"], grades[row["_id"]]) for row in queries if row["_id"] in grades]
        return [{**json.loads(line), "id": json.loads(line)["_id"]} for line in rows["corpus.jsonl"]], asked
    name = "contexts_train.jsonl" if "contexts_train.jsonl" in rows else "contexts.jsonl"
    passages = [json.loads(line) for line in rows[name]]
    questions = [json.loads(line) for line in rows[name.replace("contexts", "questions")]]
    return passages, [(row["question"], {row["context_id"]: 1.0}) for row in questions]


def halves(asked: Asked) -> tuple[Asked, Asked]:
    order = list(range(len(asked)))
    random.Random(13).shuffle(order)
    middle = len(order) // 2
    return [asked[place] for place in sorted(order[:middle])], [asked[place] for place in sorted(order[middle:])]


def fill(library, passages: list[dict], folder: Path) -> None:
    file = folder / "records.jsonl"
    rows = [{"id": row["id"], "title": row.get("title") or "", "text": row["text"]} for row in passages]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    ondol.add_documents(library, [file], records=RecordKeys(id="id", text="text", title="title"))


def ranks(scores: list[float]) -> dict[int, int]:
    return {place: rank for rank, place in enumerate(sorted(range(len(scores)), key=lambda n: -scores[n]), 1)}


def reciprocal(found: list[Candidate], dense: float, lexical: float) -> list[float]:
    """Reciprocal rank fusion with damping 60, as most tools ship it."""
    by_cosine, by_words = ranks([one.cosine for one in found]), ranks([one.bm25 for one in found])
    return [
        dense / (60 + by_cosine[place]) + (lexical / (60 + by_words[place]) if found[place].bm25 else 0)
        for place in range(len(found))
    ]


def shares(weight: float, *, prior: float = 0.0, root: bool = False, room: bool = False, exact: float = 0.0) -> Rule:
    """Cosine + weight · share of the words, with the corrections that are asked for."""

    def rule(found: list[Candidate], terms: int, free: float) -> list[float]:
        scale = weight * (math.sqrt(min(terms, MOST)) if root else 1) * (free if room else 1)
        return [one.cosine - prior * one.prior + scale * one.share + exact * free * one.exact for one in found]

    return rule


RULES: dict[str, Rule] = {
    "vectors alone": lambda found, *_: [one.cosine for one in found],
    "words alone (BM25)": lambda found, *_: [one.bm25 for one in found],
    "reciprocal ranks 1:1": lambda found, *_: reciprocal(found, 1, 1),
    "reciprocal ranks 2:1": lambda found, *_: reciprocal(found, 2, 1),
    "cosine + 0.003 · BM25": lambda found, *_: [one.cosine + 0.003 * one.bm25 for one in found],
    "cosine + 0.05 · share of words": shares(0.05),
    "… less half of what any question scores": shares(0.05, prior=0.5),
    "… less all of it": shares(0.05, prior=1.0),
    "… half, words · √terms": shares(0.022, prior=0.5, root=True),
    "… and in the room above the mean cosine": shares(0.1, prior=0.5, root=True, room=True),
    "shipped: … and exact names": lambda found, terms, room: [fuse(one, terms=terms, room=room) for one in found],
}


def gather_all(library, asked: Asked) -> list[tuple[list[Candidate], int, float, list[str], dict[str, float]]]:
    """Candidates, terms, room, the documents of the candidates, and what is right, for every question."""
    gathered = []
    for text, grades in asked:
        vector = np.asarray(library.embeddings.embed_query(text), dtype=np.float32)
        language = detect_language(text)
        prior, terms = question_prior(library, language), library.words.analyse(text)
        question = Question(text=text, language=language, vector=vector, prior=prior, terms=terms)
        found, _ = gather(library, question, FETCH, damping=WEIGHTS.prior, document_ids=None)
        places = {hit.id: hit.metadata["document_id"] for hit in library.live_chunks([(one.id, 0) for one in found])}
        room = 1 - library.vectors.background(vector.tolist())[0]
        gathered.append((found, question.terms.count, room, [places[one.id] for one in found], grades))
    return gathered


def score(rule: Rule, gathered: list) -> list[float]:
    values = []
    for found, terms, room, documents, grades in gathered:
        scores = rule(found, terms, room)
        order = sorted(range(len(found)), key=lambda place: -scores[place])
        values.append(ndcg(rank_documents([documents[place] for place in order]), grades, 10))
    return values


def held_out(library, asked: Asked) -> None:
    """The shipped search against each side, on questions that chose nothing."""
    values: dict[str, list[float]] = {}
    for mode in ("hybrid", "dense", "lexical"):
        values[mode] = []
        for text, grades in asked:
            hits = search_library(library, text, RetrieveConfig(k=20, mode=mode)).hits
            values[mode].append(ndcg(rank_documents([hit.metadata["document_id"] for hit in hits]), grades, 10))
        told = estimate_mean(values[mode])
        print(f"  {mode:8} {told.value:.4f} [{told.low:.4f}, {told.high:.4f}] n={len(asked)}")
    for side in ("dense", "lexical"):
        pair = compare("hybrid", side, "ndcg@10", values["hybrid"], values[side])
        low, high = pair.difference.low, pair.difference.high
        print(f"  hybrid - {side}: {pair.difference.value:+.4f} [{low:+.4f}, {high:+.4f}] {pair.verdict}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--home", type=Path, help="folder for the collections, kept; a temporary one otherwise")
    options = parser.parse_args()
    names = options.sets.split(",")
    with tempfile.TemporaryDirectory() as scratch:
        home = options.home or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "models").exists():
            (home / "models").symlink_to(load_settings().home / "models")
        table: dict[str, list[str]] = {rule: [] for rule in RULES}
        for name in names:
            passages, asked = read_set(options.data / name)
            choosing, reporting = halves(asked)
            with ondol.open_library(settings=load_settings(home=home, collection=name), create=True) as library:
                fill(library, passages, Path(scratch))
                gathered = gather_all(library, choosing)
                for rule, order in RULES.items():
                    table[rule].append(f"{np.mean(score(order, gathered)):.3f}")
                print(f"{name}, the other half:")
                held_out(library, reporting)
    print(f"\n| choosing half | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for rule, cells in table.items():
        print(f"| {rule} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
