"""Passage vectors that systems share which run the same weights, so that quality is measured in an hour, not a day.

Three of the rivals call sentence-transformers and the fourth the same torch graph: each would compute the same vectors
for hours. They are computed once and kept by model and token ids, for what is cut off or counts as a space makes no
difference; every process checks first that what it would have computed is what is kept. Questions and everything that
is timed are always computed by the system itself.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

CHUNK = 64
"""Texts computed between two commits: what a killed run has done is kept."""
LEAST = 0.9999
"""Cosine between a kept vector and the system's own; batches and padding move the last digits only."""
Compute = Callable[[list[str]], Any]
Tokenize = Callable[[list[str]], list[list[int]]]


class SharedVectors:
    """Vectors of length 1 in one SQLite file, which needs no memory of the process that is measured.

    Both models end in a normalisation; txtai leaves it out and does it afterwards.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._db = sqlite3.connect(path, timeout=600)
        self._db.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        self._model, self._checked = model, False

    def encode(self, texts: Sequence[str], tokenize: Tokenize, compute: Compute) -> np.ndarray:
        """Vectors of `texts` in their order; `compute` is asked for those that nobody has computed yet."""
        keys = [hashlib.sha256(f"{self._model} {ids}".encode()).digest() for ids in tokenize(list(texts))]
        found = {key: vector for key in keys if (vector := self._get(key)) is not None}
        self._check(texts, keys, found, compute)
        left = sorted({key: text for key, text in zip(keys, texts, strict=True) if key not in found}.items(),
                      key=lambda item: len(item[1]))  # fmt: skip
        for start in range(0, len(left), CHUNK):
            part = left[start : start + CHUNK]
            made = unit(compute([text for _, text in part]))
            for (key, _), vector in zip(part, made, strict=True):
                found[key] = vector
                self._db.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", [key, vector.tobytes()])
            self._db.commit()
        return np.stack([found[key] for key in keys])

    def _get(self, key: bytes) -> np.ndarray | None:
        row = self._db.execute("SELECT vector FROM vectors WHERE key = ?", [key]).fetchone()
        return np.frombuffer(row[0], np.float32) if row else None

    def _check(self, texts: Sequence[str], keys: list[bytes], found: dict, compute: Compute) -> None:
        """Once a process, on two texts that are kept already."""
        known = [(text, found[key]) for text, key in zip(texts, keys, strict=True) if key in found][:2]
        if self._checked or not known:
            return
        for mine, (text, kept) in zip(unit(compute([text for text, _ in known])), known, strict=True):
            if (cosine := float(mine @ kept)) < LEAST:
                raise SystemExit(f"This system's vector of {text[:40]!r} is another one: cosine {cosine:.5f}.")
        self._checked = True


def unit(vectors: Any) -> np.ndarray:
    made = np.asarray(vectors, np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def share_sentence_transformers(path: Path, name: str) -> Callable[[], None]:
    """Let `SentenceTransformer.encode` take what is kept in `path`; returns the way back."""
    from sentence_transformers import SentenceTransformer

    own = SentenceTransformer.encode
    vectors = SharedVectors(path, name)

    def encode(self: Any, texts: Any, prompt_name: str | None = None, prompt: str | None = None, **options: Any) -> Any:
        if isinstance(texts, str):
            return own(self, texts, prompt_name=prompt_name, prompt=prompt, **options)
        lead = prompt if prompt is not None else self.prompts.get(prompt_name or self.default_prompt_name or "")
        return vectors.encode(
            [(lead or "") + text for text in texts],
            lambda whole: self.tokenizer(whole, truncation=True, max_length=self.max_seq_length)["input_ids"],
            lambda missing: own(self, missing, prompt="", batch_size=4, show_progress_bar=False),
        )

    SentenceTransformer.encode = encode
    return lambda: setattr(SentenceTransformer, "encode", own)
