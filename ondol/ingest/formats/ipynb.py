"""Jupyter notebooks: prose as Markdown, code as it is, short text of what it printed; nothing is run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.formats.md import read_md
from ondol.ingest.parsed import Heading, Parsed, TextBuilder
from ondol.library.rows import Span

OUTPUT = 1000
"""Characters of one output; more is a log or a table that the code's reader skips too."""
TOLD = 10
"""Cells whose hidden text is told."""
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]")
PICTURE = re.compile(r"!\[([^\]]{0,300})\]\((?:attachment:|data:)[^)]*\)|<img[^>]{0,300}src=[\"']data:[^>]*>")
ENCODED = re.compile(r"[A-Za-z0-9+/=]{300,}")


def read_ipynb(data: bytes, name: str) -> Parsed:
    try:
        notebook = json.loads(decode_text(data))
    except (ValueError, RecursionError) as error:
        raise UnusableInput("The notebook is damaged: {reason}", reason=error) from error
    cells = _Cells()
    for cell in _cells(notebook):
        cells.add(cell)
    parsed = cells.builder.build(title="", format="ipynb", hidden="; ".join(cells.hidden[:TOLD]))
    title = _title(notebook) or (cells.headings[0].title if cells.headings else name)
    return replace(parsed, title=title, headings=tuple(cells.headings), whole=tuple(cells.whole))


class _Cells:
    """Markdown keeps its marks, as in a file of its own, so that headings and code are counted here."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.headings: list[Heading] = []
        self.whole: list[Span] = []
        self.hidden: list[str] = []

    def add(self, cell: dict[str, Any]) -> None:
        kind, source = cell.get("cell_type"), _text(cell.get("source", cell.get("input"))).rstrip()
        if kind == "code":
            if source.strip():
                self.whole.append(self.builder.add(source))
            outputs = cell.get("outputs")
            for output in outputs if isinstance(outputs, list) else ():
                self.builder.add(_output(output))
        elif kind == "heading":
            level = cell.get("level")
            self._add_prose(f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {source}")
        elif source.strip():
            self._add_prose(PICTURE.sub(r"\1", source))

    def _add_prose(self, source: str) -> None:
        try:
            prose = read_md(source.encode("utf-8", "replace"), "")
        except UnusableInput:
            return  # a picture and nothing else
        start, _ = self.builder.add(prose.text)
        start -= len(prose.text) - len(prose.text.lstrip("\n"))
        self.headings += [replace(heading, start=start + heading.start) for heading in prose.headings]
        self.whole += [(start + first, start + last) for first, last in prose.whole]
        self.hidden += [prose.hidden] if prose.hidden else []


def _cells(notebook: Any) -> list[dict[str, Any]]:
    """Cells of a notebook, also of one from before 2015."""
    if not isinstance(notebook, dict):
        raise UnusableInput("The file is no notebook: it has no cells.")
    found, sheets = notebook.get("cells"), notebook.get("worksheets")
    if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict):
        found = sheets[0].get("cells")
    if not isinstance(found, list):
        raise UnusableInput("The file is no notebook: it has no cells.")
    return [cell for cell in found if isinstance(cell, dict)]


def _title(notebook: Any) -> str:
    metadata = notebook.get("metadata")
    title = metadata.get("title") if isinstance(metadata, dict) else ""
    return title if isinstance(title, str) else ""


def _output(output: Any) -> str:
    """The text of an output; empty for pictures and pages, whose text stands beside them where there is one."""
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}"[:OUTPUT]
    data = output.get("data", output)
    text = _text(output.get("text") or (data.get("text/plain") if isinstance(data, dict) else ""))
    text = ENCODED.sub("…", ANSI.sub("", text)).strip("\n")
    if re.fullmatch(r"<[\w.]*(?:Figure|Axes|AxesSubplot|IPython)[^\n]*>", text.strip()):
        return ""
    return text if len(text) <= OUTPUT else text[:OUTPUT].rstrip() + " …"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(piece for piece in value if isinstance(piece, str))
    return value if isinstance(value, str) else ""
