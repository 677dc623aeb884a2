"""Documents into the library: what is new or changed is read, split, written and embedded; the rest is left alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ondol.device import cap_arenas
from ondol.ingest.drafting import Drafting, FileSources
from ondol.ingest.formats import FORMATS
from ondol.ingest.messages import Alive, Done, Failed, Left, Message, Text, Unchanged
from ondol.ingest.parse import modified_day
from ondol.ingest.parsed import Parsed
from ondol.ingest.pool import Readers
from ondol.ingest.record_files import RECORD_FILES
from ondol.ingest.records import Record, RecordKeys, read_records
from ondol.ingest.report import AddReport, refuse_nothing
from ondol.ingest.split import SplitConfig
from ondol.ingest.walk import Found, Walk, walk_paths
from ondol.lang import translate
from ondol.library.files import KnownFile
from ondol.library.library import Library
from ondol.library.rows import Draft, Piece
from ondol.library.tags import TagChange
from ondol.progress import Progress, Silent

RECORDS_HINT = "A record has an id and a text; their keys or columns are told with --id and --text."
FILES_HINT = "ondol reads PDF, HWP, Office, mail, web pages, data, code; rows as sources of their own with --records."
BATCH = 256
"""Chunks written in one transaction."""
WINDOW = 128
"""Chunks from which on they are embedded, in another thread while the next files are read."""
MOST_WAITING = 4096
"""Chunks that may wait for it; a changed source is hidden until its chunks are embedded."""


def add_documents(
    library: Library,
    paths: Iterable[str | Path],
    *,
    progress: Progress | None = None,
    config: SplitConfig | None = None,
    records: RecordKeys | None = None,
    tags: Sequence[str] = (),
    untag: Sequence[str] = (),
) -> AddReport:
    """Read files, folders and patterns into the library; the same bytes again change nothing.

    Args:
        config: how long the chunks of a new library are; one that holds something is split as it is.
        records: the files are JSONL, and each line is one source; these are its keys.
        tags: given to every source that is read, beside those it has; a source with the same bytes that is changed
            by it counts as updated, and nothing of it is embedded again.
        untag: taken off likewise.

    Raises:
        UsageError: a tag cannot be one, or the library is split otherwise than `config`.
        UnusableInput: nothing at all could be used; the first reasons are told.
        OtherFingerprint: the collection belongs to another embedder.
    """
    started = time.perf_counter()
    work = Adding(library, progress or Silent(), config)
    work.tags = TagChange(add=tags, remove=untag)
    library.finish(work.progress)  # what a killed process has left
    walk = walk_paths(map(str, paths), RECORD_FILES if records else FORMATS)
    work.note_walk(walk)
    if records:
        work.run_record_files(walk.files, records)
    else:
        work.run(walk.files, len(walk.files))
    refuse_nothing(work.report, hint=RECORDS_HINT if records else FILES_HINT)
    work.report.seconds = round(time.perf_counter() - started, 3)
    return work.report


def remove_documents(library: Library, sources: Sequence[str]) -> AddReport:
    """Take sources out of the library, named by path or document id, all or none.

    Raises:
        NotFound: one of them is not there.
    """
    started = time.perf_counter()
    library.finish(Silent())  # what a killed process has left, also where its sources are gone already
    report = AddReport(collection=library.name, removed=library.remove(sources))
    report.seconds = round(time.perf_counter() - started, 3)
    return report


class Adding:
    """One run of `add`: the report, and drafts that wait for their transaction."""

    def __init__(self, library: Library, progress: Progress, config: SplitConfig | None = None) -> None:
        self.library, self.progress = library, progress
        self.report = AddReport(collection=library.name)
        self.drafting = Drafting(library, config)
        self.tags = TagChange()
        self._drafts: list[Draft] = []
        self._files: list[KnownFile] = []
        self._gone: list[str] = []
        self._same: list[str] = []
        self._written: list[str] = []
        self._failed: set[str] = set()
        self._waiting = self._unembedded = 0
        self._left: int | None = None
        self._unit = "files"
        self._beside = library.beside()

    def run(self, files: Iterable[Found], total: int | None = None) -> None:
        """Read files, each in a process of its own, and embed what they hold."""
        with self._working("files", total), Readers(home=self.library.folder.parents[1], known=self._known) as readers:
            for found, messages in readers.read(files):
                self._read_file(FileSources(self.library, found), messages)
                if found.passing:
                    found.place.unlink(missing_ok=True)
                self._advance()

    def run_records(self, records: Iterable[Record | str], path: str, *, modified: str = "") -> None:
        """Take records as sources of their own; `path` is where they are from."""
        with self._working("records", None):
            self._take_records(records, path, modified)

    def run_record_files(self, files: Sequence[Found], keys: RecordKeys) -> None:
        with self._working("files", len(files)):
            for found in files:
                self._take_records(read_records(found.place, keys), found.path, modified_day(found.place))
                self._advance()

    @contextmanager
    def _working(self, unit: str, total: int | None) -> Iterator[None]:
        cap_arenas()
        self._left, self._unit, self._beside = total, unit, self.library.beside()
        self.progress.begin("Reading", total, unit)
        try:
            yield
            self._write()
        finally:
            self._beside.stop()
            self.progress.end()
        self._beside.wait()
        self.library.finish(self.progress)
        pairs = self.library.find_alike(self._written)
        self.report.alike = [{"path": p.source, "other": p.other, "likeness": p.likeness} for p in pairs]

    def note_walk(self, walk: Walk) -> None:
        self.report.failed += walk.failed
        self.report.skipped += walk.skipped

    def _known(self, found: Found) -> str:
        digest, recipe = self.library.files.stamp(found.known_as) or ("", "")
        return digest if recipe == self.drafting.recipe else ""

    def _read_file(self, file: FileSources, messages: Iterator[Message]) -> None:
        for message in messages:
            match message:
                case Text():
                    self._read_text(file, message)
                case Failed(part=part, reason=reason):
                    file.seen.add(part)  # what was there stays until it can be read
                    self.library.unstage(file.id_of(part))
                    self._fail(file.path_of(part), reason)
                case Left(part, reason):
                    self.report.skipped.append({"path": file.path_of(part), "reason": reason})
                case Unchanged():
                    for part in file.known:
                        self._keep(file.id_of(part))
                    self.library.files.forget_failure(file.found.path)
                case Done(digest):
                    self._close(file, digest)
                case Alive() if self._unembedded:
                    self._embed()

    def _read_text(self, file: FileSources, text: Text) -> None:
        """A whole document waits for its transaction; the pieces of a large one are put aside until the last."""
        name = file.id_of(text.part)
        if not text.start:
            file.seen.add(text.part)
            file.is_same = self.library.stamp(name) == (text.sha256, self.drafting.recipe)
            if file.is_same:
                self._keep(name)
            else:
                self._note(file.path_of(text.part), text.parsed)
        if file.is_same:
            return
        piece = self.drafting.piece(text.parsed, text.start)
        self._count(piece)
        if text.more:
            self.library.stage(name, text.parsed.title, piece)
            return
        draft = self.drafting.draft(
            text.parsed, piece, document_id=name, source=file.path_of(text.part), place=file.found.known_as,
            part=text.part, size=text.bytes, digest=text.sha256,
        )  # fmt: skip
        self._take(draft)

    def _close(self, file: FileSources, digest: str) -> None:
        """The file was read to its end: what it no longer holds goes, in the transaction of what it does."""
        self._gone += [file.id_of(part) for part in file.known if part not in file.seen]
        self.report.removed += len(file.known.keys() - file.seen)
        if not file.seen and not file.known:
            self._fail(file.found.path, translate("The file holds no text."))
            return
        place = file.found.known_as
        self._files.append(KnownFile(place, file.found.path, digest, self.drafting.recipe))
        if not any(path == file.found.path or path.startswith(file.found.path + "/") for path in self._failed):
            self.library.files.forget_failure(file.found.path)

    def _take_records(self, records: Iterable[Record | str], path: str, modified: str) -> None:
        for record in records:
            if isinstance(record, str):
                self.report.failed.append({"path": path, "reason": record})
                continue
            digest = hashlib.sha256(record.line).hexdigest()
            if self.library.stamp(record.id) == (digest, self.drafting.recipe):
                self._keep(record.id)
                continue
            source = f"{path}#{record.id}"
            self._note(source, record.parsed)
            parsed = replace(record.parsed, date=record.parsed.date or modified)
            piece = self.drafting.piece(parsed)
            self._count(piece)
            self._take(self.drafting.draft(
                parsed, piece, document_id=record.id, source=source, size=len(record.line), digest=digest
            ))  # fmt: skip

    def _advance(self) -> None:
        if self._left is not None:
            self._left -= 1
        self.progress.advance(1)

    def _note(self, path: str, parsed: Parsed) -> None:
        if parsed.unread:
            self.report.skipped.append({"path": path, "reason": parsed.unread})
        if parsed.hidden:
            self.report.hidden.append({"path": path, "reason": parsed.hidden})

    def _keep(self, document_id: str) -> None:
        self.report.unchanged += 1
        if self.tags:
            self._same.append(document_id)

    def _count(self, piece: Piece) -> None:
        self.report.chunks += len(piece.chunks)
        self.report.tokens += sum(chunk.tokens for chunk in piece.chunks)
        self._unembedded += len(piece.chunks)

    def _take(self, draft: Draft) -> None:
        """Write when a transaction is full, embed when a window is."""
        self._written.append(draft.document_id)
        known = self.library.stamp(draft.document_id) is not None
        self.report.updated += known
        self.report.added += not known
        self._drafts.append(draft)
        self._waiting += sum(len(piece.chunks) for piece in draft.pieces)
        if self._waiting >= BATCH:
            self._write()
        if self._unembedded >= WINDOW:
            self._embed()

    def _embed(self) -> None:
        """Embed what was read so far: a window is full, or the next file takes its time."""
        self._write()
        if self._unembedded >= MOST_WAITING:
            self._beside.wait()
        if not self._beside.is_busy:
            self._beside.start()
            self._unembedded = 0

    def _write(self) -> None:
        if self._drafts or self._files or self._gone:
            self.library.write(self._drafts, files=self._files, gone=self._gone)
        if self.tags:
            self.library.tag([draft.document_id for draft in self._drafts], self.tags)
            changed = self.library.tag(self._same, self.tags)
            self.report.updated += changed
            self.report.unchanged -= changed
        self._drafts, self._files, self._gone, self._same, self._waiting = [], [], [], [], 0

    def _fail(self, path: str, reason: str) -> None:
        self.report.failed.append({"path": path, "reason": reason})
        self._failed.add(path)
        self.library.files.note_failure(path, reason)
