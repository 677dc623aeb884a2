"""A span model on ONNX Runtime, int8, without torch: where in these texts is the answer, and is it there at all."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ondol.bert.folder import Bert, read_bert
from ondol.bert.graph_file import prepare_graph
from ondol.bert.session import load_both
from ondol.device import usable_cores
from ondol.errors import BackendError
from ondol.model_store.store import ModelStore
from ondol.progress import Progress
from ondol.readers.contract import Span
from ondol.readers.delta import DELTA, find_base
from ondol.readers.windows import MAX_TOKENS, Best, Window, best_span, make_windows

VERSION = "span-int8-v1"
"""Changes whenever the graph gives other numbers."""
MODEL = "model"
"""Folder of the weights in that of a run."""


def open_onnx(name: str, *, store: ModelStore, threads: int = 0, progress: Progress | None = None) -> OnnxReader:
    """Open a reader by its name or folder (a run's folder, or one with the model itself).

    A folder holds whole weights, or what was learnt beside a base that the store has. The int8 graph is built the first
    time.

    Raises:
        NotFound: there is no such folder, or the base is not here.
        BackendError: it holds no span model of the BERT family.
    """
    path = store.locate(name)
    path = path / MODEL if (path / MODEL).is_dir() else path
    delta = path / DELTA if (path / DELTA).is_file() else None
    base = find_base(delta, store) if delta else path
    bert, reason = read_bert(base)
    weights = base / "model.safetensors"
    if bert is None or not weights.is_file():
        raise BackendError(
            "{path} holds no span model that can be run: {reason}.", hint="Train one with: ondol finetune --kind span",
            path=path, reason=reason or "model.safetensors is missing",
        )  # fmt: skip
    graph = _prepare(delta or weights, weights, bert, store=store, progress=progress)
    return OnnxReader(
        graph, base / "tokenizer.json", spec=f"onnx:{name}", max_tokens=min(MAX_TOKENS, bert.max_length),
        threads=threads,
    )  # fmt: skip


def _prepare(own: Path, weights: Path, bert: Bert, *, store: ModelStore, progress: Progress | None) -> Path:
    def write(graph: Path, sha256: str) -> None:
        from ondol.readers.onnx_graph import write_graph  # onnx costs 0.3 s that later openings need not pay

        write_graph(weights, bert, graph, weights_sha256=sha256, delta=own if own != weights else None)

    return prepare_graph(own, VERSION, store=store, progress=progress, write=write)


class OnnxReader:
    """One session shared by threads; no score depends on the texts beside it."""

    def __init__(self, graph: Path, tokenizer: Path, *, spec: str, max_tokens: int, threads: int = 0) -> None:
        self.spec = spec
        self._session, self._tokenizer = load_both(
            graph, tokenizer, hint="Remove that file; the next opening writes it again."
        )
        self._inputs = [given.name for given in self._session.get_inputs()]
        self._max_tokens, self._threads = max_tokens, threads or usable_cores()

    def find(self, question: str, texts: Sequence[str]) -> Span | None:
        """The best span over all texts, by its margin; None without a text."""
        return max(self.find_each(question, texts), key=lambda span: span.margin, default=None)

    def find_each(self, question: str, texts: Sequence[str], begins: Sequence[int] = ()) -> list[Span]:
        """See `Reader`."""
        begins = begins or [0] * len(texts)
        asked = [
            (place, window)
            for place, text in enumerate(texts)
            for window in make_windows(self._tokenizer, question, text, max_tokens=self._max_tokens)
        ]

        def read(pair: tuple[int, Window]) -> Best:
            starts, ends = self.logits(pair[1])
            return best_span(pair[1], starts, ends, texts[pair[0]], begin=begins[pair[0]])

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

    def close(self) -> None:
        """Give back the session; the reader is not used afterwards."""
        del self._session
