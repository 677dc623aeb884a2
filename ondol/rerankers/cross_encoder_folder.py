"""What a folder with a cross-encoder says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from ondol.bert.folder import Bert, read_bert, read_json
from ondol.errors import BackendError, NotFound
from ondol.model_store.safetensors_file import check_weights, read_safetensors_header

HEADS = {
    "BertForSequenceClassification": ("bert.pooler.dense", "classifier"),
    "RobertaForSequenceClassification": ("classifier.dense", "classifier.out_proj"),
    "XLMRobertaForSequenceClassification": ("classifier.dense", "classifier.out_proj"),
}
"""Architectures whose graph ondol builds → the two linear layers from the first token to the score, tanh between."""
LONGEST = 512
"""Tokens, where a folder does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossEncoderFolder:
    path: Path
    max_length: int
    """Tokens of a pair at most, special ones included."""
    types: int
    """Token types that the model tells apart; 1 or 0 where it does not."""
    head: tuple[str, str] | None
    """The head that is built, with `bert` and `weights`; None where `graph` is taken as it is."""
    bert: Bert | None
    graph: Path | None

    @property
    def weights(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer.json"


def read_cross_encoder_folder(path: Path) -> CrossEncoderFolder:
    """Read the JSON files of a folder and choose between building the graph and taking one that is there.

    Raises:
        NotFound: config.json or tokenizer.json is missing, or there are no weights.
        UnusableInput: the weights are pickles.
        BackendError: it is no cross-encoder, or of a kind that cannot be run.
    """
    for name in ("config.json", "tokenizer.json"):
        if not (path / name).is_file():
            _miss(path, name)
    config = read_json(path / "config.json")
    architecture = str((config.get("architectures") or ["unknown"])[0])
    bert, reason = read_bert(path)
    head = HEADS.get(architecture)
    graph = None
    if not (bert and head and (path / "model.safetensors").is_file()):
        graph = find_graph(path)
        if graph is None:
            check_weights(path)
            if not (path / "model.safetensors").is_file():
                _miss(path, "model.safetensors")
            _refuse(path, reason or f"it is a {architecture}, which gives no score for a pair")
        head = None
    else:
        _check_head(path, head)
    return CrossEncoderFolder(
        path=path, max_length=_max_length(path, config, bert), types=bert.types if bert else 2, head=head, bert=bert,
        graph=graph,
    )  # fmt: skip


def find_graph(path: Path) -> Path | None:
    """The graph a folder brings: an int8 one of this kind of processor before others, then the shortest name."""
    found = [file for place in ("onnx", ".") for file in (path / place).glob("model*.onnx")]
    order = sorted(found, key=lambda file: (not _is_int8(file.name), "arm64" in file.name, len(file.name), file.name))
    return order[0] if order else None


def _is_int8(name: str) -> bool:
    return "int8" in name or "quantized" in name


def _check_head(path: Path, head: tuple[str, str]) -> None:
    shapes = {tensor.name: tensor.shape for tensor in read_safetensors_header(path / "model.safetensors")}
    for name in head:
        if f"{name}.weight" not in shapes:
            _refuse(path, f"its weights hold no {name}")
    labels = shapes[f"{head[1]}.weight"][0]
    if labels > 2:
        _refuse(path, f"it tells {labels} classes apart, which is no score")


def _max_length(path: Path, config: Any, bert: Bert | None) -> int:
    """The least that the encoder, sentence-transformers' file and the tokenizer's file say."""
    known = read_json(path / "tokenizer_config.json").get("model_max_length")
    said = [bert.max_length if bert else config.get("max_position_embeddings", LONGEST), known or LONGEST]
    return int(min(said))


def _miss(path: Path, name: str) -> Never:
    raise NotFound(
        "{path} is no cross-encoder: {name} is missing.",
        hint="It needs config.json, tokenizer.json and model.safetensors or onnx/model.onnx, "
        "as sentence-transformers saves them.",
        path=path, name=name,
    )  # fmt: skip


def _refuse(path: Path, reason: str) -> Never:
    raise BackendError(
        "ondol cannot run the reranker in {path}: {reason}.",
        hint="Cross-encoders of the BERT family with one or two labels can be run, and folders with onnx/model.onnx.",
        path=path, reason=reason,
    )  # fmt: skip
