"""`llama.cpp`: rerankers from GGUF files, in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from ondol.device import free_threads
from ondol.errors import BackendError, UsageError
from ondol.gguf.encoder import read_encoder
from ondol.gguf.file import read_gguf
from ondol.gguf.find import locate_gguf
from ondol.gguf.server import LlamaServer, ServerOptions
from ondol.gguf.tokenize import token_ids, token_offsets
from ondol.model_store.store import ModelStore
from ondol.rerankers.contract import Reranker
from ondol.tokens.neutraliser import Neutraliser

BATCH = 8
"""Texts in one request, during which Ctrl-C waits; they are computed one after the other, so more gain nothing."""
SEPARATORS = 4
"""Start, end and separator around query and text, where the file brings no template."""


class LlamaCppReranker(Reranker):
    """A model that is loaded when it is made; use it in a `with` block, or call `close`."""

    path: Path
    threads: int = 0
    """0 takes the cores that are free at this moment."""
    _server: LlamaServer = PrivateAttr()
    _clean: Neutraliser = PrivateAttr()
    _template: str = PrivateAttr()
    _context: int = PrivateAttr()

    def model_post_init(self, _: Any, /) -> None:
        encoder = read_encoder(self.path)
        if not encoder.has_head:
            raise UsageError(
                "{path} is no reranker: it has no layer that gives a rank.",
                hint="Take one that is made for it, such as bge-reranker-v2-m3; embedders open with open_embeddings.",
                path=self.path,
            )  # fmt: skip
        self._template, self._context = encoder.rerank_template, encoder.context
        # the server fills a template by replacing text, and parses the marks in what comes out
        marks = [*read_gguf(self.path).control_tokens, "{query}", "{document}"] if self._template else []
        self._clean = Neutraliser(marks)
        options = ServerOptions(
            threads=self.threads or free_threads(), context=self._context, batch=self._context,
            micro_batch=self._context, rerank=True,
        )  # fmt: skip
        self._server = LlamaServer(self.path, options)

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`; the query is kept whole, and a text is cut to the room that it leaves.

        Raises:
            UsageError: the query leaves no room.
        """
        query = self._clean(query)
        room = self._context - self._count_fixed(query)
        if room < 1:
            raise UsageError(
                "The question is too long: the reranker's window holds {context} tokens.",
                hint="Shorten the question.", context=self._context,
            )  # fmt: skip
        wanted = [self._cut(self._clean(text), room) for text in texts]
        batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        return [score for batch in batches for score in self._rank(query, batch)]

    def close(self) -> None:
        self._server.close()

    def _count_fixed(self, query: str) -> int:
        if not self._template:
            return len(token_ids(self._server, query, special=False)) + SEPARATORS
        filled = self._template.replace("{query}", query).replace("{document}", "")
        return len(token_ids(self._server, filled, special=False, parse=True)) + 1  # a joint may cost one

    def _cut(self, text: str, room: int) -> str:
        """A cut can change the tokens before it, so what is left is counted again."""
        while len(places := token_offsets(self._server, text)) > room:
            text = text[: min(places[room][0], len(text) - 1)]
        return text

    def _rank(self, query: str, texts: list[str]) -> list[float]:
        answer = self._server.call("handle_rerank", {"query": query, "documents": texts})
        if "error" in answer:
            raise BackendError(
                "{path} gives no ranks: {reason}.", hint="It may be damaged: ondol models verify", path=self.path,
                reason=answer["error"].get("message", answer["error"]),
            )  # fmt: skip
        rows = sorted(answer["results"], key=lambda row: row["index"])
        return [float(row["relevance_score"]) for row in rows]


def open_llama_cpp(name: str, *, store: ModelStore, threads: int = 0, top_n: int | None = None) -> LlamaCppReranker:
    """Open a model of the catalogue by name, or a .gguf file (or a folder that holds one) by path.

    Raises:
        NotFound: no such model on this machine.
        UnusableInput, Damaged, BackendError: the file cannot be loaded or a part is missing, with the reason.
        UsageError: it cannot rank.
    """
    return LlamaCppReranker(path=locate_gguf(name, store), threads=threads, top_n=top_n)
