"""Files of allowed folders: what there is, what stands in one, and where a text stands."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import Field

from ondol.agents.tools.folders import Entry, Folders
from ondol.agents.tools.passages import MOST, AgentRun, number_passages, one_line, write_passages
from ondol.agents.tools.slices import page_at, show_slice
from ondol.agents.tools.tool import ToolArgs, make_tool
from ondol.errors import OndolError, UnusableInput, UsageError
from ondol.ingest.formats import FORMATS
from ondol.ingest.parse import parse_bytes
from ondol.ingest.parsed import Parsed
from ondol.lang import nfc

BEFORE, BEHIND = 150, 250
"""Characters that are shown around a text that was found."""
PLACES = Sequence[str | Path]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    max_mb: int = 20
    """Of one file; larger ones are not read, nor looked through."""
    max_chars: int = 3000
    """Of a result."""
    max_entries: int = 200
    """Files and folders that are listed."""
    max_files: int = 2000
    """Looked through for a text."""
    search_s: float = 20.0
    """For all files together; the file that is being read is read to its end."""

    def __post_init__(self) -> None:
        if min(self.max_mb, self.max_chars, self.max_entries, self.max_files, self.search_s) <= 0:
            raise UsageError("A limit for files is too small.", hint="All of them must be larger than 0.")


class ListArgs(ToolArgs):
    folder: str = Field("", description="A folder as listed before; leave it out for the top.")


class ReadArgs(ToolArgs):
    path: str = Field(description="Path of the file as list_files shows it.")
    offset: int = Field(0, ge=0, description="Character to begin at.")
    limit: int = Field(0, ge=0, description="Characters to read; leave it out for as many as possible.")


class FindArgs(ToolArgs):
    text: str = Field(description="Words that stand in the file exactly like this; upper and lower case are the same.")
    folder: str = Field("", description="Only below this folder; leave it out for everywhere.")


def make_list_files(folders: PLACES, *, limits: FileLimits | None = None) -> BaseTool:
    """A tool that tells what stands in `folders`; raises as `Folders`."""
    reader = _Files(Folders(folders), limits or FileLimits())
    about = f"List the files and folders that can be read. The top is: {', '.join(reader.names)}."
    return make_tool(reader.show, name="list_files", description=about, args=ListArgs, untrusted=True)


def make_read_file(folders: PLACES, *, limits: FileLimits | None = None) -> BaseTool:
    """A tool that reads a text or a document (PDF, DOCX, HWP, …) in `folders`; its artifact is a document."""
    reader = _Files(Folders(folders), limits or FileLimits())
    about = "Read a file: text, PDF, Word, HWP, Excel and others. Long ones are read piece by piece with offset."
    return make_tool(reader.read, name="read_file", description=about, args=ReadArgs, untrusted=True, artifact=True)


def make_find_in_files(folders: PLACES, *, limits: FileLimits | None = None) -> BaseTool:
    """A tool that finds a text in the files and documents of `folders`; its artifact is the places."""
    reader = _Files(Folders(folders), limits or FileLimits())
    about = "Find words in the files. Returns the places, with the offset to read on with read_file."
    return make_tool(reader.find, name="find_in_files", description=about, args=FindArgs, untrusted=True, artifact=True)


class _Files:
    def __init__(self, folders: Folders, limits: FileLimits) -> None:
        self._folders, self._limits = folders, limits
        self.names = folders.names

    def show(self, folder: str) -> str:
        entries = self._folders.entries(folder)
        if not entries:
            return "The folder is empty."
        lines = [f"{entry.path}/" if entry.is_folder else f"{entry.path} ({_size(entry.size)})" for entry in entries]
        more = len(lines) - self._limits.max_entries
        kept = lines[: self._limits.max_entries]
        return "\n".join([*kept, f"({more} more are not shown.)"] if more > 0 else kept)

    def read(self, path: str, offset: int, limit: int, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        shown, parsed = self._parse(path)
        most = min(limit or self._limits.max_chars, self._limits.max_chars)
        return show_slice(parsed, offset, most, {"source": shown, "title": parsed.title}, runtime)

    def find(self, text: str, folder: str, runtime: AgentRun = None) -> tuple[str, list[Document]]:
        words = re.escape(nfc(text)).split("\\ ")
        pattern = re.compile(r"\s+".join(word for word in words if word), re.IGNORECASE)
        if not pattern.pattern:
            raise UnusableInput("There are no words to find.")
        end, seen = time.monotonic() + self._limits.search_s, 0
        found: list[Document] = []
        for entry in self._folders.walk(folder):
            if len(found) >= MOST or seen >= self._limits.max_files or time.monotonic() > end:
                break
            seen += 1
            found += self._places(entry, pattern)
        else:
            end = 0.0
        hits = number_passages(found, runtime)
        told = f"{len(hits) or 'No'} place{'' if len(hits) == 1 else 's'} in {seen} files."
        told += " There is more that was not looked at; name a folder or rarer words." if end else ""
        return "\n\n".join(filter(None, [write_passages(hits, max_chars=500), told])), hits

    def _places(self, entry: Entry, pattern: re.Pattern[str]) -> Iterator[Document]:
        """Up to five in one file; a file that cannot be read has none."""
        if entry.size > self._limits.max_mb << 20:
            return
        try:
            shown, parsed = self._parse(entry.path)
        except OndolError:
            return
        count = shown_to = 0
        for match in pattern.finditer(parsed.text):
            if match.start() < shown_to:
                continue
            if count == 5:
                return
            start, end = _around(parsed.text, match.start(), match.end())
            count, shown_to = count + 1, end
            place = {"start": start, "end": end, "offset": start, **page_at(parsed, match.start())}
            metadata = {"source": shown, "title": parsed.title, **place}
            yield Document(page_content=parsed.text[start:end], metadata=metadata)

    def _parse(self, path: str) -> tuple[str, Parsed]:
        shown, data = self._folders.read(path, self._limits.max_mb << 20)
        suffix = PurePosixPath(shown).suffix.lower()
        if suffix in FORMATS and FORMATS[suffix].target.startswith("audio:"):
            raise UnusableInput("Recordings and films are not read by this tool.")
        parsed = parse_bytes(data, Path(shown) if suffix in FORMATS else Path(f"{shown}.txt"))
        if not parsed.text.strip():
            names = one_line(", ".join(part.name for part in parsed.parts), 1000)
            raise UnusableInput("The file holds no text of its own, only other files: {names}", names=names)
        return shown, parsed


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """The words around a place, from a space to a space where there are some."""
    first, last = max(0, start - BEFORE), min(len(text), end + BEHIND)
    if first and (space := text.find(" ", first, start)) >= 0:
        first = space + 1
    if last < len(text) and (space := text.rfind(" ", end, last)) >= 0:
        last = space
    return first, last


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1 << 10 else f"{count >> 10} KB" if count < 1 << 20 else f"{count >> 20} MB"
