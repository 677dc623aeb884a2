"""The words of an RTF document: its control words interpreted, its bytes decoded as its fonts say.

Source: Microsoft, "Rich Text Format specification 1.9.1".
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field

from ondol.errors import UnusableInput

TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|((?:\\'[0-9a-fA-F]{2})+)|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
IGNORED = {
    "aftncn", "aftnsep", "aftnsepc", "background", "colortbl", "datafield", "filetbl", "fldinst", "ftncn", "ftnsep",
    "ftnsepc", "info", "listtable", "listoverridetable", "nonesttables", "nonshppict", "objclass", "objdata", "objname",
    "pict", "private", "revtbl", "rxe", "shprslt", "sp", "stylesheet", "tc", "tcn", "txe", "xe",
}  # fmt: skip
"""Groups without words of the document."""
MARGINS = {f"{place}{which}" for place in ("header", "footer") for which in ("", "l", "r", "f")}
SINKS = {
    "footnote": "note", "annotation": "comment", "shptxt": "box", "dptxbxtext": "box", "listtext": "mark",
    "pntext": "mark", "title": "title", "author": "author", **dict.fromkeys(MARGINS, "margin"),
}  # fmt: skip
"""Groups whose words stand apart from the text around them."""
ENTERED = {"annotation", "do", "dptxbxtext", "shpinst", "shptxt", "ud"}
"""Of the groups marked `\\*`, those that are read."""
SIGNS = {
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emdash": "—", "endash": "–",
    "emspace": " ", "enspace": " ", "qmspace": " ", "tab": "\t", "line": "\n", "lbr": "\n", "column": "\n",
    "nestcell": " ", "nestrow": "\n",
}  # fmt: skip
SYMBOLS = {"~": " ", "_": "-", "{": "{", "}": "}", "\\": "\\"}
ENDS = {"par": "par", "sect": "page", "page": "page", "cell": "cell", "row": "row"}
CHARSETS = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "cp936", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
"""Of fonts; others are in the code page of the document."""
WIDE = ("cp932", "cp936", "cp949", "cp950")
"""Code pages of two bytes a letter: programs use them for fonts of Western letters too."""
PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
LETTER = re.compile(r"[^\W_]")
DEEPEST = 1000
"""Groups in each other."""


@dataclass(slots=True)
class _Group:
    """What holds until a brace closes."""

    sink: list[str] | None
    """Where words go; None where they are left out."""
    kind: str = ""
    """Of the sink, where this group opened it."""
    spare: list[str] | None = None
    """The sink that a group in Unicode takes over from one that is left out."""
    font: int = -1
    skip: int = 1
    """Characters behind a `\\u` that stand for it where Unicode is not known."""
    hidden: bool = False
    deleted: bool = False
    in_table: bool = False
    in_info: bool = False
    in_fonts: bool = False

    def inner(self) -> _Group:
        """A group in this one: eight times as fast as `replace`, and large files have millions."""
        return _Group(
            self.sink, "", self.spare, self.font, self.skip, self.hidden, self.deleted, self.in_table, self.in_info,
            self.in_fonts,
        )  # fmt: skip


@dataclass(slots=True)
class Piece:
    kind: str
    """par, page, cell, row: what ends here; or note, box, margin, title, author: words apart."""
    words: str


@dataclass(slots=True)
class RtfWords:
    """Reads a whole file; `pieces` are in the order of the document."""

    pieces: list[Piece] = field(default_factory=list)
    hidden: Counter[str] = field(default_factory=Counter)
    """Passages by kind."""
    whole: bool = False
    """Whether the last brace closed."""
    _body: list[str] = field(default_factory=list)
    _raw: bytearray = field(default_factory=bytearray)
    _groups: list[_Group] = field(default_factory=list)
    _fonts: dict[int, str] = field(default_factory=dict)
    _page: str = "cp1252"
    _default: int = -1
    _skipped: int = 0
    _starred: bool = False
    _in_hidden: bool = False

    def read(self, data: bytes) -> None:
        """Read until the outermost group closes; what follows it is no part of the document."""
        self._groups = [_Group(self._body)]
        place = 0
        while (match := TOKEN.match(data, place)) and not self.whole:
            place = match.end()
            word, number, code, symbol, brace, plain = match.groups()
            if brace:
                self._brace(brace)
            elif word == b"bin":
                place += max(0, int(number or 0))
            elif word:
                self._control(word.decode("ascii"), None if number is None else int(number))
            elif symbol:
                self._symbol(symbol.decode("latin-1"))
            elif code or plain:
                self._bytes(bytes.fromhex(code.replace(b"\\'", b"").decode("ascii")) if code else plain)
            self._starred = symbol == b"*" or (self._starred and match[0] in b"\r\n")
        self._flush()
        while len(self._groups) > 1:
            self._pop()
        self._groups = [_Group(self._body)]
        self._end("par")

    def _pop(self) -> None:
        group = self._groups.pop()
        if group.kind and group.sink is not None:
            self._close(group.kind, _joined(group.sink))

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._skipped = 0
        if brace == b"{":
            if len(self._groups) > DEEPEST:
                raise UnusableInput("The document is damaged or not a {kind} file.", kind=".rtf")
            self._groups.append(self._groups[-1].inner())
        else:
            self._pop()
            self.whole = len(self._groups) == 1

    def _close(self, kind: str, words: str) -> None:
        if kind == "mark":  # of a list item: its number, or a dot of a font for signs
            mark = words.strip()
            self._put("- " if mark and not LETTER.search(mark) else f"{mark} ")
        elif kind == "comment":
            self.hidden["comments"] += bool(LETTER.search(words))
        elif words.strip():
            self.pieces.append(Piece(kind, words))

    def _control(self, word: str, number: int | None) -> None:
        group = self._groups[-1]
        self._flush()
        if self._starred and word not in ENTERED:
            group.sink = group.spare = None
        elif word == "upr":
            group.sink, group.spare = None, group.sink
        elif word == "ud":
            group.sink = group.spare
        elif word in SINKS:
            self._open(group, SINKS[word])
        elif word in IGNORED:
            group.sink, group.in_info = None, word == "info"
        elif word == "fonttbl":
            group.sink, group.in_fonts = None, True
        elif word == "u" and number is not None:
            self._put(chr(number % 0x10000))
            self._skipped = group.skip
        elif word in SIGNS:
            self._sign(SIGNS[word])
        elif word in ENDS:
            self._end(ENDS[word])
        else:
            self._format(group, word, number)

    def _open(self, group: _Group, kind: str) -> None:
        if kind in ("title", "author") and not group.in_info:
            return
        if group.sink is not None or group.in_info:
            group.sink, group.kind, group.in_table = [], kind, False

    def _format(self, group: _Group, word: str, number: int | None) -> None:
        """Control words that change how letters are read, or whether they are."""
        if word == "f" and number is not None:
            group.font = number
        elif word == "fcharset" and group.in_fonts:
            self._fonts[group.font] = CHARSETS.get(number or 0, "")
        elif word in ("v", "deleted"):
            on = number != 0
            group.hidden, group.deleted = (on, group.deleted) if word == "v" else (group.hidden, on)
        elif word == "plain":
            group.hidden, group.deleted, group.font = False, False, self._default
        elif word in ("intbl", "pard"):
            group.in_table = word == "intbl"
        elif word == "uc" and number is not None:
            group.skip = max(0, number)
        elif word == "deff" and number is not None:
            self._default = group.font = number
        elif word == "ansicpg" or word in PAGES:
            self._page = _known(PAGES.get(word, f"cp{number}"))

    def _symbol(self, symbol: str) -> None:
        self._flush()
        if symbol in SYMBOLS:
            self._sign(SYMBOLS[symbol])
        elif symbol in "\r\n":
            self._end("par")

    def _sign(self, sign: str) -> None:
        if self._skipped:
            self._skipped -= 1
        else:
            self._put(sign)

    def _bytes(self, found: bytes) -> None:
        kept = found[self._skipped :]
        self._skipped = max(0, self._skipped - len(found))
        if self._groups[-1].sink is not None:
            self._raw += kept

    def _flush(self) -> None:
        if self._raw:
            raw = bytes(self._raw)
            self._raw.clear()
            self._put(self._decode(raw))

    def _decode(self, raw: bytes) -> str:
        named = self._fonts.get(self._groups[-1].font) or self._page
        if named == "cp1252" and self._page in WIDE:
            try:
                return raw.decode(self._page)
            except UnicodeDecodeError:
                pass
        return raw.decode(named, "replace")

    def _put(self, text: str) -> None:
        group = self._groups[-1]
        if group.sink is None or group.deleted:
            return
        if group.hidden:
            if LETTER.search(text):
                self.hidden["text marked as hidden"] += not self._in_hidden
                self._in_hidden = True
            return
        self._in_hidden = self._in_hidden and text.isspace()
        group.sink.append(text)

    def _end(self, kind: str) -> None:
        """End a paragraph, a cell or a row; in notes, boxes and cells a paragraph is a line."""
        self._flush()
        group = self._groups[-1]
        if group.sink is not self._body:
            self._put(" " if kind == "cell" else "\n")
        elif kind == "par" and group.in_table:
            self._put("\n")
        elif kind != "par" or not (group.hidden or group.deleted):
            self.pieces.append(Piece(kind, _joined(self._body)))
            self._body.clear()


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "cp1252"


def _joined(pieces: list[str]) -> str:
    """One text; halves of a surrogate pair come together."""
    return "".join(pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
