"""`onnx`: cross-encoder folders on ONNX Runtime, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, PrivateAttr

from ondol.bert.graph_file import prepare_graph
from ondol.bert.session import clean, load_both
from ondol.device import usable_cores
from ondol.errors import BackendError, UsageError
from ondol.lang import nfc
from ondol.model_store.store import ModelStore
from ondol.progress import Progress
from ondol.rerankers.contract import Reranker
from ondol.rerankers.cross_encoder_folder import CrossEncoderFolder, read_cross_encoder_folder

VERSION = "rank-int8-v1"
"""Changes whenever the graph gives other numbers."""
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def open_onnx(
    name: str, *, store: ModelStore, threads: int = 0, top_n: int | None = None, progress: Progress | None = None
) -> OnnxReranker:
    """Open a cross-encoder by its folder; the int8 graph is built the first time, or taken where the folder has one.

    Raises:
        NotFound: there is no such folder, or a file is missing in it.
        UnusableInput: the weights are pickles.
        BackendError: it is of a kind that cannot be run.
    """
    folder = read_cross_encoder_folder(store.locate(name))
    graph = folder.graph or _prepare(folder, store, progress)
    return OnnxReranker(folder=folder, graph=graph, threads=threads, top_n=top_n)


def _prepare(folder: CrossEncoderFolder, store: ModelStore, progress: Progress | None) -> Path:
    def write(graph: Path, sha256: str) -> None:
        from ondol.rerankers.onnx_graph import write_graph  # onnx costs 0.3 s that later openings need not pay

        assert folder.bert is not None, "read_cross_encoder_folder gave no graph"
        assert folder.head is not None, "read_cross_encoder_folder gave no graph"
        write_graph(folder.weights, folder.bert, folder.head, graph, weights_sha256=sha256)

    return prepare_graph(folder.weights, VERSION, store=store, progress=progress, write=write)


class OnnxReranker(Reranker):
    """One session shared by threads, each of which reads whole pairs: no score depends on the texts beside it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    folder: CrossEncoderFolder
    graph: Path
    threads: int = 0
    """0 takes the cores that this process may use."""
    _session: Any = PrivateAttr()
    _tokenizer: Any = PrivateAttr()
    _inputs: list[str] = PrivateAttr()

    def model_post_init(self, _: Any, /) -> None:
        hint = "It may be damaged." if self.folder.graph else "Remove that file; the next run builds it again."
        self._session, self._tokenizer = load_both(self.graph, self.folder.tokenizer, hint=hint)
        self._inputs = [given.name for given in self._session.get_inputs()]
        if strange := [name for name in self._inputs if name not in INPUTS]:
            raise BackendError(
                "{path} wants {inputs}, which no cross-encoder takes.", path=self.graph, inputs=", ".join(strange),
                hint="Export the model for sequence classification.",
            )  # fmt: skip

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """See `Reranker`: the logit; the query is kept whole, and a text is cut to the room that it leaves.

        Raises:
            UsageError: the query takes more than half of the model's window.
        """
        asked = self._read(query)
        room = self.folder.max_length - len(asked.ids) - self._tokenizer.num_special_tokens_to_add(is_pair=True)
        if 2 * room < self.folder.max_length:
            raise UsageError(
                "The question is too long: it may take half of the reranker's window of {context} tokens.",
                hint="Shorten the question.", context=self.folder.max_length,
            )  # fmt: skip

        def score(text: str) -> float:
            read = self._read(text)
            read.truncate(room)
            return self._run(self._tokenizer.post_process(asked, read))

        threads = self.threads or usable_cores()
        if len(texts) == 1 or threads == 1:
            return [score(text) for text in texts]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(score, texts))

    def _read(self, text: str) -> Any:
        return self._tokenizer.encode(clean(nfc(text)), add_special_tokens=False)

    def _run(self, pair: Any) -> float:
        ids = np.array([pair.ids], np.int64)
        types = np.array([pair.type_ids], np.int64).clip(max=max(0, self.folder.types - 1))
        given = dict(zip(INPUTS, (ids, np.ones_like(ids), types), strict=True))
        logits: NDArray[np.float32] = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        if logits.size not in (1, 2):
            raise BackendError(
                "{path} gives {count} numbers for a pair; a cross-encoder gives one or two.", path=self.graph,
                count=logits.size, hint="Take a model that was trained to rank.",
            )  # fmt: skip
        values = logits.reshape(-1).tolist()
        return float(values[-1] - (values[0] if len(values) == 2 else 0.0))
