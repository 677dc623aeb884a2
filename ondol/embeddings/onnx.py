"""Text embedders of the BERT family on ONNX Runtime, int8, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ondol.bert.graph_file import prepare_graph
from ondol.bert.session import clean, load_both
from ondol.device import usable_cores
from ondol.embeddings.bert_folder import BertFolder, read_bert_folder
from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.lang import nfc
from ondol.model_store.store import ModelStore
from ondol.progress import Progress

VERSION = "int8-v1"
"""Changes whenever the graph gives other numbers: it is part of the fingerprint."""


def open_onnx(name: str, *, store: ModelStore, threads: int = 0, progress: Progress | None = None) -> OnnxEmbeddings:
    """Open an embedder by its name in the catalogue or by its folder; the graph is built the first time.

    Raises:
        NotFound: the model is not on this machine.
        BackendError: it is of a kind that cannot be run.
    """
    path = store.locate(name)
    folder = read_bert_folder(path)

    def write(graph: Path, sha256: str) -> None:
        from ondol.embeddings.onnx_graph import write_graph  # onnx costs 0.3 s that later openings need not pay

        write_graph(folder, graph, weights_sha256=sha256)

    graph = prepare_graph(folder.weights, VERSION, store=store, progress=progress, write=write)
    known = name in store.catalogue
    return OnnxEmbeddings(folder, graph, spec=f"onnx:{name if known else path.resolve()}", threads=threads)


class OnnxEmbeddings(TextEmbeddings):
    """One session shared by threads, each of which embeds whole texts."""

    def __init__(self, folder: BertFolder, graph: Path, *, spec: str, threads: int = 0) -> None:
        hint = "Remove that file; the next run builds it again."
        self._session, self._tokenizer = load_both(graph, folder.tokenizer, hint=hint)
        self._folder = folder
        self._threads = threads or usable_cores()
        self._prefixes = {"query": folder.query_prefix, "passage": folder.passage_prefix}
        self.max_tokens = folder.bert.max_length - len(self._tokenizer.encode(folder.passage_prefix).ids)
        self.fingerprint = Fingerprint(
            model=spec,
            weights=f"{self._session.get_modelmeta().custom_metadata_map['weights']}/{VERSION}",
            dimension=folder.bert.hidden,
            pooling=folder.pooling,
            normalized=True,
            query_prefix=folder.query_prefix,
            passage_prefix=folder.passage_prefix,
        )

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        """See `TextEmbeddings`; one text a run (see `bert.graph`), the longest first, so that threads end together."""
        vectors = np.empty((len(texts), self._folder.bert.hidden), np.float32)

        def embed(place: int) -> None:
            ids = self._ids(self._prefixes[role] + nfc(texts[place]))
            vectors[place] = self._session.run(None, {"ids": np.array([ids], np.int64)})[0][0]

        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        if len(texts) == 1 or self._threads == 1:
            for place in order:
                embed(place)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(embed, order))
        return vectors

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        offsets: list[tuple[int, int]] = self._tokenizer.encode(clean(text), add_special_tokens=False).offsets
        return offsets

    def _ids(self, text: str) -> list[int]:
        """Token ids with the special ones at both ends, the text cut to the model's length."""
        ids: list[int] = self._tokenizer.encode(clean(text)).ids
        return ids if len(ids) <= self._folder.bert.max_length else [*ids[: self._folder.bert.max_length - 1], ids[-1]]
