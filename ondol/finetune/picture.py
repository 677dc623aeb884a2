"""The token picture: what of an example is only read, what is learnt, and where an answer ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Literal

from rich.cells import cell_len
from rich.text import Text

from ondol.lang import interface_language, translate
from ondol.tokens.encode import IGNORED, Encoded

State = Literal["read", "learnt", "end"]
MARKS = {" ": "␠", "\n": "⏎", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\u3000": "□"}
STYLES: dict[State, tuple[str, str]] = {
    "read": ("bright_black", "bright_black italic"), "learnt": ("green", "green underline"),
    "end": ("bold white on red", "bold white on red"),
}  # fmt: skip
"""By turns, so that two tokens side by side can be told apart."""
LEGEND: tuple[tuple[State, str], ...] = (("read", "read only"), ("learnt", "learnt"), ("end", "end token, learnt"))
BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
LONGEST_CHARACTER = 12
"""Tokens that one character is looked for in; a family of emoji has more bytes than that, but other joints too."""
SPACE = '<i class="space">␠</i>'
"""Drawn by the style sheet: many fonts have no ␠."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(slots=True)
class Cell:
    text: str
    state: State
    ids: list[int]


def cut_pieces(ids: Sequence[int], decode: Callable[[Sequence[int]], str]) -> list[str]:
    """The text of each token; of tokens that make one character together the first has it, the others have nothing."""
    pieces: list[str] = []
    while len(pieces) < len(ids):
        start = len(pieces)
        text, size = decode(ids[start : start + 1]), 1
        for more in range(2, min(LONGEST_CHARACTER, len(ids) - start) + 1):
            if "\ufffd" not in text:
                break
            joined = decode(ids[start : start + more])
            if "\ufffd" not in joined:
                text, size = joined, more
        pieces += [text, *[""] * (size - 1)]
    return pieces


def cells_of(encoded: Encoded, pieces: Sequence[str], ends: frozenset[int]) -> list[Cell]:
    """A cell a token; tokens that are parts of one character share one."""
    cells: list[Cell] = []
    open_bytes = False
    for token, label, piece in zip(encoded.ids, encoded.labels, pieces, strict=True):
        state: State = "read" if label == IGNORED else "end" if token in ends else "learnt"
        partial = "\ufffd" in piece or bool(BYTE.fullmatch(piece))
        if cells and cells[-1].state == state and (not piece or (partial and open_bytes and not piece[0].isspace())):
            cells[-1].ids.append(token)
            cells[-1].text += piece
        else:
            cells.append(Cell(piece, state, [token]))
        open_bytes = (open_bytes if not piece else partial) and not _is_whole(cells[-1].text)
    for cell in cells:
        cell.text = _joined(cell.text)
    return cells


def _is_whole(text: str) -> bool:
    """Byte tokens that make a character already."""
    return bool(BYTE.search(text)) and "\ufffd" not in _joined(text)


def _joined(text: str) -> str:
    """Byte tokens as the character that they are; parts of an unknown one as a single mark."""
    if text and not BYTE.sub("", text):
        text = bytes(int(byte, 16) for byte in BYTE.findall(text)).decode("utf-8", "replace")
    return re.sub("\ufffd+", "\ufffd", text)


def visible(text: str) -> str:
    """With marks for white space; what cannot be seen is written as its number."""
    return "".join(MARKS.get(char) or (char if _is_seen(char) else f"⟨{ord(char):04X}⟩") for char in text) or "∅"


def _is_seen(char: str) -> bool:
    return char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs")


def draw_terminal(encoded: Encoded, pieces: Sequence[str], ends: frozenset[int], *, width: int) -> Text:
    """Grey is read only, green learnt, red the end; lines are broken at `width` columns.

    Args:
        pieces: text of each token, as `cut_pieces` gives them.
    """
    drawn = Text(no_wrap=True, end="")
    column = 0
    for number, cell in enumerate(cells_of(encoded, pieces, ends)):
        style = STYLES[cell.state][number % 2]
        for part in _fitting(visible(cell.text), width):
            if column and column + cell_len(part) > width:
                drawn.append("\n")
                column = 0
            drawn.append(part, style)
            column += cell_len(part)
        if cell.text.endswith("\n"):
            drawn.append("\n")
            column = 0
    drawn.append("\n" if column else "")
    for number, (state, name) in enumerate(LEGEND):
        drawn.append(" · " if number else "").append(translate(name), STYLES[state][0])
    return drawn.append(f"\n{_told(encoded)}")


def _fitting(text: str, width: int) -> Iterator[str]:
    """Parts of at most `width` columns."""
    part = ""
    for char in text:
        if part and cell_len(part) + cell_len(char) > width:
            yield part
            part = ""
        part += char
    yield part


def _told(encoded: Encoded) -> str:
    return translate("{tokens} tokens, {learnt} of them learnt", tokens=len(encoded.ids), learnt=encoded.trained)


def draw_html(examples: Sequence[tuple[Encoded, Sequence[str]]], ends: frozenset[int], *, title: str) -> str:
    """A page that needs nothing else: no network, no script, no font.

    Args:
        examples: each with the text of each of its tokens.
    """
    css = resources.files("ondol").joinpath("finetune/picture.css").read_text(encoding="utf-8")
    head = (
        f'<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_escaped(title)}</title><style>{css}</style></head>"
    )
    heading = _escaped(translate("What is learnt, token by token"))
    shown = "".join(_figure(number, *example, ends) for number, example in enumerate(examples, 1))
    body = (
        f"<body><main><h1>{heading}</h1><p>{_escaped(title)}</p>"
        f'<ul class="legend">{"".join(_legend())}</ul>{shown}</main></body>'
    )
    return f'<!doctype html>\n<html lang="{interface_language()}">{head}{body}</html>\n'


def _legend() -> Iterator[str]:
    """In both languages, for a picture is handed on."""
    for state, name in LEGEND:
        yield f'<li><span class="{state}">{name}</span> <span lang="ko">{translate(name, language="ko")}</span></li>'
    for sign, name in ((SPACE, "space"), ("⏎", "new line")):
        yield f'<li>{sign} <span lang="en">{name}</span> <span lang="ko">{translate(name, language="ko")}</span></li>'


def _figure(number: int, encoded: Encoded, pieces: Sequence[str], ends: frozenset[int]) -> str:
    cells = "".join(_spans(cells_of(encoded, pieces, ends)))
    caption = _escaped(f"{number} · {_told(encoded)}")
    return f'<figure><figcaption>{caption}</figcaption><div class="tokens">{cells}</div></figure>'


def _spans(cells: Sequence[Cell]) -> Iterator[str]:
    for cell in cells:
        several = f"<sub>{len(cell.ids)}</sub>" if len(cell.ids) > 1 else ""
        ids = " ".join(map(str, cell.ids))
        shown = _escaped(visible(cell.text)).replace("␠", SPACE)
        yield f'<span class="{cell.state}" title="{ids}">{shown}{several}</span><wbr>'
        if cell.text.endswith("\n"):
            yield "<br>"


def _escaped(text: str) -> str:
    return escape("".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in text))
