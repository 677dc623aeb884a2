"""PEFT adapters: LoRA is merged into the network when it is loaded, a prefix stands before every prompt."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from peft import PeftModel, PeftType, get_peft_model_state_dict
from safetensors import safe_open

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.model_store.json_file import read_object
from ondol.model_store.store import ModelStore
from ondol.models.hf.hub import find_repository, is_repository
from ondol.models.hf.loading import quiet
from ondol.models.hf.weights import list_weights


def find_adapter(name: str, *, store: ModelStore) -> Path:
    """The folder of an adapter by path or hub id.

    Raises:
        NotFound: there is none.
        UnusableInput: it is no PEFT adapter, or its weights are pickles.
    """
    path = Path(name).expanduser()
    if not path.exists() and is_repository(name):
        path = find_repository(name, offline=store.offline)
    if not path.exists():
        raise NotFound("There is no adapter at {path}.", hint="Name a folder or a hub id.", path=path)
    if not (path / "adapter_config.json").is_file():
        raise UnusableInput(
            "{path} is no PEFT adapter: adapter_config.json is missing.",
            hint="A GGUF adapter is for llama.cpp; a whole model is opened as hf:{path}.", path=path,
        )  # fmt: skip
    read_object(path / "adapter_config.json")
    list_weights(path, one="adapter_model.safetensors")
    return path


def taught_template(adapter: Path) -> str:
    """The chat template that it was taught with; empty where the adapter brings none."""
    path = adapter / "chat_template.jinja"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def attach(network: Any, adapter: Path, *, merge: bool) -> Any:
    """The network with the adapter in it.

    Args:
        merge: add it to the weights. Left apart, float32 adapter weights over a bfloat16 base made every token
            several times slower; quantised weights cannot take it.

    Raises:
        UsageError: the adapter belongs to another base.
    """
    try:
        with quiet(), warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            joined = PeftModel.from_pretrained(network, str(adapter), is_trainable=False)
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise _misfit(network, adapter, " ".join(str(error).split())[:200]) from error
    lacking = [str(row.message) for row in heard if "missing adapter keys" in str(row.message).lower()]
    if lacking:
        raise _misfit(network, adapter, lacking[0].split("\n")[0][:200])
    if joined.active_peft_config.is_prompt_learning:
        return _with_prefix(joined)
    with safe_open(adapter / "adapter_model.safetensors", "pt") as file:
        lost = {name for name in file.keys() if ".lora_" in name} - set(get_peft_model_state_dict(joined))  # noqa: SIM118
    if lost:  # peft passes over weights that have no place
        raise _misfit(network, adapter, f"{len(lost)} of its weights have no place, {min(lost)} among them")
    return joined.merge_and_unload() if merge else joined


def _with_prefix(joined: Any) -> Any:
    """The base, with `ondol_prefix`: a new cache that holds the prefix, as often as it is called.

    Raises:
        UnusableInput: the adapter puts vectors before the prompt, not keys and values.
    """
    if joined.active_peft_config.peft_type != PeftType.PREFIX_TUNING:
        raise UnusableInput(
            "ondol opens no adapter of the kind {kind}.", hint="Train a LoRA or a prefix.",
            kind=str(joined.active_peft_config.peft_type),
        )  # fmt: skip
    network = joined.get_base_model()
    network.ondol_prefix = lambda: joined.get_prompt(1)
    return network


def _misfit(network: Any, adapter: Path, reason: str) -> UsageError:
    made_for = read_object(adapter / "adapter_config.json").get("base_model_name_or_path") or "unknown"
    return UsageError(
        "The adapter {adapter} does not fit this base ({kind}): {reason}",
        hint="Open the base that it was trained on: {made_for}.",
        adapter=adapter, kind=network.config.model_type, reason=reason, made_for=made_for,
    )  # fmt: skip
