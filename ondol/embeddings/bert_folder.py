"""What a sentence-transformers folder of the BERT family says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Never

from ondol.bert.folder import Bert, read_bert, read_json
from ondol.errors import BackendError, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class BertFolder:
    """Encoder, pooling and prefixes."""

    path: Path
    bert: Bert
    pooling: Literal["mean", "cls"]
    query_prefix: str
    passage_prefix: str

    @property
    def weights(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer.json"


def read_bert_folder(path: Path) -> BertFolder:
    """Read the JSON files of a folder.

    Raises:
        NotFound: config.json, tokenizer.json or model.safetensors is missing.
        BackendError: the model is not one that `bert.graph` can build.
    """
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        if not (path / name).is_file():
            raise NotFound(
                "{path} is not an embedding model: {name} is missing.",
                hint="It needs config.json, tokenizer.json and model.safetensors, as sentence-transformers saves them.",
                path=path,
                name=name,
            )
    bert, reason = read_bert(path)
    if bert is None:
        _refuse(path, reason)
    prompts = read_json(path / "config_sentence_transformers.json").get("prompts") or {}
    return BertFolder(
        path=path,
        bert=bert,
        pooling=_pooling(path),
        query_prefix=prompts.get("query", ""),
        passage_prefix=prompts.get("passage") or prompts.get("document") or "",
    )


def _pooling(path: Path) -> Literal["mean", "cls"]:
    """Mean where the folder does not say, as sentence-transformers does."""
    modules = read_json(path / "modules.json") or []
    kinds = [str(row["type"]).rsplit(".", 1)[-1] for row in modules]
    if set(kinds) - {"Transformer", "Pooling", "Normalize"}:
        _refuse(path, f"its modules are {', '.join(kinds)}")
    place = next((row["path"] for row, kind in zip(modules, kinds, strict=True) if kind == "Pooling"), "1_Pooling")
    config = read_json(path / place / "config.json")
    modes = [
        name.removeprefix("pooling_mode_") for name, on in config.items() if on is True and "pooling_mode_" in name
    ]
    mode = str(config.get("pooling_mode") or "+".join(modes) or "mean").replace("mean_tokens", "mean")
    mode = mode.replace("cls_token", "cls")
    if mode not in ("mean", "cls"):
        _refuse(path, f"its pooling is {mode}")
    return "cls" if mode == "cls" else "mean"


def _refuse(path: Path, reason: str) -> Never:
    raise BackendError(
        "ondol cannot run the embedding model in {path}: {reason}.",
        hint="Encoders of the BERT family with mean or cls pooling can be run.",
        path=path,
        reason=reason,
    )
