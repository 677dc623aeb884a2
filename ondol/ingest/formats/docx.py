"""Word: paragraphs, headings, lists and tables in the order of the document."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn

from ondol.errors import UnusableInput
from ondol.ingest.formats.zipped import BROKEN_PACKAGE
from ondol.ingest.parsed import Parsed, TextBuilder

HEADING = re.compile(r"(?:heading|제목)\s*(\d)", re.IGNORECASE)
LARGEST = 1 << 30
"""Bytes after unpacking; a small file that unpacks to more is a trap, not a document."""
TEMPLATE_DAY = "2013-12-23"
"""What python-docx writes into every document that it makes."""
P, TBL, TR, TC, SDT = (qn(f"w:{tag}") for tag in ("p", "tbl", "tr", "tc", "sdt"))
TEXTS = {qn("w:t"), qn("m:t")}
BREAKS = {qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}
CORE_PROPERTIES = RELATIONSHIP_TYPE.CORE_PROPERTIES
SKIPPED = {
    qn("w:pPr"), qn("w:rPr"), qn("w:del"), qn("w:moveFrom"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}  # fmt: skip


def read_docx(data: bytes, name: str) -> Parsed:
    document = _open(data)
    builder = TextBuilder()
    title, day = _properties(document)
    listed = False
    for element in _blocks(document.element.body):
        if element.tag == TBL:
            for row in element.iter(TR):
                builder.add(_row_text(row), gap="\n" if _follows(row, TR) else "\n\n")
            listed = False
            continue
        text, style = _text(element).strip(), _style(document, element)
        if level := _level(element, style):
            builder.add_heading(text, level)
        elif text and _is_item(element, style):
            builder.add(f"- {text}", gap="\n" if listed else "\n\n")
        else:
            builder.add(text)
        listed = _is_item(element, style)
        if style in ("Title", "제목") and not title:
            title = text
    return builder.build(title=title.strip() or name, format="docx", date=day)


def _properties(document: Any) -> tuple[str, str]:
    """Title and day of the last change, ISO; empty where the file does not tell, for python-docx makes some up."""
    if not any(part.reltype == CORE_PROPERTIES for part in document.part.package.rels.values()):
        return "", ""
    properties = document.core_properties
    changed = properties.modified or properties.created
    day = changed.date().isoformat() if changed else ""
    return properties.title or "", "" if day == TEMPLATE_DAY else day


def _open(data: bytes) -> Any:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnusableInput("The document is protected by a password, or in the old .doc format.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(item.file_size for item in package.infolist()) > LARGEST:
                raise UnusableInput("The document unpacks to more than {limit} MB.", limit=LARGEST >> 20)
        return docx.Document(io.BytesIO(data))
    except UnusableInput:
        raise
    except (PackageNotFoundError, *BROKEN_PACKAGE) as error:
        raise UnusableInput("The document is damaged or not a .docx file.") from error


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls."""
    for child in parent:
        if child.tag in (P, TBL):
            yield child
        elif child.tag == SDT:
            for content in child.iterchildren(qn("w:sdtContent")):
                yield from _blocks(content)


def _text(element: Any) -> str:
    """Text of a paragraph or cell with tracked changes accepted; python-docx leaves inserted runs out."""
    pieces: list[str] = []
    for child in element:
        if child.tag in SKIPPED or not isinstance(child.tag, str):
            continue
        if child.tag in TEXTS:
            pieces.append(child.text or "")
        elif child.tag in BREAKS:
            pieces.append(BREAKS[child.tag])
        else:
            pieces.append(_text(child) + ("\n" if child.tag == P else ""))
    return "".join(pieces)


def _row_text(row: Any) -> str:
    return " | ".join(filter(None, (" ".join(_text(cell).split()) for cell in row.iterchildren(TC))))


def _style(document: Any, paragraph: Any) -> str:
    name = paragraph.style
    found = document.styles.element.get_by_id(name) if name else None
    return str((found.name_val if found is not None else name) or "")


def _level(paragraph: Any, style: str) -> int:
    """Heading level by style name or outline level; 0 for body text."""
    if match := HEADING.match(style):
        return int(match[1])
    outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    level = int(outline.get(qn("w:val"))) + 1 if outline is not None else 0
    return level if level <= 9 else 0


def _is_item(paragraph: Any, style: str) -> bool:
    numbered = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None
    return numbered or style.startswith(("List Bullet", "List Number", "글머리 기호", "번호 매기기"))


def _follows(element: Any, tag: str) -> bool:
    before = element.getprevious()
    return before is not None and before.tag == tag
