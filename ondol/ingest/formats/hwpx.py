"""HWPX, the open format of Hangul: sections of paragraphs, tables, notes, headers and master pages.

Source: KS X 6101 (OWPML); element names as Hangul 2022 writes them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ondol.errors import UnusableInput
from ondol.ingest.formats.hangul import HangulText
from ondol.ingest.formats.zipped import ZippedDocument, find_text, local
from ondol.ingest.parsed import Parsed
from ondol.library.dates import iso_day

SECTION = re.compile(r"Contents/section(\d+)\.xml$", re.IGNORECASE)
MASTER = re.compile(r"Contents/masterpage(\d+)\.xml$", re.IGNORECASE)
INLINE = {"lineBreak": "\n", "tab": "\t", "nbSpace": " ", "fwSpace": " ", "hyphen": "-"}
UNSEEN = {"secPr", "linesegarray", "shapeComment", "script"}


def read_hwpx(data: bytes, name: str) -> Parsed:
    package = ZippedDocument(data, kind=".hwpx")
    manifest = package.find_xml("META-INF/manifest.xml")
    if manifest is not None and any(local(element) == "encryption-data" for element in manifest.iter()):
        raise UnusableInput("The document is protected by a password.")
    sections = _numbered(package, SECTION)
    if not sections:
        raise package.damaged()
    text = HangulText(many=len(sections) > 1)
    for member in sections:
        text.begin_section()
        _read_paragraphs(_shown(package.xml(member), text), text)
    for member in _numbered(package, MASTER):
        text.add_margin("".join(_words_of(_shown(package.xml(member), text))))
    about = package.find_xml("Contents/content.hpf")
    return text.build(
        title=find_text(about, "title") or name, format="hwpx", author=_meta(about, "creator"),
        date=iso_day(_meta(about, "ModifiedDate")) or iso_day(_meta(about, "CreatedDate")),
    )  # fmt: skip


def _numbered(package: ZippedDocument, pattern: re.Pattern[str]) -> list[str]:
    found = [(int(match[1]), name) for name in package.names if (match := pattern.search(name))]
    return [name for _, name in sorted(found)]


def _meta(about: Any | None, name: str) -> str:
    """`<opf:meta name="creator" content="text">Kim</opf:meta>`: the value is the text."""
    elements = about.iter("{*}meta") if about is not None else ()
    return next(((element.text or "").strip() for element in elements if element.get("name") == name), "")


def _shown(root: Any, text: HangulText) -> Any:
    """The tree without hidden comments, memos and deletions that are tracked."""
    for comment in [*root.iter("{*}hiddenComment"), *root.iter("{*}fieldBegin")]:
        if local(comment) == "hiddenComment" or comment.get("type") == "MEMO":
            text.count_comment()
            for child in list(comment):
                comment.remove(child)
    _drop_deletions(root)
    return root


def _drop_deletions(root: Any) -> None:
    """Empty what stands between a `deleteBegin` and its `deleteEnd`, in the same run of text or a later one."""
    ends = Counter(end.get("Id") for end in root.iter("{*}deleteEnd"))
    if not ends:
        return
    open_: set[str | None] = set()
    for run in root.iter("{*}t"):
        run.text = "" if open_ else run.text
        for child in run:
            kind, number = local(child), child.get("Id")
            if kind == "deleteBegin" and ends[number]:
                open_.add(number)
            elif kind == "deleteEnd":
                open_.discard(number)
                ends[number] -= 1
            child.tail = "" if open_ else child.tail


def _read_paragraphs(parent: Any, text: HangulText) -> None:
    for child in parent:
        if local(child) == "p":
            _read_paragraph(child, text)
        elif local(child) not in UNSEEN:
            _read_paragraphs(child, text)


def _read_paragraph(paragraph: Any, text: HangulText) -> None:
    """The paragraph's words, and behind them what is anchored in it: tables, boxes, notes."""
    anchored: list[Any] = []
    words = "".join(_words(paragraph, anchored))
    text.add_paragraph(words)
    for element in anchored:
        kind = local(element)
        if kind == "tbl":
            for caption in element.iterchildren("{*}caption"):
                text.add_paragraph("".join(_words_of(caption)))
            text.add_table([_cells(row) for row in _rows(element)])
        elif kind in ("header", "footer"):
            text.add_margin("".join(_words_of(element)))
        elif kind in ("footNote", "endNote"):
            text.add_note("".join(_words_of(element)))
        else:
            _read_paragraphs(element, text)


def _words(element: Any, anchored: list[Any]) -> Iterator[str]:
    for child in element:
        kind = local(child)
        if kind in ("tbl", "header", "footer", "footNote", "endNote", "subList", "drawText"):
            anchored.append(child)
        elif kind == "t":
            yield from _inline(child)
        elif kind in INLINE:
            yield INLINE[kind]
        elif kind not in UNSEEN:
            yield from _words(child, anchored)


def _inline(run: Any) -> Iterator[str]:
    yield run.text or ""
    for child in run:
        yield INLINE.get(local(child), "")
        yield child.tail or ""


def _words_of(element: Any) -> Iterator[str]:
    """All text below, a line for each paragraph, tables in rows."""
    for paragraph in element.iter("{*}p"):
        yield "".join(piece for run in paragraph.iterchildren("{*}run") for piece in _run_words(run)) + "\n"


def _run_words(run: Any) -> Iterator[str]:
    for child in run:
        if local(child) == "t":
            yield from _inline(child)


def _rows(table: Any) -> Iterator[Any]:
    return (child for child in table if local(child) == "tr")


def _cells(row: Any) -> list[str]:
    return [" ".join("".join(_words_of(cell)).split()) for cell in row if local(cell) == "tc"]
