"""What ondol needs of an embedder beyond LangChain's `Embeddings`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Literal

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from ondol.embeddings.fingerprint import Fingerprint

Matrix = NDArray[np.float32]
Role = Literal["query", "passage"]


class TextEmbeddings(Embeddings):
    """A LangChain embedder that also knows its tokens and its fingerprint."""

    fingerprint: Fingerprint
    max_tokens: int
    """Longest passage in tokens, prefix and special tokens already taken off."""

    @abstractmethod
    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        """Embed N texts; (N, dimension) float32, in the order given, rows of length 1."""

    @abstractmethod
    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Start and end in characters of every token of `text`, without prefix and special tokens, not cut off."""

    def count_tokens(self, text: str) -> int:
        return len(self.token_offsets(text))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows: list[list[float]] = self.embed_array(texts, "passage").tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        row: list[float] = self.embed_array([text], "query")[0].tolist()
        return row
