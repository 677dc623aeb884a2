"""`ondol feedback`: call the last answer good or bad, and make an evaluation of it."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from ondol.cli.options import Home, Json, settings_of
from ondol.cli.output import print_json, say, tell, write_new


def register(app: typer.Typer) -> None:
    app.command(epilog='For example: ondol feedback bad --answer "On Tuesdays"')(feedback)


def feedback(
    mark: str = typer.Argument("", help="good or bad, of the last answer of `ask`; without it all marks are listed."),
    answer: str = typer.Option("", "--answer", help="What should have been said."),
    export: Path = typer.Option(None, "--export", metavar="FILE.jsonl", help="Questions for `evaluate answers`."),
    as_json: Json = False,
    home: Home = None,
) -> None:
    """Mark answers, and turn them into questions."""
    from ondol.evaluate.feedback import mark_answer, read_feedback, read_last, to_questions

    place = settings_of(home=home).home
    if mark:
        row = mark_answer(place, read_last(place), mark, right=answer)
        print_json(row) if as_json else say("Kept: {mark} · {question}", mark=mark, question=row["question"])
        return
    rows = read_feedback(place)
    if export:
        questions = to_questions(rows)
        write_new(export, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in questions))
        tell("{count} questions of {total} marks: {path}", count=len(questions), total=len(rows), path=export)
    if as_json:
        print_json({"feedback": rows})
        return
    for row in rows:
        print(f"{row['mark']:5} {row['question']}" + (f"  → {row['right']}" if row["right"] else ""))
    if not rows:
        tell("Nothing was marked yet. After an answer: ondol feedback good, or bad")
