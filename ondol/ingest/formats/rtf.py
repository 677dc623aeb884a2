"""RTF: its text, decoded as the file says, and what its head tells of title, author and date."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from ondol.errors import UnusableInput
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.library.dates import iso_day

CODE_PAGE = re.compile(r"\\ansicpg(\d{2,5})")
REVISED = re.compile(r"\\(revtim|creatim)\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
LARGEST = 64 << 20
"""Bytes; pictures are written out in it, texts are never that long."""


def read_rtf(data: bytes, name: str) -> Parsed:
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnusableInput("The document is damaged or not a {kind} file.", kind=".rtf")
    if len(data) > LARGEST:
        raise UnusableInput("The file is larger than {limit} MB.", limit=LARGEST >> 20)
    source = re.sub(rb"\{\\\*?\\?(?:pict|objdata)[^{}]*\}", b"", data).decode("latin-1")
    page = CODE_PAGE.search(source)
    encoding = f"cp{page[1]}" if page else "cp1252"
    builder = TextBuilder()
    for block in re.split(r"\n{2,}", _decoded(source, encoding)):
        lines = (" ".join(line.replace("|", " | ").split()).strip("| ") for line in block.split("\n"))
        builder.add("\n".join(filter(None, lines)))
    days = {match[1]: f"{match[2]}-{int(match[3]):02}-{int(match[4]):02}" for match in REVISED.finditer(source)}
    return builder.build(
        title=_info(source, "title", encoding) or name, format="rtf", author=_info(source, "author", encoding),
        date=iso_day(days.get("revtim", "")) or iso_day(days.get("creatim", "")),
    )  # fmt: skip


def _decoded(source: str, encoding: str) -> str:
    try:
        return str(rtf_to_text(source, encoding=encoding, errors="replace"))
    except (LookupError, ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise UnusableInput("The document is damaged or not a {kind} file.", kind=".rtf") from error


def _info(source: str, field: str, encoding: str) -> str:
    found = re.search(rf"\{{\\{field}\s+((?:[^{{}}\\]|\\.|\{{[^{{}}]*\}})*)\}}", source[:50_000])
    return " ".join(_decoded("{\\rtf1 " + found[1] + "}", encoding).split()) if found else ""
