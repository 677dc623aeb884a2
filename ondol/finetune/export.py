"""A run written in the forms that other programs read: PEFT, GGUF, Ollama."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ondol.convert import CONVERTERS
from ondol.errors import UsageError
from ondol.finetune import MERGERS
from ondol.finetune.folder import ADAPTER, MODEL, gguf_of, read_about
from ondol.finetune.template import TUNED_TEMPLATE
from ondol.model_store.manifest import write_atomic
from ondol.model_store.store import ModelStore
from ondol.registry import resolve

OLLAMA_PLAIN = """\
{{ if .System }}{{ .System }}

{{ end }}User:
{{ .Prompt }}

Assistant:
{{ .Response }}"""
"""`TUNED_TEMPLATE` in Ollama's language."""


def export_adapter(folder: Path, target: Path, *, store: ModelStore, whole: bool, dtype: str) -> None:
    """Write the run's adapter or, with `whole`, its base with the adapter merged in.

    Args:
        target: a folder for PEFT or transformers; a name that ends in .gguf for llama.cpp.
        dtype: of a whole GGUF (f32, f16, bf16, q8_0, q4_0).

    Raises:
        UsageError: the target is there already, or cannot be written from such a run.
        UnusableInput: llama.cpp has no place for it.
    """
    about = read_about(folder)
    if target.exists():
        raise UsageError("{path} is there already.", hint="Choose another name.", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix != ".gguf":
        _write_folder(folder, about, target, store=store, whole=whole)
    elif whole or about["method"] == "full":
        _write_whole(folder, about, target, store=store, dtype=dtype)
    elif gguf_of(folder).is_file():
        write_atomic(target, gguf_of(folder).read_bytes())
    else:
        raise UsageError(
            "The adapter cannot be written as GGUF: {reason}.", hint="Write the merged model: add --merged",
            reason=about.get("gguf", ""),
        )  # fmt: skip


def _write_folder(folder: Path, about: dict[str, Any], target: Path, *, store: ModelStore, whole: bool) -> None:
    if about["method"] == "full":
        _copy(folder / MODEL, target)
    elif whole:
        merger(about)(about["base"], folder / ADAPTER, target, store=store)
    else:
        _copy(folder / ADAPTER, target)


def _write_whole(folder: Path, about: dict[str, Any], target: Path, *, store: ModelStore, dtype: str) -> None:
    write = resolve("ondol.convert", CONVERTERS, "model", what="converter")
    if about["method"] == "full":
        write(folder / MODEL, target, dtype=dtype)
        return
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".merged-") as merged:
        merger(about)(about["base"], folder / ADAPTER, Path(merged) / MODEL, store=store)
        write(Path(merged) / MODEL, target, dtype=dtype)


def merger(about: dict[str, Any]) -> Callable[..., None]:
    kind = "lora" if about["method"] in ("lora", "qlora") else about["method"]
    if kind not in MERGERS:
        raise UsageError(
            "Only a LoRA can be merged into its base; a prefix stands before the prompt.",
            hint="Open it as it is: --model {base} --adapter NAME", base=about["base"],
        )  # fmt: skip
    return resolve("ondol.finetune", MERGERS, kind, what="merger")


def write_modelfile(path: Path, *, model: str, adapter: str = "", template: str = "") -> None:
    """An Ollama Modelfile: `ollama create NAME -f Modelfile`.

    Args:
        model: the base, a .gguf beside the file or a name that Ollama knows.
        template: that the run was taught with where its base has none; others Ollama finds in the GGUF.
    """
    lines = [f"FROM {model}"]
    lines += [f"ADAPTER {adapter}"] if adapter else []
    if template == TUNED_TEMPLATE:
        lines.append(f'TEMPLATE """{OLLAMA_PLAIN}"""')
    lines.append("PARAMETER temperature 0")
    write_atomic(path, ("\n".join(lines) + "\n").encode())


def _copy(source: Path, target: Path) -> None:
    partial = target.with_name(f".partial-{target.name}")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(source, partial)
    partial.rename(target)
