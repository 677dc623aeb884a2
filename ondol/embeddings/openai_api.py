"""`openai`: the embeddings endpoint of an OpenAI-compatible server (Ollama, vLLM, llama-server, OpenAI)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.embeddings.prefixes import find_prefixes
from ondol.errors import BackendError, UsageError
from ondol.gguf.piece_offsets import locate_pieces, without_surrogates
from ondol.lang import nfc
from ondol.model_store.store import ModelStore
from ondol.progress import Progress
from ondol.tokens.openai_address import split_name
from ondol.tokens.openai_server import OpenAIConnection

BATCH = 32
"""Texts in one request; servers take between 32 (TEI) and 2048 (OpenAI)."""
MAX_TOKENS = 512
"""What most embedders take; a server does not tell. Another number stands behind the name: `bge-m3:latest#8192@url`."""
SPECIAL_TOKENS = 2
_PIECE = re.compile(r"[A-Za-z]{1,2}|\s|.", re.DOTALL)
_SIZED = re.compile(r"#(\d+)(?=@https?://|$)")


def open_openai(
    name: str,
    *,
    store: ModelStore,
    threads: int = 0,  # noqa: ARG001 - every embedder takes them; the server has its own
    progress: Progress | None = None,  # noqa: ARG001
) -> OpenAIEmbeddings:
    """Open `bge-m3@http://127.0.0.1:11434/v1`; `bge-m3#8192@…` for one that takes more than 512 tokens.

    Raises:
        UsageError: no server is named.
        Offline: the network is switched off, and the server is not on this machine.
        NotFound: the server does not hold the model.
        BackendError: nobody answers, the key is refused, or the server embeds nothing.
    """
    sized = _SIZED.search(name)
    model, address = split_name(_SIZED.sub("", name))
    server = OpenAIConnection(address, offline=store.offline)
    server.recognise()
    return OpenAIEmbeddings(server, server.choose(model), max_tokens=int(sized[1]) if sized else MAX_TOKENS)


class OpenAIEmbeddings(TextEmbeddings):
    """One request per 32 texts; rows are scaled to length 1 here, so it does not matter whether the server does."""

    def __init__(self, server: OpenAIConnection, model: str, *, max_tokens: int) -> None:
        self._server, self._model = server, model
        self._prefixes = find_prefixes(model)
        self.max_tokens = max_tokens - SPECIAL_TOKENS - len(_estimated_offsets(self._prefixes["passage"]))
        if self.max_tokens < 1:
            raise UsageError("{count} tokens are too few for an embedder.", hint="Take 512 or more.", count=max_tokens)
        probe = self._request(["온돌"])
        self.fingerprint = Fingerprint(
            model=f"openai:{model}#{max_tokens}@{server.shown}",
            weights=f"{model}/{server.kind}",  # a server shows no checksum
            dimension=probe.shape[1],
            pooling="server",
            normalized=True,
            query_prefix=self._prefixes["query"],
            passage_prefix=self._prefixes["passage"],
        )

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        wanted = [without_surrogates(self._prefixes[role] + nfc(text)) or " " for text in texts]
        rows = [self._request(wanted[start : start + BATCH]) for start in range(0, len(wanted), BATCH)]
        matrix = np.concatenate(rows) if rows else np.empty((0, self.fingerprint.dimension), np.float32)
        if matrix.shape[1] != self.fingerprint.dimension:
            raise BackendError(
                "{server} changed from {before} to {after} numbers per text.",
                hint="Another model has its name now: build the index again.",
                server=self._server.shown, before=self.fingerprint.dimension, after=matrix.shape[1],
            )  # fmt: skip
        return matrix

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Exact on llama-server, whose tokenizer tells its pieces.

        Elsewhere estimated, with more tokens than there are: a piece is two Latin letters, or a character of any
        other kind, so that a chunk that is counted to fit does fit.
        """
        if self._server.kind != "llama.cpp":
            return _estimated_offsets(text)
        plain = without_surrogates(text)
        body = {"content": plain, "add_special": False, "with_pieces": True}
        pieces = [row["piece"] for row in self._server.ask("/tokenize", body)["tokens"]]
        return locate_pieces([bytes(one) if isinstance(one, list) else one.encode() for one in pieces], plain)

    def _request(self, texts: list[str]) -> Matrix:
        answer = self._server.ask("embeddings", {"model": self._model, "input": texts, "encoding_format": "float"})
        rows: list[dict[str, Any]] = answer.get("data") or []
        try:
            matrix = np.array([row["embedding"] for row in sorted(rows, key=lambda row: row["index"])], np.float32)
        except (KeyError, TypeError, ValueError) as error:
            raise self._unusable("rows that are no vectors") from error
        if matrix.ndim != 2 or len(matrix) != len(texts):
            raise self._unusable(f"{len(rows)} vectors for {len(texts)} texts")
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise self._unusable("vectors that are zero or no numbers")
        unit: Matrix = matrix / lengths
        return unit

    def _unusable(self, what: str) -> BackendError:
        return BackendError(
            "{server} answered with {what}.",
            hint="Is {model} an embedding model?", server=self._server.shown, what=what, model=self._model,
        )  # fmt: skip


def _estimated_offsets(text: str) -> list[tuple[int, int]]:
    """A Hangul syllable counts three times, for tokenizers that write it byte by byte."""
    spans: list[tuple[int, int]] = []
    for match in _PIECE.finditer(text):
        spans += [match.span()] * (1 if match[0].isascii() else len(without_surrogates(match[0]).encode()))
    return spans
