"""The table of docs/reader.md: ways to answer the questions that were never learnt, by `ondol evaluate answers`.

    .venv/bin/python recipes/reader/table.py --data ../shared/data --drawn FOLDER [--limit 100]

Every way is asked three times: with each question's own passage among the five chunks, over all passages, and with the
passage removed. Replies are kept in FOLDER, so that the same call goes on with them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sources import find_sources

from ondol.settings import default_home

WAYS = {
    "SmolLM2-135M-Instruct": (["--model", "llama.cpp:smollm2-135m-instruct", "--no-reader"], {}),
    "gemma-3-270m, as it is": (["--no-reader"], {}),
    "writer": (["--reader", "none"], {"ONDOL_WRITER": "ondol-writer"}),
    "writer, checked by the reader": ([], {"ONDOL_WRITER": "ondol-writer"}),
    "reader (what ships)": ([], {}),
}
PASSAGES = ("given", "found", "removed")
PROGRAM = str(Path(sys.executable).with_name("ondol"))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--passages", nargs="*", default=list(PASSAGES), choices=PASSAGES)
    options = parser.parse_args()
    home = open_home(options)
    found = {
        (way, passage, source.name): measure(way, passage, source.name, options, home)
        for way in options.ways for passage in options.passages
        for source in find_sources(options.data) if source.tested
    }  # fmt: skip
    show(found, options)


def arguments(about: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, required=True, help="The folder of `draw.py`.")
    parser.add_argument("--limit", type=int, default=100, help="Questions of each language.")
    parser.add_argument("--side", default="test", choices=("test", "dev"))
    return parser


def open_home(options: argparse.Namespace) -> Path:
    """A home with a collection for each set."""
    home: Path = options.drawn / "home"
    home.mkdir(exist_ok=True)
    if not (home / "models").exists():
        (home / "models").symlink_to(default_home() / "models")
    for source in find_sources(options.data):
        if source.tested:
            run(["add", str(source.passages), "--records", "--collection", source.name], home, {})
    return home


def measure(way: str, passage: str, name: str, options: Any, home: Path) -> dict[str, Any]:
    arguments, replies, settings = call(way, passage, name, options)
    told = json.loads(run([*arguments, "--out", str(replies), "--json"], home, settings))
    [row] = told["arms"]["rag"].values()
    return row


def replies_of(way: str, passage: str, name: str, options: Any, home: Path, *, more: list[str]) -> Path:
    """The file with the replies, the first line being what was asked; made where it is not there yet."""
    arguments, replies, settings = call(way, passage, name, options, more=more)
    run([*arguments, "--out", str(replies), "--json"], home, settings)
    return replies


def call(
    way: str, passage: str, name: str, options: Any, *, more: Sequence[str] = ()
) -> tuple[list[str], Path, dict[str, str]]:
    """The command, the file for its replies, and the settings that it runs under."""
    chosen, settings = WAYS[way]
    words = "".join(letter if letter.isalnum() else "-" for letter in "".join([way, *more]))
    questions = options.drawn / f"{options.side}.{name}.jsonl"
    command = ["evaluate", "answers", "--questions", str(questions), "--arms", "rag", "--limit", str(options.limit)]
    command += ["--collection", name, "--passage", passage, *chosen, *more]
    replies = options.drawn / f"replies.{options.side}.{name}.{passage}.{words}.{options.limit}.jsonl"
    return command, replies, settings


def run(arguments: list[str], home: Path, settings: dict[str, str]) -> str:
    environment = {**os.environ, "ONDOL_HOME": str(home), **settings}
    done = subprocess.run([PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return done.stdout


def show(found: dict[tuple[str, str, str], dict[str, Any]], options: Any) -> None:
    columns = [("given", "short_f1"), ("found", "short_f1"), ("found", "citation_precision"), ("found", "cited"),
               ("found", "answered"), ("removed", "refused")]  # fmt: skip
    columns = [column for column in columns if column[0] in options.passages]
    print("| | " + " | ".join(f"{metric}, {passage}" for passage, metric in columns) + " | ms |")
    print("| --- " * (len(columns) + 2) + "|")
    for name in dict.fromkeys(key[2] for key in found):
        for way in options.ways:
            cells = [cell(found[way, passage, name], metric) for passage, metric in columns]
            ms = found[way, options.passages[0], name]["ms"]
            print(f"| {name}: {way} | " + " | ".join(cells) + f" | {ms:.0f} |")


def cell(row: dict[str, Any], metric: str) -> str:
    if metric not in row["metrics"]:
        return "–"
    value, low, high = row["metrics"][metric]
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


if __name__ == "__main__":
    main()
