"""reStructuredText, AsciiDoc, Org and TeX as they are written, with their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.hidden import describe_passages
from ondol.ingest.parsed import Heading, Parsed, canonical
from ondol.library.dates import iso_day
from ondol.library.rows import Span

RULE = re.compile(r"([=\-`:.'\"~^_*+#<>!$%&,;?@\\|/])\1{2,}[ \t]*\Z")
ADOC = re.compile(r"^(?P<marks>={1,6})[ \t]+(?P<title>\S[^\n]{0,300}?)(?:[ \t]+=+)?[ \t]*$", re.MULTILINE)
ADOC_BLOCK = re.compile(r"^(?P<mark>-{4,}|\.{4,}|={4,}|/{4,})[ \t]*$", re.MULTILINE)
ORG = re.compile(
    r"^(?P<marks>\*{1,9})[ \t]+(?:(?:TODO|DONE|NEXT|WAITING)[ \t]+)?(?:\[#\w\][ \t]+)?(?P<title>\S[^\n]{0,300}?)"
    r"(?:[ \t]+:[\w@:]+:)?[ \t]*$",
    re.MULTILINE,
)
ORG_BLOCK = re.compile(r"^[ \t]*#\+(?P<mark>begin|end)_\w+[^\n]*$", re.MULTILINE | re.IGNORECASE)
ORG_FIELD = re.compile(r"^#\+(title|author|date):[ \t]*([^\n]+)$", re.MULTILINE | re.IGNORECASE)
TEX = re.compile(
    r"^[ \t]*\\(?P<kind>part|chapter|(?:sub){0,2}section|(?:sub)?paragraph)\*?(?:\[[^\]\n]*\])?\{", re.MULTILINE
)
TEX_LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5,
              "subparagraph": 6}  # fmt: skip
TEX_COMMENT = re.compile(r"^[ \t]*%[^\n]*(?:\n|\Z)|(?<=[^\\%\n])%[^\n]*", re.MULTILINE)
TEX_CODE = ("verbatim", "lstlisting", "minted", "equation", "align", "tabular")
TEX_MARKUP = re.compile(r"\\[a-zA-Z]+\*?(?:\[[^\]\n]*\])?|[{}~]")


def read_rst(data: bytes, name: str) -> Parsed:
    """Levels come in the order in which the lines below the titles appear."""
    text = canonical(decode_text(data))
    headings = tuple(_rst_headings(text))
    first = headings[0].title if headings and headings[0].level == 1 else ""
    return Parsed(text=text, title=first or name, format="rst", headings=headings)


def _rst_headings(text: str) -> Iterator[Heading]:
    levels: dict[str, int] = {}
    lines = text.split("\n")
    starts, place = [], 0
    for line in lines:
        starts.append(place)
        place += len(line) + 1
    number = 0
    while number < len(lines) - 1:
        title, over = lines[number], number > 0 and lines[number - 1]
        under = RULE.match(lines[number + 1])
        bare = title.strip()
        if under and bare and not RULE.match(bare) and len(bare) <= len(lines[number + 1].rstrip()):
            overlined = bool(over) and over == lines[number + 1]
            if overlined or not title.startswith((" ", "\t")):
                style = under[1] * (2 if overlined else 1)
                level = levels.setdefault(style, len(levels) + 1)
                yield Heading(starts[number - 1 if overlined else number], level, bare)
                number += 1
        number += 1


def read_adoc(data: bytes, name: str) -> Parsed:
    text = canonical(decode_text(data))
    whole = tuple(_fenced(text))
    headings = _marked(ADOC, text, whole)
    title = headings[0].title if headings and headings[0].level == 1 else ""
    return Parsed(text=text, title=title or name, format="adoc", headings=headings, whole=whole)


def _fenced(text: str) -> Iterator[Span]:
    """Blocks between two equal lines."""
    opened: re.Match[str] | None = None
    for match in ADOC_BLOCK.finditer(text):
        if opened is None:
            opened = match
        elif match["mark"] == opened["mark"]:
            yield opened.start(), match.end()
            opened = None


def read_org(data: bytes, name: str) -> Parsed:
    text = canonical(decode_text(data))
    fields = {key.lower(): value.strip() for key, value in reversed(ORG_FIELD.findall(text))}
    whole = tuple(_begun(text))
    day = iso_day(re.sub(r"[<>\[\]]|\s.*", "", fields.get("date", "")))
    return Parsed(
        text=text, title=fields.get("title", name), format="org", headings=_marked(ORG, text, whole), whole=whole,
        author=fields.get("author", ""), date=day,
    )  # fmt: skip


def _begun(text: str) -> Iterator[Span]:
    """Blocks from `#+begin_…` to `#+end_…`."""
    start = -1
    for match in ORG_BLOCK.finditer(text):
        if match["mark"].lower() == "begin":
            start = match.start() if start < 0 else start
        elif start >= 0:
            yield start, match.end()
            start = -1


def _marked(pattern: re.Pattern[str], text: str, code: tuple[Span, ...]) -> tuple[Heading, ...]:
    inside = iter([*code, (len(text) + 1, len(text) + 1)])
    start, end = next(inside)
    found = []
    for match in pattern.finditer(text):
        while match.start() >= end:
            start, end = next(inside)
        if match.start() < start:
            found.append(Heading(match.start(), len(match["marks"]), match["title"]))
    return tuple(found)


def read_tex(data: bytes, name: str) -> Parsed:
    """Comments are left out: no reader of the printed document sees them."""
    text = canonical(decode_text(data))
    comments = sum(any(char.isalnum() for char in found) for found in TEX_COMMENT.findall(text))
    text = TEX_COMMENT.sub("", text)
    headings = tuple(
        Heading(match.start(), TEX_LEVELS[match["kind"]], title)
        for match in TEX.finditer(text)
        if (title := _braced(text, match.end()))
    )
    fields = {kind: _field(text, kind) for kind in ("title", "author", "date")}
    return Parsed(
        text=text, title=fields["title"] or name, format="tex", headings=headings, whole=tuple(_environments(text)),
        author=fields["author"], date=iso_day(fields["date"]), hidden=describe_passages({"comments": comments}),
    )  # fmt: skip


def _field(text: str, kind: str) -> str:
    match = re.search(rf"\\{kind}(?:\[[^\]\n]*\])?\{{", text)
    return _braced(text, match.end()) if match else ""


def _braced(text: str, start: int) -> str:
    """What stands up to the brace that closes, without its commands."""
    depth = 1
    for place in range(start, min(len(text), start + 500)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return " ".join(TEX_MARKUP.sub(" ", text[start:place]).split())
    return ""


def _environments(text: str) -> Iterator[Span]:
    place = 0
    for match in re.finditer(rf"\\begin\{{({'|'.join(TEX_CODE)})(\*?)\}}", text):
        if match.start() < place:
            continue
        close = f"\\end{{{match[1]}{match[2]}}}"
        end = text.find(close, match.end(), match.end() + 20_000)
        if end >= 0:
            place = end + len(close)
            yield match.start(), place
