"""`ondol models bench`: how fast a model really is here, beside what was reckoned."""

from __future__ import annotations

from typing import Any

import typer

from ondol.cli.models import models
from ondol.cli.options import Context, Device, Dtype, Home, Json, Offline, Option, model_options, settings_of
from ondol.cli.output import print_json, say, size_text


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
    try:
        with watch() as used:
            found = write(model, prompt_tokens=prompt_tokens, tokens=tokens)
    finally:
        if hasattr(model, "close"):
            model.close()
    context = int(getattr(model, "context", 0) or 4096)
    return {
        "model": spec,
        "load_s": round(opened.seconds, 3),
        **found,
        "memory_bytes": max(opened.grown, used.peak - opened.before),
        "predicted": predict(spec, settings, context),
    }


def predict(spec: str, settings: Any, context: int) -> dict[str, Any] | None:
    """Memory and speed as reckoned; None for a model that does not run in this process."""
    from ondol.assemble import open_model_store
    from ondol.fit.machine import measure_machine
    from ondol.fit.memory import Use
    from ondol.fit.report import judge
    from ondol.fit.shape_sources import find_shape

    runtime, _, name = spec.partition(":")
    if runtime not in ("llama.cpp", "hf"):
        return None
    shape = find_shape(name, open_model_store(settings))
    quant = "F32" if runtime == "hf" and settings.dtype in ("", "float32") else ""
    use = Use(context=context, quant=quant, runtime="hf" if runtime == "hf" else "llama.cpp")
    fit = judge(shape, use, measure_machine(settings.home)).row()
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
    print(f"  memory       {size_text(row['memory_bytes'])}{beside}")
