"""Two decisions of `ask` with a reader, fitted on the questions of `dev.jsonl`: which span, and whether to answer.

    .venv/bin/python recipes/reader/calibrate.py --data ../shared/data --drawn FOLDER --reader onnx:…

Every question is asked of the library with all passages of its set, once as it is and once without its passage. Prints
the weights for `ondol/answer/found.py` and `ondol/answer/gate.py`, with the figures that they give by cross-validation.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sources import Row, Source, find_sources, read

from ondol.answer.ask import read_documents
from ondol.answer.found import find_words
from ondol.assemble import open_library
from ondol.assemble_reading import open_reader
from ondol.evaluate.answer_questions import AnswerQuestion
from ondol.evaluate.passages import retriever_for
from ondol.ingest.add import add_documents
from ondol.ingest.records import RecordKeys
from ondol.lang import detect_language
from ondol.retrieve.retriever import make_retriever
from ondol.scoring.answer_metrics import em_and_f1
from ondol.settings import load_settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True, help="The folder of `draw.py`.")
    parser.add_argument("--reader", required=True)
    parser.add_argument("--side", default="dev")
    options = parser.parse_args()
    path = options.drawn / f"read.{options.side}.jsonl"
    if not path.is_file():
        rows = [row for source in find_sources(options.data) if source.tested for row in look(source, options)]
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    rows = read(path)
    choose(rows)
    decide(rows)


def look(source: Source, options: argparse.Namespace) -> Iterator[Row]:
    """What is known of every question, with its passage and without it."""
    asked = {row["id"] for row in read(options.drawn / f"{options.side}.jsonl")}
    reader = open_reader(options.reader)
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to(load_settings().home / "models")
        with open_library(settings=load_settings(home=home), create=True) as library:
            add_documents(library, [source.passages], records=RecordKeys())
            retriever = make_retriever(library)
            for row in read(source.questions):
                if row["id"] not in asked:
                    continue
                question = AnswerQuestion(id=row["id"], question=row["question"], context_id=row["context_id"])
                for passage in ("found", "removed"):
                    reading = read_documents(row["question"], retriever_for(question, retriever, passage))
                    found = find_words(reading.question, read_hits(reading), reading.evidence, reader)
                    told = {"id": row["id"], "passage": passage, "gate": logit(reading.confidence)}
                    yield {**told, "spans": [describe(one, row) for one in found]}


def read_hits(reading: Any) -> list[Any]:
    """The hits whose sentences were compared."""
    return list({str(item.hit.id): item.hit for item in reading.evidence}.values())


def describe(found: Any, row: Row) -> Row:
    right = found.hit.metadata["document_id"] == row["context_id"]
    f1 = em_and_f1(found.text, row["answers"], detect_language(row["question"]))[1]
    return {"margin": found.margin, "sentence": found.proof.score, "right": right, "f1": f1, "text": found.text}


def choose(rows: list[Row]) -> None:
    """Weights under which the span of the right passage comes first: softmax regression on the hits of a question."""
    asked = [row["spans"] for row in rows if row["passage"] == "found" and any(s["right"] for s in row["spans"])]
    features = [np.array([[s["margin"], s["sentence"]] for s in spans]) for spans in asked]
    right = [np.array([float(s["right"]) for s in spans]) for spans in asked]
    weights = np.zeros(2)
    for _ in range(4000):
        gradient = np.zeros(2)
        for x, y in zip(features, right, strict=True):
            p = np.exp(x @ weights - (x @ weights).max())
            gradient += x.T @ (y / y.sum() - p / p.sum()) / len(features)
        weights += 0.02 * gradient
    print("choose: margin, sentence =", weights.round(3).tolist())
    for name, w in (("margin alone", [1, 0]), ("sentence alone", [0, 1]), ("both", weights)):
        first = [spans[int((x @ np.array(w)).argmax())] for spans, x in zip(asked, features, strict=True)]
        told = {name: [s["f1"] for s in first if detect_language(s["text"]) == name] for name in ("ko", "en")}
        means = {name: (round(float(np.mean(values)), 3), len(values)) for name, values in told.items() if values}
        print(f"  {name}: right passage {np.mean([s['right'] for s in first]):.3f}, F1", means)


def decide(rows: list[Row]) -> None:
    """Logistic regression on the gate's logit and the first span's margin; the passage's presence is to be told."""
    rows = [row for row in rows if row["spans"]]
    x = np.array([[row["gate"], row["spans"][0]["margin"]] for row in rows])
    y = np.array([row["passage"] == "found" for row in rows], float)
    groups = [row["id"] for row in rows]
    model = LogisticRegression(C=10)
    for name, columns in (("gate alone", [0]), ("margin alone", [1]), ("both", [0, 1])):
        p = cross_val_predict(model, x[:, columns], y, groups=groups, cv=5, method="predict_proba")[:, 1]
        refused = [round(float((p[y == 0] < np.quantile(p[y == 1], 1 - kept)).mean()), 3) for kept in (0.95, 0.9, 0.85)]
        print(f"  {name}: refused where 95, 90, 85 % are answered: {refused}")
    model.fit(x, y)
    print("decide: gate, margin, bias =", [*model.coef_[0].round(3).tolist(), round(float(model.intercept_[0]), 3)])


def logit(p: float) -> float:
    p = min(max(p, 1e-9), 1 - 1e-9)
    return math.log(p / (1 - p))


if __name__ == "__main__":
    main()
