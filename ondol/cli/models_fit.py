"""`ondol models fit`: which model fits this machine, how fast it would be, and what would fit instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import typer

from ondol.cli.models import models
from ondol.cli.models_choice import judge_all
from ondol.cli.options import Home, Json, Offline, settings_of
from ondol.cli.output import print_json, say, size_text


def register(_: typer.Typer) -> None:
    models.command(epilog="For example: ondol models fit qwen3-8b --context 32768 --memory 16")(fit)


def fit(
    names: list[str] = typer.Argument(None, help="Names, paths or hub:owner/repo; without one the whole catalogue."),
    context: int = typer.Option(4096, min=1, help="Tokens of prompt and answer; when tuning, of one example."),
    kv: str = typer.Option(
        "f16", help="Numbers of the KV cache: f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl."
    ),
    quant: str = typer.Option("", help="Format of the weights, such as Q4_K_M; as they lie there when left out."),
    method: str = typer.Option("inference", help="What to do: inference, lora, qlora or full."),
    slots: int = typer.Option(1, min=1, help="Conversations at once."),
    memory: float = typer.Option(0, min=0, help="Reckon for another machine with so many GB."),
    as_json: Json = False,
    home: Home = None,
    offline: Offline = None,
) -> None:
    """Show memory and speed that models need on this machine, without loading one."""
    from ondol.fit.memory import Use

    use: Any = Use
    wanted = use(context=context, kv=kv.lower(), quant=quant.upper(), method=method, slots=slots)
    rows = [row.row() for row in judge_all(names or [], wanted, memory, settings_of(home=home, offline=offline))]
    print_json({"models": rows}) if as_json else _show(rows)


WORDS = {"yes": "yes", "tight": "yes, with little room", "no": "no"}
WIDTHS = (30, 8, 10, 10, 10)


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    from ondol.cli.columns import pad
    from ondol.lang import translate

    titles = [translate(title) for title in ("model", "format", "size", "memory", "tokens/s", "fits")]
    print("".join(pad(title, width) for title, width in zip(titles, WIDTHS, strict=False)) + titles[-1])
    for row in rows:
        speed = row["tokens_per_s"]
        cells = [
            row["name"],
            row["quant"] or row["method"],
            size_text(row["weight_bytes"]),
            size_text(row["memory_bytes"]),
            "–" if speed is None else f"{speed:.0f}" if speed >= 10 else f"{speed:.1f}",
        ]
        line = "".join(pad(f"{cell} ", width) for cell, width in zip(cells, WIDTHS, strict=True))
        print(line + _verdict(row))
    if rows:
        tokens = max(row["context"] for row in rows)
        free = {row["device"]: size_text(row["available_bytes"]) for row in rows}
        if "cuda" in free:
            say("Memory of the GPU, where transformers would run: {free}.", free=free["cuda"])
        free_text = free.get("cpu", free.get("cuda"))
        say("Free memory: {free}. Reckoned for {tokens} tokens; nothing was loaded.", free=free_text, tokens=tokens)


def _verdict(row: Mapping[str, Any]) -> str:
    """`no; needs CUDA; would fit: lora`."""
    from ondol.lang import translate

    told = [translate(WORDS[row["fits"]])]
    if row["needs"]:
        told.append(translate("needs {thing}", thing=row["needs"]))
    if row["instead"]:
        told.append(translate("would fit: {change}", change=row["instead"]))
    elif row["fits"] == "no" and not row["needs"]:
        told.append(translate("too large"))
    return "; ".join(told)
