"""Source code as it is written: functions and classes are headings, and blocks stay whole where they are small."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from ondol.ingest.formats.code_patterns import CASELESS, PATTERNS
from ondol.ingest.formats.encoding import decode_text
from ondol.ingest.parsed import Heading, Parsed, canonical
from ondol.library.rows import Span

COOKIE = re.compile(rb"coding[:=][ \t]*([-\w.]+)")
SMALL = 800
"""Characters of a block that is not cut: about what one chunk holds."""
DEEPEST = 8
"""Columns in which members of a class begin: 2 to 4, and 8 inside a namespace."""
LONGEST_LINE = 400
"""Characters in which a definition is looked for; longer lines are generated."""
ABOVE = re.compile(r"[ \t]*(?://|#(?!include|define|if|endif|pragma)|\*|/\*|--|@|\[(?![^\]\n]*\][ \t]*$)|;;|%)")
"""A line that belongs to the definition below it: a comment, an annotation, an attribute."""
ARGUMENTS = re.compile(r"(?<!\bpub)\(")
NO_NAME = frozenset("if for while switch catch return else do new sizeof throw using in when until match".split())


def read_code(data: bytes, name: str, *, language: str) -> Parsed:
    cookie = COOKIE.search(b"\n".join(data[:500].split(b"\n", 2)[:2]))
    text = canonical(decode_text(data, declared=cookie[1].decode("ascii") if cookie else ""))
    headings = _python_headings(text) if language == "python" else None
    if headings is None:
        headings = tuple(_find(text, language))
    return Parsed(text=text, title=name, format=language, headings=headings, whole=tuple(find_blocks(text, headings)))


def _python_headings(text: str) -> tuple[Heading, ...] | None:
    """Functions, classes and their methods; None where the text is not the Python that runs this."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that a later Python refuses
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = _line_starts(text)
    kinds = {ast.FunctionDef: "def", ast.AsyncFunctionDef: "async def", ast.ClassDef: "class"}
    found: list[Heading] = []
    for outer in tree.body:
        for node in (outer, *(outer.body if isinstance(outer, ast.ClassDef) else ())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
                start = _above(text, lines, line)
                found.append(Heading(start, 1 if node is outer else 2, f"{kinds[type(node)]} {node.name}"))
    return tuple(found)


def _find(text: str, language: str) -> Iterator[Heading]:
    """Definitions by what their lines look like, at the margin or as deep as the members of a class stand."""
    outer, inner = (
        re.compile(pattern, re.IGNORECASE if language in CASELESS else 0) if pattern else None
        for pattern in PATTERNS[language]
    )
    lines = _line_starts(text)
    last = 0
    for number, (start, end) in enumerate(pairwise([*lines, len(text) + 1])):
        line = text[start : min(end, start + LONGEST_LINE)]
        bare = line.lstrip(" \t")
        indent = len((line[: len(line) - len(bare)]).expandtabs(4))
        pattern = inner if 0 < indent <= DEEPEST else outer if not indent else None
        match = pattern.match(bare) if pattern else None
        if match and (title := _title(match[0])):
            level = 1 if not indent else 2 if indent <= DEEPEST // 2 else 3
            yield Heading(min(start, max(last, _above(text, lines, number))), level, title)
            last = end


def _title(found: str) -> str:
    """The definition without its brace and arguments; empty for a statement that only looks like one."""
    title = " ".join(found.rstrip("{ \t\n:").split())
    if not title.startswith(("func (", "-", "+")):
        title = ARGUMENTS.split(title, maxsplit=1)[0].strip(" :")
    words = title.split()
    return "" if not words or words[-1] in NO_NAME or words[0] in NO_NAME else title[:120]


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _above(text: str, lines: list[int], number: int) -> int:
    """Where a definition begins with the comments and annotations directly above it."""
    while number > 0 and ABOVE.match(text, lines[number - 1], lines[number] - 1):
        number -= 1
    return lines[number]


def find_blocks(text: str, headings: tuple[Heading, ...]) -> Iterator[Span]:
    """What is not cut: a definition that is small, else its paragraphs, else its lines."""
    for start, end in pairwise([*sorted({0, *(heading.start for heading in headings)}), len(text)]):
        yield from _blocks(text, start, end, ("\n\n", "\n"))


def _blocks(text: str, start: int, end: int, separators: tuple[str, ...]) -> Iterator[Span]:
    piece = text[start:end].rstrip()
    start, end = start + len(piece) - len(piece.lstrip("\n")), start + len(piece)
    if start >= end:
        return
    if end - start <= SMALL or not separators:
        yield start, end
        return
    separator, *others = separators
    for part in text[start:end].split(separator):
        yield from _blocks(text, start, start + len(part), tuple(others))
        start += len(part) + len(separator)


def _reader(language: str) -> Callable[[bytes, str], Parsed]:
    return partial(read_code, language=language)


read_c, read_csharp, read_css, read_dart = map(_reader, ("c", "csharp", "css", "dart"))
read_docker, read_elixir, read_go, read_graphql = map(_reader, ("docker", "elixir", "go", "graphql"))
read_haskell, read_ini, read_java, read_javascript = map(_reader, ("haskell", "ini", "java", "javascript"))
read_julia, read_kotlin, read_lua, read_make = map(_reader, ("julia", "kotlin", "lua", "make"))
read_matlab, read_perl, read_php, read_powershell = map(_reader, ("matlab", "perl", "php", "powershell"))
read_properties, read_proto, read_python, read_r = map(_reader, ("properties", "proto", "python", "r"))
read_ruby, read_rust, read_scala, read_shell = map(_reader, ("ruby", "rust", "scala", "shell"))
read_sql, read_swift, read_vue, read_zig = map(_reader, ("sql", "swift", "vue", "zig"))
