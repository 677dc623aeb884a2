"""`llama.cpp`: embedders from GGUF files, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from ondol.device import free_threads
from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.embeddings.prefixes import find_prefixes
from ondol.errors import BackendError, UsageError
from ondol.gguf.encoder import Encoder, read_encoder
from ondol.gguf.find import locate_gguf, weights_sha256
from ondol.gguf.server import LlamaServer, ServerOptions
from ondol.gguf.tokenize import token_ids, token_offsets
from ondol.lang import nfc
from ondol.model_store.store import ModelStore
from ondol.progress import Progress

BATCH = 8
"""Texts in one request, during which Ctrl-C waits; they are computed one after the other, so more gain nothing."""


def open_llama_cpp(
    name: str,
    *,
    store: ModelStore,
    threads: int = 0,
    progress: Progress | None = None,  # noqa: ARG001 - every embedder takes it; a GGUF file needs no preparing
) -> LlamaCppEmbeddings:
    """Open a model of the catalogue by name, or a .gguf file (or a folder that holds one) by path.

    Raises:
        NotFound: no such model on this machine.
        UnusableInput, Damaged, BackendError: the file cannot be loaded or a part is missing, with the reason.
        UsageError: it ranks and does not embed.
    """
    path = locate_gguf(name, store)
    encoder = read_encoder(path)
    if encoder.ranks:
        raise UsageError(
            "{path} is a reranker: it makes no vectors.",
            hint="Open it with open_reranker, and take another model as embedder.", path=path,
        )  # fmt: skip
    own = store.catalogue.get(name)
    spec = f"llama.cpp:{name if own else path.resolve()}"
    prefixes = dict(own.prompts) if own and own.prompts else find_prefixes(encoder.name)
    weights = f"{weights_sha256(path, store)}/llama.cpp"
    return LlamaCppEmbeddings(path, encoder, spec=spec, weights=weights, prefixes=prefixes, threads=threads)


class LlamaCppEmbeddings(TextEmbeddings):
    """One text after the other: four at once were a quarter as fast (1,374 and 357 tokens/s on 2 cores)."""

    def __init__(
        self, path: Path, encoder: Encoder, *, spec: str, weights: str, prefixes: dict[str, str], threads: int = 0
    ) -> None:
        self._path, self._prefixes, self._context = path, prefixes, encoder.context
        options = ServerOptions(
            threads=threads or free_threads(), context=encoder.context, batch=encoder.context,
            micro_batch=encoder.context, embedding=True, pooling=encoder.pooling,
        )  # fmt: skip
        self._server = LlamaServer(path, options)
        self._tail = self._count_tail()
        self.max_tokens = self._context - len(self._ids(prefixes["passage"]))
        if self.max_tokens < 1:
            self.close()
            raise UsageError("{count} tokens are too few for an embedder.", hint="Take 512 or more.",
                             count=encoder.context)  # fmt: skip
        self.fingerprint = Fingerprint(
            model=spec,
            weights=weights,
            dimension=self._embed([self._ids("a")]).shape[1],
            pooling=encoder.pooling,
            normalized=True,
            query_prefix=prefixes["query"],
            passage_prefix=prefixes["passage"],
        )

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        """See `TextEmbeddings`; a text that is too long is cut behind the last token that fits."""
        matrix = np.empty((len(texts), self.fingerprint.dimension), np.float32)
        for start in range(0, len(texts), BATCH):
            rows = [self._cut(self._prefixes[role] + nfc(text)) for text in texts[start : start + BATCH]]
            matrix[start : start + BATCH] = self._embed(rows)
        return matrix

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return token_offsets(self._server, text)

    def close(self) -> None:
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut(self, text: str) -> list[int]:
        """Token ids with the special ones at both ends."""
        ids = self._ids(text) or self._ids(" ") or [0]  # a model without marks has no token for an empty text
        return ids if len(ids) <= self._context else [*ids[: self._context - self._tail], *ids[len(ids) - self._tail :]]

    def _count_tail(self) -> int:
        """How many special tokens end a text."""
        bare, whole = token_ids(self._server, "a", special=False), self._ids("a")
        starts = range(len(whole) - len(bare) + 1)
        return next((len(whole) - at - len(bare) for at in starts if whole[at : at + len(bare)] == bare), 0)

    def _ids(self, text: str) -> list[int]:
        return token_ids(self._server, text, special=True)

    def _embed(self, rows: list[list[int]]) -> Matrix:
        answer = self._server.call("handle_embeddings", {"input": rows})
        if "error" in answer:
            raise self._unusable(answer["error"].get("message", answer["error"]))
        found = sorted(answer["data"], key=lambda row: row["index"])
        matrix = np.array([row["embedding"] for row in found], np.float32)
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise self._unusable("vectors that are zero or no numbers")
        unit: Matrix = matrix / lengths
        return unit

    def _unusable(self, reason: object) -> BackendError:
        return BackendError(
            "{path} gives no vectors: {reason}.",
            hint="Is it an embedding model? It may also be damaged: ondol models verify", path=self._path,
            reason=reason,
        )  # fmt: skip
