"""What `ondol finetune` shows people: findings, plans, and what came of a run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ondol.cli.output import say, size_text, tell
from ondol.lang import translate


def show_run(about: Mapping[str, Any]) -> None:
    from ondol.evaluate.likelihood import compare_held_out

    say("Trained '{name}' in {seconds:.0f} s: {path}", **{key: about[key] for key in ("name", "seconds", "path")})
    if about.get("planned") and about.get("peak_mb"):
        planned, memory = about["planned"], size_text(about["peak_mb"] << 20)
        say("Planned: {planned} and {planned_time}; measured: {memory} and {time}.", memory=memory,
            planned=size_text(planned["memory_mb"] << 20), planned_time=_duration(planned["seconds"]),
            time=_duration(about["seconds"]))  # fmt: skip
    change = compare_held_out(Path(about["path"]))
    if change:
        print(change.told())
    elif about["kind"] == "chat":
        tell("No example was held out: whether it helped cannot be told. Give more of them, or --valid FILE.")
    if about["kind"] == "chat":
        say('Use it: ondol generate "…" --model {base} --adapter {name}', base=about["base"], name=about["name"])


def show_findings(found: Mapping[str, Any]) -> None:
    from rich.console import Console

    from ondol.finetune.picture import draw_terminal
    from ondol.tokens.encode import Encoded

    for mapping in found.get("mapping", ()):
        say("Columns: {mapping}", mapping=mapping)
    if "examples" in found:
        say("{train} examples to learn, {held} held out.", train=found["examples"], held=found["held_out"])
    marks = {"error": translate("error"), "warning": translate("warning"), "note": translate("note")}
    for row in found["findings"]:
        print(f"{marks[row['level']]}: {row['message']}")
        if row["rows"]:
            print("  " + ", ".join(row["rows"][:8]) + (" …" if len(row["rows"]) > 8 else ""))
        print(f"  → {row['fix']}")
    if not found["findings"]:
        say("Nothing wrong was found.")
    console, ends = Console(highlight=False), frozenset(found.get("ends", ()))
    for row in found.get("pictures", ()):
        print()
        console.print(draw_terminal(Encoded(row["ids"], row["labels"]), row["pieces"], ends, width=console.width))


def show_plan(reckoned: Mapping[str, Any]) -> None:
    said = "a step was tried" if reckoned["source"] == "probe" else "reckoned from its shape"
    say("{base} · {method} · {trainable:,} numbers are learnt · {steps} steps ({said})", said=translate(said),
        **{name: reckoned[name] for name in ("base", "method", "trainable", "steps")})  # fmt: skip
    say("Memory: {memory} of {free} that are free.", memory=size_text(reckoned["memory_mb"] << 20),
        free=size_text(reckoned["free_mb"] << 20))  # fmt: skip
    say("Time: {time}.", time=_duration(reckoned["seconds"]))
    if reckoned["fits"]:
        say("It fits.")
    elif reckoned["change"]:
        say("It does not fit. It would with: {change} ({memory}).", change=reckoned["change"],
            memory=size_text(reckoned["change_memory_mb"] << 20))  # fmt: skip
    else:
        say("It does not fit, and no change of the run would make it. Take a smaller base: ondol models fit")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
