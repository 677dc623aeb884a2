"""A packed 4-bit E5 (`E5S1`) → a plain sentence-transformers folder."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from ondol.errors import Damaged

MAGIC = b"E5S1"
BLOCK = 32
"""Weights in a block: one fp16 scale and 16 bytes, low halves first, 8 taken off."""
NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
PROMPTS = {"query": "query: ", "passage": "passage: "}


@dataclass(slots=True)
class Reader:
    """Little-endian fields of the file, one after the other."""

    data: bytes
    at: int = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return values

    def take_array(self, kind: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values


@dataclass(slots=True)
class Packed:
    """The file's parts: sizes, vocabulary with scores, tensors by their short names."""

    hidden: int
    layers: int
    heads: int
    inner: int
    rows: int
    positions: int
    types: int
    epsilon: float
    special: dict[str, int] = field(default_factory=dict)
    """<s>, </s>, <pad> and <unk> → id."""
    vocabulary: list[tuple[str, float]] = field(default_factory=list)
    tensors: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Name → kind (0 fp32, 1 blocks of 4 bits), number of values, offset."""


def convert_e5(folder: Path) -> None:
    """Replace the one `.bin` file in `folder` by model.safetensors (fp16), tokenizer.json and their configs.

    A weight is an fp16 scale times −8…7, so fp16 keeps it to 2⁻¹¹ of itself: the vectors agree with fp32 ones to a
    cosine of 0.999999, at 236 instead of 471 MB.
    """
    source = next(folder.glob("*.bin"))
    data = source.read_bytes()
    packed = read_packed(data)
    save_file(dict(_tensors(data, packed)), folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # the library makes it private
    make_tokenizer(packed).save(str(folder / "tokenizer.json"), pretty=False)
    for name, content in _configs(packed).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    source.unlink()


def read_packed(data: bytes) -> Packed:
    """Parse everything but the tensors.

    Raises:
        Damaged: not a file of this format.
    """
    reader = Reader(data)
    magic, _version = reader.take("4sI")
    if magic != MAGIC:
        raise Damaged("The packed model does not begin with E5S1.")
    hidden, layers, heads, inner, rows, positions, types, epsilon, block = reader.take("7ifi")
    if block != BLOCK:
        raise Damaged("The packed model has blocks of {block} weights, not 32.", block=block)
    packed = Packed(hidden, layers, heads, inner, rows, positions, types, epsilon)
    pieces, *special, text_bytes = reader.take("5iQ")
    packed.special = dict(zip(("<s>", "</s>", "<pad>", "<unk>"), special, strict=True))
    ends = reader.take_array("<u4", pieces + 1)
    scores = reader.take_array("<f4", pieces).astype(np.float64)
    text = reader.take_array("u1", text_bytes).tobytes()
    packed.vocabulary = [(text[a:b].decode(), float(s)) for (a, b), s in zip(pairwise(ends), scores, strict=True)]
    _, map_bytes = reader.take("iI")  # the normalisation map: NFKC but for what make_tokenizer says
    reader.at += map_bytes
    for _ in range(reader.take("i")[0]):
        name = reader.take_array("u1", reader.take("H")[0]).tobytes().decode()
        kind, count, offset, _ = reader.take("BIQQ")
        packed.tensors[name] = kind, count, offset
    return packed


def make_tokenizer(packed: Packed) -> Tokenizer:
    """Unigram over ▁-marked words, as SentencePiece's `nmt_nfkc` does it.

    The map in the file equals NFKC for all but 119 characters: controls vanish, odd spaces become spaces; the rest
    (full-width tilde, a few letters newer than the map) does not matter.
    """
    tokenizer = Tokenizer(models.Unigram(packed.vocabulary, packed.special["<unk>"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace(Regex("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
        normalizers.Replace(Regex("[\t\n\x0c\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
        normalizers.NFKC(),
        normalizers.Replace(Regex(" {2,}"), " "),
    ])  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = packed.special
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(name, special[name]) for name in ("<s>", "</s>")],
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (*special, "<mask>")])
    return tokenizer


def _tensors(data: bytes, packed: Packed) -> Iterator[tuple[str, NDArray[np.float16]]]:
    widths = {"emb.word": packed.hidden, "emb.pos": packed.hidden, "emb.type": packed.hidden, "fo.w": packed.inner}
    for name, (kind, count, offset) in packed.tensors.items():
        layer, _, short = name.partition(".") if name.startswith("l") else ("", "", name)
        part, _, role = (short, "", "") if short in NAMES else short.rpartition(".")
        full = NAMES[part] + {"w": ".weight", "b": ".bias", "": ""}[role]
        values = _unpack(data, count, offset) if kind else np.frombuffer(data, "<f4", count, offset)
        matrix = not role or (role == "w" and "LayerNorm" not in full)
        shape = (-1, widths.get(short, packed.hidden)) if matrix else (-1,)
        prefix = f"encoder.layer.{layer[1:]}." if layer else ""
        yield prefix + full, values.astype(np.float16).reshape(shape)


def _unpack(data: bytes, count: int, offset: int, *, step: int = 1 << 18) -> NDArray[np.float16]:
    """Blocks of 4 bits → fp16, `step` blocks at a time (the word matrix would be 400 MB in fp32 and its codes)."""
    blocks = np.frombuffer(data, np.uint8, count // BLOCK * 18, offset).reshape(-1, 18)
    values = np.empty((len(blocks), BLOCK), np.float16)
    for start in range(0, len(blocks), step):
        part = blocks[start : start + step]
        scale = part[:, :2].copy().view("<f2").astype(np.float32)
        codes = np.concatenate([part[:, 2:] & 15, part[:, 2:] >> 4], axis=1).astype(np.float32)
        values[start : start + step] = scale * (codes - 8)
    return values


def _configs(packed: Packed) -> dict[str, Any]:
    special = packed.special
    names = {"bos": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>", "cls": "<s>", "sep": "</s>", "mask": "<mask>"}
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": packed.hidden,
            "intermediate_size": packed.inner,
            "layer_norm_eps": float(f"{packed.epsilon:.3g}"),
            "max_position_embeddings": packed.positions,
            "num_attention_heads": packed.heads,
            "num_hidden_layers": packed.layers,
            "pad_token_id": special["<pad>"],
            "type_vocab_size": packed.types,
            "vocab_size": packed.rows,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": packed.positions,
            **{f"{role}_token": name for role, name in names.items()},
        },
        "sentence_bert_config.json": {"max_seq_length": packed.positions, "do_lower_case": False},
        "modules.json": [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": packed.hidden,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
    }
