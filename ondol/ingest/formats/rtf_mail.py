"""The packed RTF in which Outlook keeps the text of some messages.

Source: [MS-OXRTFCP] for the packing, [MS-OXRTFEX] for HTML inside RTF.
"""

from __future__ import annotations

import re

from ondol.ingest.formats.mime import decode_letters
from ondol.lang import nfc

DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
RING = 4096
LARGEST = 8 << 20
"""Bytes of one text, unpacked: about five seconds; no message is as long."""
TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\")
SILENT = {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer", b"listtable"}
BREAKS = {b"par": b"\n", b"line": b"\n", b"tab": b"\t", b"cell": b" | ", b"row": b"\n"}
SIGNS = {b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"emdash": "—",
         b"endash": "–"}  # fmt: skip


def read_rtf_body(packed: bytes) -> tuple[str, str]:
    """Plain text and HTML of a message, one of them empty."""
    rtf = unpack_rtf(packed)
    page = re.search(rb"\\ansicpg(\d{1,5})", rtf[:500])
    is_html = b"\\fromhtml1" in rtf[:500]
    text = _read(rtf, f"cp{int(page[1])}" if page else "cp949")
    return ("", text) if is_html else (text, "")


def unpack_rtf(packed: bytes) -> bytes:
    """LZFu: references into a ring of 4,096 bytes, flags for eight at a time; a cut-off stream gives what it has."""
    kind, size = packed[8:12], min(int.from_bytes(packed[4:8], "little"), LARGEST)
    if kind == b"MELA":
        return packed[16 : 16 + size]
    if kind != b"LZFu":
        return b""
    ring = bytearray(DICTIONARY.ljust(RING, b" "))
    write, place, out = len(DICTIONARY), 16, bytearray()
    while place < len(packed) and len(out) < size:
        flags = packed[place]
        place += 1
        for bit in range(8):
            if flags >> bit & 1:
                if place + 2 > len(packed):
                    return bytes(out)
                word = packed[place] << 8 | packed[place + 1]
                place += 2
                if word >> 4 == write:
                    return bytes(out)
                found = [ring[(word >> 4) % RING]]
                for step in range((word & 15) + 2):
                    found[0] = ring[((word >> 4) + step) % RING]
                    out.append(found[0])
                    ring[write] = found[0]
                    write = (write + 1) % RING
            elif place < len(packed):
                out.append(packed[place])
                ring[write] = packed[place]
                write = (write + 1) % RING
                place += 1
    return bytes(out)


def _read(rtf: bytes, page: str) -> str:
    """The text; of HTML in RTF the tags as well, and not what stands for readers without HTML."""
    reading = _Reading(page)
    for match in TOKEN.finditer(rtf):
        reading.take(match)
    return reading.text()


class _Reading:
    def __init__(self, page: str) -> None:
        self._page = page
        self._pieces: list[str] = []
        self._raw = bytearray()  # bytes of letters that may need the next ones
        self._silent = [False]  # of every group that is open
        self._starred = self._rtf_only = False
        self._skip = 0

    def text(self) -> str:
        self._flush()
        return nfc("".join(self._pieces)).strip()

    def take(self, match: re.Match[bytes]) -> None:
        word, number, code, symbol, brace, plain = match.groups()
        if brace == b"{":
            self._silent.append(self._silent[-1])
        elif brace == b"}":
            del self._silent[max(1, len(self._silent) - 1) :]
        elif word is not None:
            self._control(word, number)
        elif symbol != b"*" and not self._silent[-1] and not self._rtf_only:
            found = (
                bytes([int(code, 16)]) if code else {b"~": b" ", b"_": b"-"}.get(symbol, symbol or b"") or plain or b""
            )
            self._raw += found[self._skip :]
            self._skip = 0
        self._starred = symbol == b"*"

    def _control(self, word: bytes, number: bytes | None) -> None:
        if word == b"htmlrtf":
            self._rtf_only = number != b"0"
        elif word == b"htmltag":
            self._silent[-1] = False
        elif self._starred or word in SILENT:
            self._silent[-1] = True
        elif self._silent[-1] or self._rtf_only:
            return
        elif word == b"u" and number:
            self._add(chr(int(number) % 0x10000))
            self._skip = 1  # the letter that stands for it where Unicode is not known
        elif word in SIGNS:
            self._add(SIGNS[word])
        else:
            self._raw += BREAKS.get(word, b"")

    def _add(self, text: str) -> None:
        self._flush()
        self._pieces.append(text)

    def _flush(self) -> None:
        if self._raw:
            self._pieces.append(decode_letters(bytes(self._raw), self._page))
            self._raw.clear()
