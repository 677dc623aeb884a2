"""A span model on ONNX Runtime, int8, without torch: where in these texts is the answer, and is it there at all."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ondol.bert.folder import read_bert
from ondol.bert.session import load_both
from ondol.device import usable_cores
from ondol.errors import BackendError
from ondol.finetune.encoders.span_windows import MAX_TOKENS, Best, Window, best_span, make_windows
from ondol.finetune.folder import MODEL
from ondol.model_store.manifest import sha256_of, write_atomic

GRAPH = "span-int8-v1.onnx"


@dataclass(frozen=True, slots=True)
class Span:
    text: int
    """Which of the texts."""
    start: int
    end: int
    """Characters in it."""
    answer: str
    score: float
    null: float
    """Score of "no answer here" in the same window; there is one where `margin` is above the run's `threshold`."""

    @property
    def margin(self) -> float:
        return self.score - self.null


def open_span(folder: Path, *, threads: int = 0) -> SpanReader:
    """Open a run's folder, or a folder with the model itself; the graph is written if it is missing.

    Raises:
        BackendError: it holds no span model of the BERT family.
    """
    path = folder / MODEL if (folder / MODEL).is_dir() else folder
    bert, reason = read_bert(path)
    if bert is None or not (path / "model.safetensors").is_file():
        raise BackendError(
            "{path} holds no span model that can be run: {reason}.", hint="Train one with: ondol finetune --kind span",
            path=path, reason=reason or "model.safetensors is missing",
        )  # fmt: skip
    graph = path / GRAPH
    if not graph.is_file():
        from ondol.finetune.encoders.span_graph import write_graph  # onnx costs 0.3 s that later openings need not pay

        sha256 = sha256_of(path / "model.safetensors")
        write_atomic(graph, lambda file: write_graph(path / "model.safetensors", bert, file, weights_sha256=sha256))
    return SpanReader(path, graph, max_tokens=min(MAX_TOKENS, bert.max_length), threads=threads)


class SpanReader:
    """One session shared by threads; no score depends on the texts beside it."""

    def __init__(self, path: Path, graph: Path, *, max_tokens: int = MAX_TOKENS, threads: int = 0) -> None:
        self._session, self._tokenizer = load_both(
            graph, path / "tokenizer.json", hint="Remove that file; the next opening writes it again."
        )
        self._tokenizer.encode_special_tokens = True
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._max_tokens, self._threads = max_tokens, threads or usable_cores()

    def find(self, question: str, texts: Sequence[str]) -> Span | None:
        """The best span over all texts, by its score above "no answer" of the same window; None without a text."""
        return max(self.find_each(question, texts), key=lambda span: span.margin, default=None)

    def find_each(self, question: str, texts: Sequence[str]) -> list[Span]:
        """The best span of every text."""
        asked = [
            (place, window)
            for place, text in enumerate(texts)
            for window in make_windows(self._tokenizer, question, text, max_tokens=self._max_tokens)
        ]

        def read(pair: tuple[int, Window]) -> Best:
            starts, ends = self.logits(pair[1])
            return best_span(pair[1], starts, ends, texts[pair[0]])

        if self._threads == 1 or len(asked) == 1:
            found = [read(pair) for pair in asked]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                found = list(pool.map(read, asked))
        best: dict[int, Best] = {}
        for (place, _), one in zip(asked, found, strict=True):
            if place not in best or one.score - one.null > best[place].score - best[place].null:
                best[place] = one
        return [
            Span(place, one.start, one.end, texts[place][one.start : one.end], one.score, one.null)
            for place, one in best.items()
        ]

    def logits(self, window: Window) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(S,) of starts and (S,) of ends."""
        given = {"input_ids": np.array([window.ids], np.int64), "token_type_ids": np.array([window.types], np.int64)}
        rows: NDArray[np.float32] = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        starts, ends = rows.reshape(2, -1)
        return starts, ends
