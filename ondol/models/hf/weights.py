"""What a model's folder holds, read from its headers alone: no pickle, no foreign code, nothing damaged is loaded."""

from __future__ import annotations

from math import prod
from pathlib import Path

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from ondol.errors import UnusableInput, UsageError
from ondol.model_store.json_file import damaged, read_object, read_weight_map
from ondol.model_store.safetensors_file import read_safetensors_header

PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def check_folder(folder: Path) -> int:
    """Look at everything that can be seen before loading.

    Returns:
        The number of weights.

    Raises:
        UnusableInput: not a transformers folder, or its weights are pickles.
        UsageError: it would run its own code.
        Damaged: bytes are missing.
    """
    if not (folder / "config.json").is_file():
        raise UnusableInput(
            "{folder} is no transformers model: config.json is missing.",
            hint="Name the folder that holds config.json and *.safetensors, or a .gguf file.",
            folder=folder,
        )
    config = read_object(folder / "config.json")
    kind = config.get("model_type", "")
    if not isinstance(kind, str):
        raise damaged(folder / "config.json", "its model_type is no text")
    if "auto_map" in config and kind not in CONFIG_MAPPING:
        raise UsageError(
            "The model in {folder} needs Python code of its own ({kind}), and ondol runs no code of a model.",
            hint="Take a GGUF of it (--model llama.cpp:NAME), or a model that transformers knows itself.",
            folder=folder, kind=kind or "no model_type",
        )  # fmt: skip
    return sum(_count_weights(path) for path in list_weights(folder))


def list_weights(folder: Path, *, one: str = "model.safetensors") -> list[Path]:
    """The safetensors files that the model consists of.

    Raises:
        UnusableInput: there are none.
        Damaged: one that the index names is missing.
    """
    if (folder / one).is_file():
        return [folder / one]
    index = folder / f"{one}.index.json"
    if index.is_file():
        files = [folder / name for name in sorted(set(read_weight_map(index).values()))]
        missing = [path.name for path in files if not path.is_file()]
        if missing:
            raise damaged(folder, f"{', '.join(missing)} is missing")
        if files:
            return files
    pickles = [path.name for pattern in PICKLES for path in folder.glob(pattern)]
    if pickles:
        raise UnusableInput(
            "The weights in {folder} are pickles ({files}), which can run code when they are read.",
            hint="Take a model with *.safetensors; many hub repositories hold both.",
            folder=folder, files=", ".join(sorted(pickles)),
        )  # fmt: skip
    raise UnusableInput(
        "{folder} holds no *.safetensors.", hint="Fetch the whole model, or name another folder.", folder=folder
    )


def _count_weights(path: Path) -> int:
    return sum(prod(tensor.shape) for tensor in read_safetensors_header(path))
