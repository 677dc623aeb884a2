"""Make the indexes of the library again, from the texts that it holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import UsageError
from ondol.ingest.drafting import chunk_piece, read_chunking, read_structure, write_chunking
from ondol.ingest.parsed import Parsed
from ondol.ingest.report import AddReport
from ondol.ingest.split import SplitConfig
from ondol.library.library import Library
from ondol.library.rows import Chunk, Piece
from ondol.progress import Progress, Silent


def reindex_words(library: Library, *, progress: Progress | None = None) -> AddReport:
    """Analyse every chunk again; the old word index is searched until the new one takes its place."""
    started = time.perf_counter()
    report = AddReport(collection=library.name, chunks=library.reindex_words(progress or Silent()))
    report.unchanged = len(library.source_rows())
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def reindex_vectors(
    library: Library,
    embeddings: str | None = None,
    *,
    config: SplitConfig | None = None,
    store: str | None = None,
    progress: Progress | None = None,
) -> AddReport:
    """Split every text again, in the tokens of the embedder, and embed it into vectors beside those that are searched.

    They are checked and then take the place of the old ones, which stay for `roll_back` until the next time. What was
    cut off goes on from there.

    Args:
        embeddings: spec of the embedder; that of the library when not given.
        config: how long chunks are; as before when not given.
        store: name of the vector store; as before when not given.

    Raises:
        NotFound: nobody knows the embedder or the store.
        BackendError: the new vectors did not pass the check; the old ones are still searched.
    """
    started = time.perf_counter()
    config = config or read_chunking(library)
    spec = embeddings or library.embeddings_spec
    embedder = library.open_embedder(spec)

    def split(piece: Piece, title: str) -> Sequence[Chunk]:
        if piece.structure:
            parsed = read_structure(piece.structure, text=piece.text, title=title)
            return chunk_piece(parsed, piece.start, embedder, config)
        # an older ondol wrote it: its chunks stay as they are where the embedder takes them
        return [part for chunk in piece.chunks for part in _fitting(chunk, piece, embedder, config)]

    try:
        count = library.reindex(
            split, embedder, embeddings=spec, chunking=write_chunking(config), store=store, progress=progress
        )
    finally:
        if hasattr(embedder, "close"):
            embedder.close()
    report = AddReport(collection=library.name, unchanged=len(library.source_rows()), chunks=count)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def _fitting(chunk: Chunk, piece: Piece, embedder: TextEmbeddings, config: SplitConfig) -> list[Chunk]:
    text = piece.text[chunk.start - piece.start : chunk.end - piece.start]
    if len(embedder.token_offsets(text)) <= config.max_tokens:
        return [chunk]
    parsed = Parsed(text=text, title="", format="")
    return [replace(part, heading=chunk.heading) for part in chunk_piece(parsed, chunk.start, embedder, config)]


def roll_back(library: Library, *, progress: Progress | None = None) -> AddReport:
    """Take the vectors of before the last `reindex_vectors` again; only what was added since is embedded.

    Raises:
        UsageError: there are none.
    """
    previous = library.previous
    if previous is None:
        raise UsageError(
            "There are no earlier vectors of '{collection}'.",
            hint="They are kept from one reindex to the next: ondol reindex --embeddings SPEC",
            collection=library.name,
        )
    return reindex_vectors(
        library, previous.embeddings, config=read_chunking(library, previous.chunking), store=previous.store,
        progress=progress,
    )  # fmt: skip
