"""`ondol models convert`: a Hugging Face folder, or a LoRA, as GGUF."""

from __future__ import annotations

from pathlib import Path

import typer

from ondol.cli.models import models
from ondol.cli.options import Json
from ondol.cli.output import print_json, say, size_text


def register(_: typer.Typer) -> None:
    models.command(epilog="For example: ondol models convert models/my-tuned --out my-tuned.gguf --dtype q8_0")(convert)


def convert(
    folder: Path = typer.Argument(help="With config.json and *.safetensors, or a PEFT folder with a LoRA."),
    out: Path = typer.Option(..., metavar="FILE.gguf", help="Where to write; what stands there is replaced."),
    dtype: str = typer.Option("f16", help="f32, f16, bf16, q8_0 or q4_0; a LoRA is always f32."),
    base: Path | None = typer.Option(None, metavar="PATH", help="A LoRA's base: its folder or its GGUF file."),
    as_json: Json = False,
) -> None:
    """Write a model or LoRA as one GGUF file that llama.cpp opens."""
    folder, out = folder.expanduser(), out.expanduser()
    kind = "adapter" if (folder / "adapter_config.json").is_file() else "model"
    write(kind, folder, out, dtype=dtype, base=base)
    size = out.stat().st_size
    if as_json:
        print_json({"path": str(out), "kind": kind, "bytes": size})
    else:
        say("Wrote {path} ({size}).", path=out, size=size_text(size))


def write(kind: str, folder: Path, out: Path, *, dtype: str, base: Path | None) -> None:
    """Check the call and convert.

    Raises:
        UsageError: the file's name does not end in .gguf, or a LoRA comes without its base.
    """
    from ondol.convert import CONVERTERS
    from ondol.errors import UsageError
    from ondol.registry import resolve

    if out.suffix != ".gguf":
        raise UsageError("The file {path} must end in .gguf.", hint="Such as --out my-model.gguf", path=out)
    if kind == "model" and base:
        raise UsageError(
            "--base belongs to a LoRA, and {folder} is a whole model.", hint="Leave --base out.", folder=folder
        )
    converter = resolve("ondol.convert", CONVERTERS, kind, what="converter")
    if kind == "model":
        converter(folder, out, dtype=dtype)
        return
    from ondol.convert.config import read_base_config

    if base is None and not (folder / "config.json").is_file():
        raise UsageError(
            "{folder} is a LoRA, and its base must be known.",
            hint="Name the base's folder or GGUF file with --base.", folder=folder,
        )  # fmt: skip
    converter(folder, out, base_config=read_base_config((base or folder).expanduser()))
