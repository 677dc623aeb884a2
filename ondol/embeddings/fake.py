"""Hashed words and letter groups: an embedder without a model, for tests and for trying things."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.lang import nfc

DIMENSION = 256
WORD = re.compile(r"\w+")


def open_fake(name: str = "", **_: Any) -> FakeEmbeddings:
    """Open the fake; it takes the options of every opener and needs none."""
    return FakeEmbeddings(name)


class FakeEmbeddings(TextEmbeddings):
    """Texts are near when they share words, or two letters in a row (which finds Korean nouns before particles)."""

    max_tokens = 256

    def __init__(self, name: str = "") -> None:
        self.fingerprint = Fingerprint(
            model=f"fake:{name}", weights="hashed-v1", dimension=DIMENSION, pooling="sum", normalized=True
        )

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:  # noqa: ARG002 - both roles hash alike
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(text):
                digest = hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=4).digest()
                number = int.from_bytes(digest, "little")
                vector[number % DIMENSION] += weight if number >> 31 else -weight
            if not vector.any():
                vector[0] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [match.span() for match in WORD.finditer(text)]


def _features(text: str) -> Iterator[tuple[str, float]]:
    """Words, and pairs of letters at half the weight."""
    for word in WORD.findall(nfc(text).casefold()):
        yield word, 1.0
        for first, second in pairwise(word):
            yield first + second, 0.5
