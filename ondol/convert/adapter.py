"""A PEFT folder with a LoRA as a GGUF adapter, for llama.cpp."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind

from ondol.convert.architectures import Architecture, find_architecture
from ondol.convert.config import heads, need, read_json
from ondol.convert.model import write_file
from ondol.convert.tensors import Row, find_arch
from ondol.convert.weights import Array, Weight, list_weights, permute_rows, read_weight
from ondol.errors import Damaged, UnusableInput

PART = re.compile(r"^base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight$")


def write_gguf_adapter(
    adapter_folder: Path, target: Path, *, base_config: dict[str, Any], template: str = "", half: bool = False
) -> None:
    """Convert a LoRA that belongs to the base with this config.json.

    llama.cpp multiplies by alpha / rank; where PEFT multiplies by something else (rsLoRA, patterns), the rest is
    folded into the second matrix.

    Args:
        template: the chat template that it was taught with.
        half: keep the numbers in fp16 (2⁻¹¹ of each) and not as they are, in float32.

    Raises:
        NotFound, Damaged: files are missing, or not whole.
        UnusableInput: pickles, DoRA, or more than llama.cpp can add to a model that it has open.
        BackendError: the file cannot be written.
    """
    config = read_json(adapter_folder / "adapter_config.json")
    _check_kind(config)
    architecture = find_architecture(base_config)
    names = gguf.get_tensor_name_map(find_arch(architecture), int(need(base_config, "num_hidden_layers")))
    rows, kind = [], Kind.F16 if half else Kind.F32
    for module, pair in _list_pairs(adapter_folder).items():
        found = names.get_name(f"{module}.weight", try_suffixes=(".weight",))
        if not found or not found.startswith("blk."):
            raise _too_much(f"it changes {module}")
        left, right = pair["A"], pair["B"]
        read = partial(_read_second, module, right, config, base=base_config, architecture=architecture)
        rows.append(Row(name=f"{found}.lora_a", shape=left.shape, kind=kind, read=partial(read_weight, left)))
        rows.append(Row(name=f"{found}.lora_b", shape=right.shape, kind=kind, read=read))
    writer = gguf.GGUFWriter(None, architecture.name)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(need(config, "lora_alpha")))
    if template:
        writer.add_chat_template(template)
    write_file(writer, target, rows)


def _check_kind(config: dict[str, Any]) -> None:
    if config.get("peft_type") != "LORA":
        raise _too_much(f"it is of the kind {config.get('peft_type')}")
    if config.get("use_dora"):
        raise _too_much("DoRA scales the base's own weights")
    if config.get("modules_to_save"):
        raise _too_much("it brings whole layers of its own")
    if config.get("fan_in_fan_out") or config.get("lora_bias") or config.get("bias", "none") != "none":
        raise _too_much("it changes biases or turned matrices")


def _list_pairs(folder: Path) -> dict[str, dict[str, Weight]]:
    """Both matrices of each module, by the module's name in the base."""
    pairs: dict[str, dict[str, Weight]] = {}
    for name, weight in list_weights(folder, one="adapter_model.safetensors").items():
        part = PART.match(name)
        if not part:
            raise _too_much(f"it holds {name}")
        pairs.setdefault(part["module"], {})[part["side"]] = weight
    halves = [module for module, pair in pairs.items() if len(pair) < 2]
    if halves:
        raise Damaged("The adapter holds only half of {module}.", hint="Fetch or train it again.", module=halves[0])
    return pairs


def _read_second(
    module: str, weight: Weight, config: dict[str, Any], *, base: dict[str, Any], architecture: Architecture
) -> Array:
    """(out, rank): rows in llama.cpp's order, and with what its own alpha / rank leaves out of the scale."""
    rank, alpha = weight.shape[1], float(need(config, "lora_alpha"))
    own = _find_pattern(config.get("alpha_pattern"), module, alpha)
    scale = own / (rank**0.5 if config.get("use_rslora") else rank)
    array = read_weight(weight) * np.float32(scale / (alpha / rank))
    queries, keys = heads(base)
    if architecture.permuted and module.endswith((".q_proj", ".k_proj")):
        return permute_rows(array, queries if module.endswith(".q_proj") else keys)
    return array


def _find_pattern(patterns: dict[str, float] | None, module: str, default: float) -> float:
    """PEFT's rule: the first pattern that is the module's name or the end of it behind a dot."""
    found = (value for key, value in (patterns or {}).items() if re.match(rf"(.*\.)?({key})$", module))
    return float(next(found, default))


def _too_much(reason: str) -> UnusableInput:
    return UnusableInput(
        "llama.cpp cannot add this adapter to an open model: {reason}.",
        hint="Merge it into its base and convert the whole model.", reason=reason,
    )  # fmt: skip
