"""`ondol models bench`: how fast a model really is here, beside what was reckoned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import typer

from ondol.cli.models import models
from ondol.cli.options import Context, Device, Dtype, Home, Json, Offline, Option, model_options, settings_of
from ondol.cli.output import print_json, say, size_text

TORCH = {"": "", "float32": "F32", "bfloat16": "BF16", "float16": "F16", "int8": "Q8_0", "int4": "Q4_0"}
"""Formats that take as many bytes as transformers' numbers."""


def register(_: typer.Typer) -> None:
    models.command(epilog="For example: ondol models bench llama.cpp:gemma-3-270m --tokens 64")(bench)


def bench(
    model: str = typer.Argument(help="Such as llama.cpp:gemma-3-270m, hf:path/to/folder or a name of the catalogue."),
    prompt_tokens: int = typer.Option(512, min=1, help="Tokens to read."),
    tokens: int = typer.Option(128, min=2, help="Tokens to write."),
    as_json: Json = False,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    option: Option = None,
    home: Home = None,
    offline: Offline = None,
) -> None:
    """Measure loading, reading and writing of a chat model on this machine."""
    settings = settings_of(home=home, offline=offline, context=context, device=device, dtype=dtype)
    spec = model if ":" in model else f"llama.cpp:{model}"
    options = model_options(None, option)
    row = measure(spec, settings, prompt_tokens=prompt_tokens, tokens=tokens, options=options)
    print_json(row) if as_json else _show(row)


def measure(spec: str, settings: Any, *, prompt_tokens: int, tokens: int, options: dict[str, Any]) -> dict[str, Any]:
    """Open the model, time it, and put what `ondol models fit` reckons beside it."""
    from ondol.assemble import open_model
    from ondol.fit.bench import watch, write

    if not settings.context and spec.partition(":")[0] in ("llama.cpp", "hf"):
        options = {"context": max(4096, prompt_tokens + tokens + 64), **options}
    with watch() as opened:
        model = open_model(spec, settings=settings, **options)
        if getattr(model, "is_base", False):  # it is loaded at its first call
            model.get_num_tokens("a")
    try:
        with watch() as used:
            found = write(model, prompt_tokens=prompt_tokens, tokens=tokens)
    finally:
        if hasattr(model, "close"):
            model.close()
    context = int(getattr(model, "context", 0) or 4096)
    elsewhere = spec.startswith("openai:")  # its weights are another process's
    return {
        "model": spec,
        "load_s": round(opened.seconds, 3),
        **found,
        "memory_bytes": None if elsewhere else max(opened.grown, used.peak - opened.before),
        "predicted": predict(spec, settings, context, options=options),
    }


def predict(
    spec: str, settings: Any, context: int, *, options: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Memory and speed as reckoned; None for a model that runs elsewhere or cannot be reckoned."""
    from ondol.assemble import open_model_store
    from ondol.errors import OndolError
    from ondol.fit.machine import measure_machine
    from ondol.fit.memory import Use
    from ondol.fit.report import judge
    from ondol.fit.shape_sources import find_shape

    runtime, _, name = spec.partition(":")
    if runtime not in ("llama.cpp", "hf"):
        return None
    given = {"dtype": settings.dtype, "device": settings.device, **(options or {})}
    try:
        shape = find_shape(name, open_model_store(settings))
    except OndolError:  # such as a repository in the hub's cache; what was measured is told all the same
        return None
    machine = measure_machine(settings.home)
    if str(given["device"]) in ("cpu", "mps"):
        machine = replace(machine, gpu="", gpu_bytes=0)
    if runtime == "hf":
        use = Use(context=context, quant=TORCH[str(given["dtype"])], runtime="hf")
    else:
        kv, slots = str(given.get("kv_type", "f16")), int(given.get("parallel", 1))
        use = Use(context=context, kv=kv, slots=slots, runtime="llama.cpp")
    fit = judge(shape, use, machine).row()
    return {name: fit[name] for name in ("memory_bytes", "prompt_tokens_per_s", "tokens_per_s", "fits")}


def _show(row: dict[str, Any]) -> None:
    told = row["predicted"] or {}
    say("{model}: loaded in {seconds:.1f} s", model=row["model"], seconds=row["load_s"])
    for label, name in (("prompt", "prompt_tokens_per_s"), ("writing", "tokens_per_s")):
        beside = f" (reckoned {told[name]:.0f})" if told.get(name) else ""
        shown = "–" if row[name] is None else f"{row[name]:.1f}"
        print(f"  {label:<12} {shown} tokens/s{beside}")
    first = row["first_token_ms"]
    print(f"  first token  {'–' if first is None else f'{first:.0f} ms'}")
    beside = f" (reckoned {size_text(told['memory_bytes'])})" if told else ""
    memory = "–" if row["memory_bytes"] is None else size_text(row["memory_bytes"])
    print(f"  memory       {memory}{beside}")
