"""What `add` and `sync` print when they are done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ondol.cli.output import INTERRUPTED, print_json, say, tell

ALIKE_SHOWN = 5
ADDED = (
    "{added} added, {updated} updated, {unchanged} unchanged, {failures} failed · chunks: {chunks} · {seconds:.1f} s"
)


def print_report(report: dict[str, Any], *, as_json: bool) -> None:
    for row in report["failed"]:
        tell("not added: {path}: {reason}", **row)
    for row in report["skipped"]:
        tell("left out: {path}: {reason}", **row)
    for row in report["hidden"]:
        tell("hidden text left out: {path}: {reason}", **row)
    for row in report["alike"][:ALIKE_SHOWN]:
        tell("nearly the same: {path} and {other} ({likeness:.0%})", **row)
    if len(report["alike"]) > ALIKE_SHOWN:
        tell("{count} more; all of them: ondol list --alike", count=len(report["alike"]) - ALIKE_SHOWN)
    if as_json:
        print_json(report)
        return
    say(ADDED, **report, failures=len(report["failed"]))
    if report["moved"] or report["removed"]:
        say("{moved} moved, {removed} removed", **report)


@contextmanager
def until_interrupted() -> Iterator[None]:
    """Ctrl-C ends the work with a line that says how it goes on."""
    try:
        yield
    except KeyboardInterrupt:
        tell("Stopped. The same command goes on from here.")
        raise typer.Exit(INTERRUPTED) from None
