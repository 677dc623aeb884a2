"""Adapters by name: found, listed, removed, brought in from elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput, UsageError
from ondol.finetune.folder import ADAPTER, MODEL, adapters_home, find_run, gguf_of, list_runs, read_about, write_about
from ondol.lang import translate
from ondol.model_store.json_file import read_object
from ondol.registry import split_spec


def take_adapter(
    home: Path, runtime: str, name: str, options: Mapping[str, Any], *, known: Collection[str]
) -> tuple[str, dict[str, Any]]:
    """A model's name and options with the adapter's name resolved to its files; a path stays as it is.

    Args:
        known: names of the catalogue, which cannot mean the same weights as another of them.

    Raises:
        NotFound: there is no such adapter.
        UsageError: it belongs to another base, or this runtime cannot open it.
    """
    asked = str(options.get("adapter") or "")
    if not asked or Path(asked).expanduser().exists() or "/" in asked or runtime not in ("hf", "llama.cpp"):
        return name, dict(options)
    folder = find_run(home, asked)
    about = read_about(folder)
    _, base = split_spec(about["base"], what="base", example="llama.cpp:gemma-3-270m")
    if base != name and base in known and name in known:
        raise UsageError(
            "The adapter '{adapter}' belongs to {base}, not to {name}.",
            hint="Open it with its base: --model {runtime}:{base} --adapter {adapter}", adapter=asked, base=base,
            name=name, runtime=runtime,
        )  # fmt: skip
    if about["method"] == "full":
        return _whole(folder, runtime, asked, options)
    file = folder / ADAPTER if runtime == "hf" else gguf_of(folder)
    if not file.exists():
        raise UsageError(
            "llama.cpp cannot open the adapter '{adapter}': {reason}.",
            hint="transformers can: --model hf:{base} --adapter {adapter}; or merge it: ondol adapters merge {adapter}",
            adapter=asked, reason=about.get("gguf") or translate("it has no GGUF file"), base=base,
        )  # fmt: skip
    return name, {**options, "adapter": str(file)}


def take_adapters(
    home: Path, runtime: str, name: str, options: Mapping[str, Any], *, known: Collection[str]
) -> dict[str, Any]:
    """The same for `adapters`, several with their scales on one base (`llama.cpp:`); raises as `take_adapter`."""
    scales = options.get("adapters")
    if not isinstance(scales, Mapping) or runtime != "llama.cpp":
        return dict(options)
    found = {
        str(take_adapter(home, runtime, name, {"adapter": one}, known=known)[1]["adapter"]): scale
        for one, scale in scales.items()
    }
    return {**options, "adapters": found}


def _whole(folder: Path, runtime: str, adapter: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """A run of the method `full` has made a model of its own."""
    rest = {name: value for name, value in options.items() if name != "adapter"}
    if runtime == "hf":
        return str(folder / MODEL), rest
    raise UsageError(
        "'{adapter}' is a whole model in transformers' form.",
        hint="Open it with --model hf:{path}, or write a GGUF: ondol adapters export {adapter} --to FILE.gguf",
        adapter=adapter, path=folder / MODEL,
    )  # fmt: skip


def remove_adapter(home: Path, name: str) -> dict[str, Any]:
    """Take a run and all that it made away, finished or not.

    Raises:
        NotFound: there is none of that name.
    """
    rows = {row["name"]: row for row in list_runs(home)}
    if name not in rows:
        find_run(home, name)  # says what is known
    folder = adapters_home(home) / Path(rows[name]["path"]).name
    gone = folder.with_name(f".removed-{folder.name}")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)  # at once, so that a killed process leaves no half of it
    shutil.rmtree(gone)
    return rows[name]


def import_adapter(home: Path, folder: Path, name: str, *, base: str = "") -> dict[str, Any]:
    """Copy a PEFT folder in, so that `--adapter NAME` opens it.

    Args:
        base: spec of the base; empty takes the one that the adapter names.

    Raises:
        UsageError: the name is taken, or nobody says what the base is.
        UnusableInput: it is no PEFT adapter with safetensors.
    """
    target = adapters_home(home) / name
    if not name or "/" in name or name.startswith(".") or target.exists():
        raise UsageError(
            "'{name}' cannot be the name of a new adapter.", hint="Choose another one with --name.", name=name
        )
    if not (folder / "adapter_config.json").is_file() or not (folder / "adapter_model.safetensors").is_file():
        raise UnusableInput(
            "{folder} is no PEFT adapter: it needs adapter_config.json and adapter_model.safetensors.",
            hint="Weights in *.bin are pickles, which ondol does not read; save them again as safetensors.",
            folder=folder,
        )  # fmt: skip
    config = read_object(folder / "adapter_config.json")
    base = base or str(config.get("base_model_name_or_path") or "")
    if not base:
        raise UsageError("The adapter does not say its base.", hint="Name it: --base hf:FOLDER")
    partial = target.with_name(f".partial-{name}")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(folder, partial / ADAPTER)
    about = {
        "name": name, "kind": "chat", "method": str(config.get("peft_type", "")).lower().removesuffix("_tuning"),
        "base": base if ":" in base else f"hf:{base}", "status": "done", "imported": True,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }  # fmt: skip
    write_about(partial, about)
    partial.rename(target)
    return {**about, "path": str(target)}
