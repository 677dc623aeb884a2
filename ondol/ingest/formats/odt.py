"""OpenDocument text and presentations: headings, paragraphs, lists, tables, notes; slides as pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ondol.errors import UnusableInput
from ondol.ingest.formats.zipped import ZippedDocument, find_text, local
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.lang import detect_language, translate
from ondol.library.dates import iso_day

UNSEEN = {"tracked-changes", "annotation", "annotation-end", "bookmark", "sequence-decls", "forms", "note-citation"}
INLINE = {"tab": "\t", "line-break": "\n", "s": " "}


def read_odt(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".odt")
    manifest = package.find_xml("META-INF/manifest.xml")
    if manifest is not None and any(local(element) == "encryption-data" for element in manifest.iter()):
        raise UnusableInput("The document is protected by a password.")
    body = next(package.xml("content.xml").iter("{*}body"), None)
    if body is None:
        raise package.damaged()
    builder = TextBuilder()
    _read_blocks(body, builder)
    about = package.find_xml("meta.xml")
    return builder.build(
        title=find_text(about, "title") or name, format="odt", unit="slide",
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
            for entry in child.iterchildren("{*}list-item"):
                _read_blocks(entry, builder, item=True)
        elif kind == "page":
            builder.turn_page(_attribute(child, "name"))
            _read_blocks(child, builder)
        elif kind == "notes":
            words = " ".join("".join(_words(child, [])).split())
            _add_note(words, builder)
        else:
            _read_blocks(child, builder, item=item)


def _read_paragraph(paragraph: Any, builder: TextBuilder, *, item: bool) -> None:
    anchored: list[Any] = []
    text = "\n".join(" ".join(line.split()) for line in "".join(_words(paragraph, anchored)).split("\n")).strip()
    level = _attribute(paragraph, "outline-level")
    if local(paragraph) == "h" and text:
        builder.add_heading(text, int(level) if level.isdigit() else 1)
    elif text:
        builder.add(f"- {text}" if item else text, gap="\n" if item else "\n\n")
    for element in anchored:
        if local(element) == "note":
            body = next(element.iter("{*}note-body"), None)
            _add_note(" ".join("".join(_words(body, [])).split()) if body is not None else "", builder)
        else:
            _read_blocks(element, builder)


def _add_note(words: str, builder: TextBuilder) -> None:
    if words:
        builder.add(translate("Note: {text}", language=detect_language(words), text=words), gap="\n")


def _read_table(table: Any, builder: TextBuilder) -> None:
    gap = "\n\n"
    for row in table.iter("{*}table-row"):
        cells = (" ".join("".join(_words(cell, [])).split()) for cell in row if local(cell) == "table-cell")
        if line := " | ".join(filter(None, cells)):
            builder.add(line, gap=gap)
            gap = "\n"


def _words(element: Any, anchored: list[Any]) -> Iterator[str]:
    """Text of a paragraph; notes and frames are put aside."""
    yield element.text or ""
    for child in element:
        kind = local(child)
        if kind in ("note", "frame", "custom-shape"):
            anchored.append(child)
        elif kind in INLINE:
            count = _attribute(child, "c")
            yield INLINE[kind] * min(int(count) if count.isdigit() else 1, 100)
        elif kind and kind not in UNSEEN:
            yield from _words(child, anchored)
            yield "\n" if kind in ("p", "h") else ""
        yield child.tail or ""


def _attribute(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
