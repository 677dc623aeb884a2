"""How often a model calls the right tool with right arguments, with grammar and without: n and a 95 % interval.

    python benchmarks/tool_calls.py [--models llama.cpp:gemma-3-270m,…] [--rows 5] [--out replies.jsonl] [--json]

The tasks stand in `benchmarks/tool_calls/tasks.jsonl`: 25 English and 25 Korean ones over nine tools of
`ondol/agents`, written for this; the tools are shown to the model and never run. With grammar, llama.cpp holds the
reply to a call (`tool_choice="required"`); without, the same prompt is plain text and `ondol/models/tool_text.py` reads
the call. (A chat template that has a place for tools is used with grammar only; without, they stand in the system
message.) Base models get worked examples, and their grammar is a JSON schema. The first call of a reply counts.

right tool: of all tasks. right arguments: the right tool, and arguments that mean the same (numbers and dates by
value, searches by their words, SQL by its result). valid JSON: a whole call could be read, whatever it calls.
With `--out`, replies are kept as they come; a run that was stopped goes on where it was, and models can be added later.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tool_calls_prompts import EXAMPLES, MAX_TOKENS, TABLES, ask_for_call, make_database, make_tools
from tool_calls_score import Scorer

import ondol
from ondol.errors import OndolError
from ondol.models.contract import LocalChatModel
from ondol.resumable import ResumableFile
from ondol.scoring.statistics import estimate_mean

TASKS = Path(__file__).parent / "tool_calls" / "tasks.jsonl"
MODELS = "llama.cpp:gemma-3-270m,llama.cpp:smollm2-135m-instruct"
LANGUAGES = {"en": ("en",), "ko": ("ko",), "both": ("en", "ko")}
METRICS = {"tool": "right tool", "arguments": "right arguments", "json": "valid JSON"}
Row = dict[str, Any]


class Replies(ResumableFile):
    """A line a reply."""

    def __init__(self, path: Path | None, asked: Any) -> None:
        digest = hashlib.sha256(json.dumps(asked, ensure_ascii=False).encode()).hexdigest()
        super().__init__(path, {"tasks": digest}, kind="tool calls", refusal="{path} holds replies to other tasks.")
        self.rows = dict[tuple[str, bool, str], Row]()
        for _, row in self.read()[1:]:
            self._take(row)

    def add(self, row: Row) -> None:
        self._take(row)
        self.write(row)

    def _take(self, row: Row) -> None:
        self.rows[row["model"], row["grammar"], row["id"]] = row


def read_tasks() -> list[Row]:
    return [json.loads(line) for line in TASKS.read_text(encoding="utf-8").splitlines()]


def spread(tasks: Sequence[Row], count: int | None) -> list[Row]:
    """`count` tasks of each language, far apart in the list, so that a trial sees several tools."""
    kept = []
    for name in ("en", "ko"):
        own = [task for task in tasks if task["language"] == name]
        step = max(1, len(own) // count) if count else 1
        kept += own[::step][:count]
    return kept


def ask_all(spec: str, tasks: Sequence[Row], tools: Any, replies: Replies, arms: Sequence[bool]) -> None:
    """Ask for the calls that are not there yet; the model is opened for those only."""
    left = [(arm, task) for arm in arms for task in tasks if (spec, arm, task["id"]) not in replies.rows]
    if not left:
        return
    with ondol.open_model(spec) as model:
        assert isinstance(model, LocalChatModel)
        for number, (grammar, task) in enumerate(left, 1):
            start = time.perf_counter()
            try:
                told = ask_for_call(model, task["question"], tools, grammar=grammar)
            except OndolError as error:
                told = {"text": "", "calls": [], "error": error.message}
            seconds = round(time.perf_counter() - start, 2)
            replies.add({"model": spec, "grammar": grammar, "id": task["id"], **told, "seconds": seconds})
            print(f"  {spec} {number}/{len(left)} {task['id']} {seconds} s", file=sys.stderr, flush=True)


def rate(spec: str, tasks: Sequence[Row], scorer: Scorer, replies: Replies, arms: Sequence[bool]) -> Iterator[Row]:
    """A row for each arm and language, with the mean of each metric and its interval."""
    for grammar in arms:
        for name, languages in LANGUAGES.items():
            own = [task for task in tasks if task["language"] in languages]
            calls = [replies.rows[spec, grammar, task["id"]]["calls"] for task in own]
            scores = [scorer.score(task, said[0] if said else None) for task, said in zip(own, calls, strict=True)]
            means = {metric: estimate_mean([row[metric] for row in scores]).to_json() for metric in METRICS}
            yield {"model": spec, "grammar": grammar, "language": name, "n": len(own), **means}


def write_table(rows: Sequence[Row]) -> str:
    lines = [f"| model | grammar | language | n | {' | '.join(METRICS.values())} |", "| --- | --- | --- | --: "
             + "| --- " * len(METRICS) + "|"]  # fmt: skip
    for row in rows:
        values = ["{:.2f} [{:.2f}, {:.2f}]".format(*row[metric]) for metric in METRICS]
        head = [row["model"], "yes" if row["grammar"] else "no", row["language"], str(row["n"])]
        lines.append(f"| {' | '.join([*head, *values])} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=MODELS, help="specs with commas between them")
    parser.add_argument("--rows", type=int, help="tasks of each language, at most")
    parser.add_argument("--out", type=Path, help="where replies are kept")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    tasks = spread(read_tasks(), given.rows)
    asked = [TASKS.read_text(encoding="utf-8"), EXAMPLES, TABLES, MAX_TOKENS]
    made: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, Replies(given.out, asked) as replies:
        database = make_database(Path(folder) / "shop.db")
        tools = make_tools(Path(folder))
        scorer = Scorer(tools, database)
        for spec in (name.strip() for name in given.models.split(",")):
            arms = [True, False] if spec.startswith("llama.cpp:") else [False]
            ask_all(spec, tasks, tools, replies, arms)
            made += rate(spec, tasks, scorer, replies, arms)
        database.close()
    print(json.dumps(made, indent=2) if given.json else write_table(made))


if __name__ == "__main__":
    main()
