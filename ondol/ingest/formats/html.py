"""HTML: what a reader sees of a page, without navigation, scripts and forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.formats.html_hidden import remove_hidden
from ondol.ingest.hidden import describe_passages, strip_parsed
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.library.dates import iso_day

CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = {
    *HEADINGS, "address", "article", "aside", "blockquote", "body", "caption", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
UNSEEN = {
    "button", "canvas", "datalist", "dialog", "embed", "head", "iframe", "input", "math", "nav", "noscript", "object",
    "script", "select", "style", "svg", "template", "textarea",
}  # fmt: skip
DATES = (
    "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "dcterms.date", "dcterms.created",
    "article:modified_time", "datemodified", "dcterms.modified", "last-modified",
)  # fmt: skip
"""Names of `meta` that tell when a page was written, the best first."""
AUTHORS = ("author", "article:author", "dc.creator", "dcterms.creator")
LONGEST_CELL = 300
"""Characters; a table with longer cells lays out a page and is read like any other block."""


def read_html(data: bytes, name: str) -> Parsed:
    declared = CHARSET.search(data[:4096])
    text = decode_text(data, declared=declared[1].decode("ascii") if declared else "")
    try:
        # As UTF-8 bytes with the encoding said: a page's own declaration, now wrong, does not count.
        parser = lxml_html.HTMLParser(encoding="utf-8", remove_pis=True)
        root = lxml_html.document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise UnusableInput("The page holds no text.") from error
    reader = _Reader()
    reader.read(root)
    title = root.findtext(".//title") or root.findtext(".//h1") or ""
    parsed = reader.builder.build(
        title=title.strip() or name, format="html", date=_date(root), author=_author(root),
        hidden=describe_passages(reader.hidden),
    )  # fmt: skip
    return strip_parsed(parsed)


def _date(root: Any) -> str:
    """The day that the page's own head tells, ISO; empty when it tells none."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        found.setdefault(_meta_name(meta), iso_day(meta.get("content", "")))
    return next((found[name] for name in DATES if found.get(name)), "")


def _author(root: Any) -> str:
    """Who wrote the page, as its own head tells; a link to a profile is no name."""
    told = (meta.get("content", "").strip() for meta in root.iter("meta") if _meta_name(meta) in AUTHORS)
    return next((name for name in told if name and "://" not in name), "")


def _meta_name(meta: Any) -> str:
    return (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").lower()


class _Reader:
    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.hidden = Counter[str]()
        self._line: list[str] = []
        self._gap = "\n\n"

    def read(self, root: Any) -> None:
        self.hidden += remove_hidden(root)
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if self._leaf(element):
                    walker.skip_subtree()
                else:
                    self._enter(element)
            else:
                self._leave(element)
        self._flush()

    def _leaf(self, element: Any) -> bool:
        """Elements that are dealt with as one: unseen ones, table rows, code, headings."""
        tag = element.tag
        if not isinstance(tag, str) or tag in UNSEEN:
            return True
        if tag in HEADINGS:
            self._flush()
            self.builder.add_heading("".join(_seen_text(element)), HEADINGS[tag])
        elif tag == "pre":
            self._flush()
            self.builder.add_whole("".join(_seen_text(element)))
        elif tag == "tr" and _is_data(element):
            self._flush()
            cells = (" ".join("".join(_seen_text(cell)).split()) for cell in element if cell.tag in ("td", "th"))
            self.builder.add(" | ".join(filter(None, cells)), gap="\n" if _follows(element) else "\n\n")
        else:
            return False
        return True

    def _enter(self, element: Any) -> None:
        if element.tag in BLOCKS:
            self._flush()
        if element.tag == "li":
            self._line.append("- ")
            self._gap = "\n" if _follows(element) else "\n\n"
        if element.tag == "br":
            self._line.append("\n")
        self._line.append(_flow(element.text))

    def _leave(self, element: Any) -> None:
        if element.tag in BLOCKS:
            self._flush()
        self._line.append(_flow(element.tail))

    def _flush(self) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._line).split("\n"))
        text = "\n".join(filter(None, lines))
        if text.strip("- "):
            self.builder.add(text, gap=self._gap)
            self._gap = "\n\n"
            self._line = []
        else:
            self._line = ["- "] if text else []  # the mark of a list item waits for its text


def _flow(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _seen_text(element: Any) -> Iterator[str]:
    """The element's text pieces without its tail and without what is unseen."""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and child.tag not in UNSEEN:
            yield "\n" if child.tag == "br" else ""
            yield from _seen_text(child)
        yield child.tail or ""


def _follows(element: Any) -> bool:
    """Whether it comes after another of its kind: rows and items stand together."""
    before = element.getprevious()
    return before is not None and before.tag == element.tag


def _is_data(row: Any) -> bool:
    """Whether a table row holds data: no table or heading inside, no long cell."""
    inside = {child.tag for child in row.iterdescendants()}
    return not inside & {"table", *HEADINGS} and all(len(cell.text_content()) <= LONGEST_CELL for cell in row)
