"""Text embedders of the BERT family on ONNX Runtime, int8, without torch."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from ondol.device import usable_cores
from ondol.embeddings.bert_folder import BertFolder, read_bert_folder
from ondol.embeddings.contract import Matrix, Role, TextEmbeddings
from ondol.embeddings.fingerprint import Fingerprint
from ondol.errors import BackendError
from ondol.lang import nfc, translate
from ondol.model_store.lock import locked
from ondol.model_store.manifest import sha256_of, write_atomic
from ondol.model_store.store import ModelStore
from ondol.progress import Progress, Silent

VERSION = "int8-v1"
"""Changes whenever the graph gives other numbers: it is part of the fingerprint."""
SURROGATES = re.compile("[\ud800-\udfff]")


def open_onnx(name: str, *, store: ModelStore, threads: int = 0, progress: Progress | None = None) -> OnnxEmbeddings:
    """Open an embedder by its name in the catalogue or by its folder; the graph is built the first time.

    Raises:
        NotFound: the model is not on this machine.
        BackendError: it is of a kind that cannot be run.
    """
    path = store.locate(name)
    folder = read_bert_folder(path)
    graph = graph_path(folder, store)
    if not graph.is_file():
        _build(folder, graph, store=store, progress=progress or Silent())
    known = name in store.catalogue
    return OnnxEmbeddings(folder, graph, spec=f"onnx:{name if known else path.resolve()}", threads=threads)


def graph_path(folder: BertFolder, store: ModelStore) -> Path:
    """Where the graph belongs: beside a model of ours, in ondol's home for a folder of the user's own."""
    if folder.path.parent == store.folder:
        return folder.path / "onnx" / f"model-{VERSION}.onnx"
    state = folder.weights.stat()
    key = hashlib.sha256(f"{folder.path.resolve()} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    return store.folder / ".onnx" / f"{key}-{VERSION}.onnx"


def _build(folder: BertFolder, graph: Path, *, store: ModelStore, progress: Progress) -> None:
    """Write the graph once, also when two processes want it, and its SHA-256 beside it for `verify`."""
    from ondol.embeddings.onnx_graph import write_graph  # onnx costs 0.3 s that later openings need not pay

    with locked(store.folder / ".locks" / graph.parent.parent.name, lambda: None):
        if graph.is_file():
            return
        progress.note(translate("Preparing {name} for this machine (once) …", name=folder.path.name))
        for left in graph.parent.glob(f".{graph.name}.*"):  # of a build that was killed
            left.unlink()
        weights = sha256_of(folder.weights)

        def write(path: Path) -> None:
            write_graph(folder, path, weights_sha256=weights)
            write_atomic(graph.with_name(f"{graph.name}.sha256"), sha256_of(path).encode())

        write_atomic(graph, write)


class OnnxEmbeddings(TextEmbeddings):
    """One session shared by threads, each of which embeds whole texts."""

    def __init__(self, folder: BertFolder, graph: Path, *, spec: str, threads: int = 0) -> None:
        with ThreadPoolExecutor(1) as pool:  # 0.3 s and, for 250,000 pieces, 0.6 s: side by side
            session = pool.submit(_load_session, graph)
            self._tokenizer = _load_tokenizer(folder.tokenizer)
            self._session = session.result()
        self._folder = folder
        self._threads = threads or usable_cores()
        self._prefixes = {"query": folder.query_prefix, "passage": folder.passage_prefix}
        self.max_tokens = folder.max_length - len(self._tokenizer.encode(folder.passage_prefix).ids)
        self.fingerprint = Fingerprint(
            model=spec,
            weights=f"{self._session.get_modelmeta().custom_metadata_map['weights']}/{VERSION}",
            dimension=folder.hidden,
            pooling=folder.pooling,
            normalized=True,
            query_prefix=folder.query_prefix,
            passage_prefix=folder.passage_prefix,
        )

    def embed_array(self, texts: Sequence[str], role: Role) -> Matrix:
        """See `TextEmbeddings`; one text a run (see `onnx_graph`), the longest first, so that threads end together."""
        vectors = np.empty((len(texts), self._folder.hidden), np.float32)

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
        offsets: list[tuple[int, int]] = self._tokenizer.encode(_clean(text), add_special_tokens=False).offsets
        return offsets

    def _ids(self, text: str) -> list[int]:
        """Token ids with the special ones at both ends, the text cut to the model's length."""
        ids: list[int] = self._tokenizer.encode(_clean(text)).ids
        return ids if len(ids) <= self._folder.max_length else [*ids[: self._folder.max_length - 1], ids[-1]]


def _load_session(graph: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no class but this
        raise BackendError(
            "{path} cannot be loaded: {reason}",
            hint="Remove that file; the next run builds it again.",
            path=graph,
            reason=str(error).split("\n")[0],
        ) from error


def _load_tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more exact
        raise BackendError("{path} cannot be loaded: {reason}", path=path, reason=error) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _clean(text: str) -> str:
    """Replace lone surrogates, which have no UTF-8, one for one, so that offsets keep."""
    return SURROGATES.sub("\ufffd", text)
