"""What every setting found for every question, as a table for a spreadsheet or as JSONL."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ondol.evaluate.retrieval import Evaluation


def write_jsonl(evaluation: Evaluation) -> str:
    """A line for every question."""
    return "".join(json.dumps(row.to_json(), ensure_ascii=False) + "\n" for row in evaluation.queries)


def write_tsv(evaluation: Evaluation) -> str:
    """A line for every question and setting, under a line of names; lists are separated by blanks and `|`."""
    metrics = list(next(iter(evaluation.arms.values())).metrics)
    lines = [_line(["id", "arm", *metrics, "ms", "question", "expected", "found"])]
    for row in evaluation.queries:
        for arm, answered in row.arms.items():
            values = [f"{answered.metrics[name]:.6f}" for name in metrics]
            texts = [row.question, " | ".join(row.expected), " | ".join(answered.found)]
            lines.append(_line([row.id, arm, *values, f"{answered.ms:.2f}", *texts]))
    return "".join(lines)


def _line(cells: Iterable[str]) -> str:
    """Tabs and line ends in a cell become blanks; a quote stands before what a spreadsheet would run."""
    plain = (" ".join(cell.split()) for cell in cells)
    return "\t".join(f"'{cell}" if cell[:1] in "=+@" and cell else cell for cell in plain) + "\n"
