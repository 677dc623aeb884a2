"""Answers that people called good or bad: kept, and turned into questions for an evaluation."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.lang import nfc
from ondol.model_store.lock import locked
from ondol.model_store.manifest import write_atomic

LAST, KEPT = "last_answer.json", "feedback.jsonl"
MARK = re.compile(r"\s*\[\d+\]")


def remember_answer(home: Path, answer: Mapping[str, Any]) -> None:
    """Keep the last answer of `ondol ask`, which a mark is about; a home that cannot be written to keeps none."""
    row = describe_answer(answer)
    with suppress(OSError):
        write_atomic(home / LAST, json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def describe_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a mark is about, of an answer as `ondol ask --json` prints it."""
    names = ("question", "answer", "short", "abstained", "model")
    cited = [citation["document_id"] for citation in answer.get("citations", ())]
    return {**{name: answer.get(name) for name in names}, "document_ids": cited}


def read_last(home: Path) -> dict[str, Any]:
    """Raises NotFound when nothing was asked yet."""
    try:
        row = json.loads((home / LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NotFound("There is no answer to mark yet.", hint='Ask something first: ondol ask "…"') from error
    found: dict[str, Any] = row
    return found


def mark_answer(home: Path, answer: Mapping[str, Any], mark: str, *, right: str = "") -> dict[str, Any]:
    """Keep a mark; the same question marked again replaces what was said of it.

    Args:
        mark: `good` or `bad`.
        right: what should have been said.

    Raises:
        UsageError: another mark.
    """
    if mark not in ("good", "bad"):
        raise UsageError(
            "An answer is marked good or bad, not '{mark}'.", hint="Such as: ondol feedback good", mark=mark
        )
    row = {**answer, "mark": mark, "right": nfc(right).strip(), "time": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    with locked(home / f".{KEPT}.lock", lambda: None):
        rows = [kept for kept in read_feedback(home) if kept["question"] != row["question"]]
        lines = (json.dumps(kept, ensure_ascii=False) + "\n" for kept in [*rows, row])
        write_atomic(home / KEPT, "".join(lines).encode("utf-8", "surrogatepass"))
    return row


def read_feedback(home: Path) -> list[dict[str, Any]]:
    """Every mark, the oldest first.

    Raises:
        UnusableInput: a line is damaged.
    """
    path = home / KEPT
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return [json.loads(line) for line in lines if line.strip()]
    except ValueError as error:
        raise UnusableInput("{path} is damaged: {reason}", hint="Mend or move it.", path=path, reason=error) from error


def to_questions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for `ondol evaluate answers`; an answer that was bad counts only with what should have been said.

    A refusal that was called good is a question that the documents do not answer.
    """
    questions = []
    for number, row in enumerate(rows, 1):
        said = row.get("short") or MARK.sub("", row.get("answer") or "").strip()
        answers = [row["right"]] if row.get("right") else [said] if row["mark"] == "good" else []
        refused = bool(row.get("abstained")) and row["mark"] == "good" and not row.get("right")
        if answers or refused:
            questions.append({
                "id": f"feedback-{number}", "question": row["question"], "answers": [] if refused else answers,
                "answerable": not refused, "context_id": next(iter(row.get("document_ids") or ()), None),
            })  # fmt: skip
    return questions
