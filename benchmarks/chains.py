"""How often the chains are right: sentiment and extraction in English and Korean, with n and a 95 % interval.

    python benchmarks/chains.py --models llama.cpp:gemma-3-270m,llama.cpp:smollm2-135m-instruct [--rows 5] [--json]

The rows stand in `benchmarks/chains/`: short reviews, notices, orders and bills, written for this. A row of sentiment
is right when the label is, one of extraction when every field is; `fields` counts them one by one. A reply that does
not fit the schema is wrong. The intervals are bootstrapped over rows.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ondol
from ondol.chains.run import open_chain
from ondol.errors import OndolError
from ondol.scoring.statistics import estimate_mean

DATA = Path(__file__).parent / "chains"
LANGUAGES = ("en", "ko")


def read_rows(name: str, language: str, count: int | None) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["language"] == language][:count]


def score_sentiment(model: Any, rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    chain = open_chain("sentiment", model)
    said = [_invoke(chain, row["text"]) for row in rows]
    return {"right": [float(reply.get("label") == row["label"]) for reply, row in zip(said, rows, strict=True)]}


def score_extraction(model: Any, rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    schemas = json.loads((DATA / "schemas.json").read_text(encoding="utf-8"))
    chains = {name: open_chain("extract", model, schema=schema) for name, schema in schemas.items()}
    right, fields = [], []
    for row in rows:
        said = _invoke(chains[row["schema"]], row["text"])
        same = [float(_same(said.get(name), value)) for name, value in row["fields"].items()]
        right.append(float(all(same)))
        fields.append(sum(same) / len(same))
    return {"right": right, "fields": fields}


TASKS = {"sentiment": score_sentiment, "extraction": score_extraction}


def measure(spec: str, count: int | None) -> Iterator[dict[str, Any]]:
    """A row for each task, language and metric."""
    with ondol.open_model(spec) as model:
        for task, score in TASKS.items():
            for language in LANGUAGES:
                for metric, values in score(model, read_rows(task, language, count)).items():
                    value = estimate_mean(values).to_json()
                    yield {"model": spec, "task": task, "language": language, "metric": metric, "n": len(values),
                           "value": value}  # fmt: skip


def _invoke(chain: Any, text: str) -> dict[str, Any]:
    try:
        return chain.invoke(text)
    except OndolError as error:
        print(f"  {text[:40]}: {error.message}", file=sys.stderr)
        return {}


def _same(said: Any, gold: Any) -> bool:
    """Numbers by value; texts without case, doubled spaces and punctuation at the ends."""
    if isinstance(gold, str):
        return _plain(str(said)) == _plain(gold)
    return isinstance(said, int | float) and float(said) == float(gold)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .,\"'")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", required=True, help="specs with commas between them")
    parser.add_argument("--rows", type=int, help="of each language and task, at most")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    made = []
    for spec in given.models.split(","):
        for row in measure(spec.strip(), given.rows):
            made.append(row)
            value, low, high = row["value"]
            if not given.json:
                print(
                    f"{row['model']:36} {row['task']:11} {row['language']} {row['metric']:7} "
                    f"{value:.3f} [{low:.3f}, {high:.3f}] n={row['n']}",
                    flush=True,
                )
    if given.json:
        print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
