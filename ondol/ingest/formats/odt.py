"""OpenDocument text, presentations and drawings: headings, paragraphs, lists, tables, notes; slides as pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ondol.errors import UnusableInput
from ondol.ingest.formats.odt_hidden import remove_hidden
from ondol.ingest.formats.table import add_table
from ondol.ingest.formats.zipped import ZippedDocument, attribute, find_text, local
from ondol.ingest.hidden import describe_passages
from ondol.ingest.parsed import Parsed, TextBuilder, as_note
from ondol.lang import translate
from ondol.library.dates import iso_day

UNSEEN = {"annotation-end", "bookmark", "sequence-decls", "forms", "note-citation"}
INLINE = {"tab": "\t", "line-break": "\n", "s": " "}
KIND = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|presentation|spreadsheet|graphics)")
EXTENSIONS = {b"text": ".odt", b"presentation": ".odp", b"spreadsheet": ".ods", b"graphics": ".odg"}
HEAD = 256
"""Bytes: the media type comes first, and is not packed."""
ROWS = ("table-rows", "table-header-rows", "table-row-group")


def read_odt(data: bytes, name: str) -> Parsed:
    found = KIND.search(data[:HEAD])
    kind = EXTENSIONS[found[1]] if found else ".odt"
    package = ZippedDocument(data, kind=kind)
    manifest = package.find_xml("META-INF/manifest.xml")
    if manifest is not None and any(local(element) == "encryption-data" for element in manifest.iter()):
        raise UnusableInput("The document is protected by a password.")
    content = package.xml("content.xml")
    body = next(content.iter("{*}body"), None)
    if body is None:
        raise package.damaged()
    styles = package.find_xml("styles.xml")
    counts, slides = remove_hidden(content, styles)
    builder = TextBuilder()
    _read_blocks(body, builder)
    builder.add("\n".join(dict.fromkeys(_margins(styles))))
    told = [describe_passages(counts), translate("{count} hidden slides", count=slides) if slides else ""]
    about = package.find_xml("meta.xml")
    return builder.build(
        title=find_text(about, "title") or name, format=kind[1:], unit="slide", hidden="; ".join(filter(None, told)),
        author=find_text(about, "creator") or find_text(about, "initial-creator"),
        date=iso_day(find_text(about, "date")) or iso_day(find_text(about, "creation-date")),
    )  # fmt: skip


def _read_blocks(parent: Any, builder: TextBuilder, *, item: bool = False) -> None:
    for child in parent:
        kind = local(child)
        if kind in UNSEEN or not kind:
            continue
        if kind in ("h", "p"):
            _read_paragraph(child, builder, item=item)
        elif kind == "table":
            _read_table(child, builder)
        elif kind == "list":
            for entry in child:
                _read_blocks(entry, builder, item=local(entry) == "list-item")
        elif kind == "page":
            builder.turn_page(attribute(child, "name"))
            _read_blocks(child, builder)
        elif kind == "notes":
            _add_note(child, builder)
        else:
            _read_blocks(child, builder, item=item)


def _read_paragraph(paragraph: Any, builder: TextBuilder, *, item: bool) -> None:
    anchored: list[Any] = []
    text = "\n".join(" ".join(line.split()) for line in "".join(_words(paragraph, anchored)).split("\n")).strip()
    level = attribute(paragraph, "outline-level")
    if local(paragraph) == "h" and text:
        builder.add_heading(text, int(level) if level.isdecimal() else 1)
    elif text:
        builder.add(f"- {text}" if item else text, gap="\n" if item else "\n\n")
    _read_anchored(anchored, builder)


def _read_anchored(anchored: list[Any], builder: TextBuilder) -> None:
    for element in anchored:
        if local(element) == "note":
            for body in element.iterchildren("{*}note-body"):
                _add_note(body, builder)
        elif local(element) == "table":
            _read_table(element, builder)
        else:
            _read_blocks(element, builder)


def _add_note(note: Any, builder: TextBuilder) -> None:
    words = " ".join(" ".join(_paragraphs(note)).split())
    if words:
        builder.add(as_note(words), gap="\n")


def _paragraphs(parent: Any) -> Iterator[str]:
    """Text of every paragraph below, also in frames and tables."""
    for paragraph in parent.iter("{*}p", "{*}h"):
        yield " ".join("".join(_words(paragraph, [])).split())


def _margins(styles: Any | None) -> Iterator[str]:
    """Lines of headers and footers, without those that hold a page number alone."""
    kinds = [f"{{*}}{place}{which}" for place in ("header", "footer") for which in ("", "-left", "-first")]
    for margin in styles.iter(*kinds) if styles is not None else ():
        yield from (line for line in _paragraphs(margin) if any(char.isalpha() for char in line))


def _read_table(table: Any, builder: TextBuilder) -> None:
    """A row a line; notes and boxes of its cells, and text of tables in them, come after it."""
    anchored: list[Any] = []
    rows = [
        ["".join(_words(cell, anchored)) for cell in row if local(cell) == "table-cell"] for row in _rows_of(table)
    ]  # fmt: skip
    add_table(builder, rows)
    _read_anchored(anchored, builder)


def _rows_of(table: Any) -> Iterator[Any]:
    for child in table:
        if local(child) == "table-row":
            yield child
        elif local(child) in ROWS:
            yield from _rows_of(child)


def _words(element: Any, anchored: list[Any]) -> Iterator[str]:
    """Text of a paragraph or a cell; notes, frames and tables inside are put aside."""
    yield element.text or ""
    for child in element:
        kind = local(child)
        if kind in ("note", "frame", "custom-shape", "table"):
            anchored.append(child)
        elif kind in INLINE:
            count = attribute(child, "c")
            yield INLINE[kind] * min(int(count) if count.isdecimal() else 1, 100)
        elif kind and kind not in UNSEEN:
            yield from _words(child, anchored)
            yield "\n" if kind in ("p", "h") else ""
        yield child.tail or ""
