"""Documents into the library: what is new or changed is read, split, written and embedded; the rest is left alone."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ondol.errors import OndolError, UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.parsed import Parsed
from ondol.ingest.read import modified_day, parse_bytes, read_bytes
from ondol.ingest.records import RecordKeys, read_records
from ondol.ingest.report import AddReport
from ondol.ingest.split import SplitConfig, split_text
from ondol.ingest.walk import Found, Walk, show_path, walk_paths
from ondol.library.library import Library
from ondol.library.rows import Draft
from ondol.library.tags import TagChange
from ondol.progress import Progress, Silent

READER = 2
"""Counted up when reading or splitting changes, so that known files are read again. 2: dates and tags."""
SHOWN = 3
"""Reasons told when there is nothing to add."""
BATCH = 256
"""Chunks written in one transaction."""
WINDOW = 4096
"""Chunks between two rounds of embedding: two minutes on two cores, the longest that a changed source is hidden."""


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
        records: the files are JSONL, and each line is one source; these are its keys.
        tags: given to every source that is read, beside those it has; a source with the same bytes that is changed
            by it counts as updated, and nothing of it is embedded again.
        untag: taken off likewise.

    Raises:
        UsageError: a tag cannot be one.
        UnusableInput: nothing at all could be used; the first reasons are told.
        OtherFingerprint: the collection belongs to another embedder.
    """
    started = time.perf_counter()
    work = _Add(library, progress or Silent(), config or SplitConfig(), records)
    work.tags = TagChange(add=tags, remove=untag)
    library.finish(work.progress)  # what a killed process has left
    work.run(walk_paths(map(str, paths), [".jsonl"] if records else FORMATS))
    _refuse_nothing(work.report, records=records is not None)
    work.report.seconds = round(time.perf_counter() - started, 3)
    return work.report


def remove_documents(library: Library, sources: Sequence[str]) -> AddReport:
    """Take sources out of the library, named by path or document id, all or none.

    Raises:
        NotFound: one of them is not there.
    """
    started = time.perf_counter()
    report = AddReport(collection=library.name, removed=library.remove(sources))
    report.seconds = round(time.perf_counter() - started, 3)
    return report


class _Add:
    """One run of `add`: the report, and drafts that wait for their transaction."""

    def __init__(self, library: Library, progress: Progress, config: SplitConfig, records: RecordKeys | None) -> None:
        self.library, self.progress, self.config, self.records = library, progress, config, records
        self.report = AddReport(collection=library.name)
        self.recipe = f"{READER}/{config.max_tokens}/{config.overlap_tokens}/{config.min_tokens}"
        self.tags = TagChange()
        self._drafts: list[Draft] = []
        self._same: list[str] = []
        self._waiting = self._unembedded = 0

    def run(self, walk: Walk) -> None:
        self.report.failed += walk.failed
        self.report.skipped += walk.skipped
        self.progress.begin("Reading", len(walk.files), "files")
        try:
            for number, found in enumerate(walk.files, 1):
                for draft in self._read_records(found) if self.records else self._read_file(found):
                    self._take(draft, left=len(walk.files) - number)
                self.progress.advance(1)
            self._write()
        finally:
            self.progress.end()
        self.library.finish(self.progress)

    def _read_file(self, found: Found) -> Iterator[Draft]:
        name = document_id(found.place)
        try:
            data = read_bytes(found.place)
            digest = hashlib.sha256(data).hexdigest()
            parsed = parse_bytes(data, found.place) if self._is_new(name, digest) else None
        except OndolError as error:
            self._fail(found.path, error.message)
            return
        except Exception as error:  # a reader's own mistake must not stop the other files, and says what it is
            self._fail(found.path, f"{type(error).__name__}: {error}")
            return
        self.library.forget_failure(found.path)
        if parsed:
            if parsed.unread:
                self.report.skipped.append({"path": found.path, "reason": parsed.unread})
            parsed = replace(parsed, date=parsed.date or modified_day(found.place))
            yield self._draft(parsed, document_id=name, source=found.path, place=str(found.place), data=data)

    def _read_records(self, found: Found) -> Iterator[Draft]:
        modified = modified_day(found.place)
        for record in read_records(found.place, self.records or RecordKeys()):
            if isinstance(record, str):
                self.report.failed.append({"path": found.path, "reason": record})
            elif self._is_new(record.id, hashlib.sha256(record.line).hexdigest()):
                source = f"{found.path}#{record.id}"
                if record.parsed.unread:
                    self.report.skipped.append({"path": source, "reason": record.parsed.unread})
                parsed = replace(record.parsed, date=record.parsed.date or modified)
                yield self._draft(parsed, document_id=record.id, source=source, place=None, data=record.line)

    def _is_new(self, document_id: str, digest: str) -> bool:
        known = self.library.stamp(document_id)
        same = known == (digest, self.recipe)
        self.report.unchanged += same
        if same and self.tags:
            self._same.append(document_id)
        return not same

    def _draft(self, parsed: Parsed, *, document_id: str, source: str, place: str | None, data: bytes) -> Draft:
        embedder = self.library.embeddings
        chunks = split_text(
            parsed, tokenize=embedder.token_offsets, embedder_max=embedder.max_tokens, config=self.config
        )
        known = self.library.stamp(document_id) is not None
        self.report.updated += known
        self.report.added += not known
        self.report.chunks += len(chunks)
        self.report.tokens += sum(chunk.tokens for chunk in chunks)
        return Draft(
            document_id=document_id, source=source, place=place, title=parsed.title, format=parsed.format,
            bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), recipe=self.recipe, text=parsed.text,
            pages=parsed.pages, chunks=chunks, date=parsed.date, tags=parsed.tags,
        )  # fmt: skip

    def _take(self, draft: Draft, *, left: int) -> None:
        """Write when a transaction is full, embed when a window is."""
        self._drafts.append(draft)
        self._waiting += len(draft.chunks)
        self._unembedded += len(draft.chunks)
        if self._waiting >= BATCH:
            self._write()
        if self._unembedded >= WINDOW:
            self._write()
            self.progress.end()
            self.library.finish(self.progress)
            self.progress.begin("Reading", left + 1, "files")
            self._unembedded = 0

    def _write(self) -> None:
        if self._drafts:
            self.library.write(self._drafts)
        if self.tags:
            self.library.tag([draft.document_id for draft in self._drafts], self.tags)
            changed = self.library.tag(self._same, self.tags)
            self.report.updated += changed
            self.report.unchanged -= changed
        self._drafts, self._same, self._waiting = [], [], 0

    def _fail(self, path: str, reason: str) -> None:
        self.report.failed.append({"path": path, "reason": reason})
        self.library.note_failure(path, reason)


def document_id(place: Path) -> str:
    """The id of a file: its name and a hash of its place, so that it stays the same when its content changes."""
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:8]
    return f"{show_path(Path(place.stem))}-{digest}"


def _refuse_nothing(report: AddReport, *, records: bool) -> None:
    if report.added + report.updated + report.unchanged:
        return
    told = [f"{row['path']}: {row['reason']}" for row in [*report.failed, *report.skipped]]
    more = [f"(+{len(told) - SHOWN})"] if len(told) > SHOWN else []
    raise UnusableInput(
        "There was nothing to add. {reasons}" if told else "There was nothing to add.",
        hint="A line is an object with an id and a text; their keys are told with --id and --text."
        if records
        else "ondol reads {formats}; JSONL with --records.",
        reasons=" · ".join([*told[:SHOWN], *more]),
        formats=" ".join(FORMATS),
    )
