"""A JSON file that is one list of objects, item by item: memory does not grow with the file."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import encoding_of
from ondol.ingest.record_files.row import LARGEST_ROW, Row

WINDOW = 1 << 18
"""Characters read at once."""
BLANKS = " \t\r\n"


def read_json_list(path: Path, wanted: Collection[str]) -> Iterator[Row]:  # noqa: ARG001 - all is read
    """The items of the list.

    Raises:
        UnusableInput: the file is no list, or from some item on no JSON; the items before were given.
    """
    with path.open("rb") as head:
        encoding = encoding_of(head.read(WINDOW))
    with path.open(encoding=encoding) as file:
        items = _Items(file)
        try:
            if items.next_char() != "[":
                raise UnusableInput("The file is not a list of objects.")
            items.skip()
            number = 0
            while items.next_char() not in ("]", ""):
                number += 1
                text, value = items.read(number)
                yield Row(number, text.encode("utf-8", "surrogatepass"), value)
            if not items.next_char():
                raise UnusableInput("The list breaks off after item {number}.", number=number)
        except UnicodeDecodeError as error:
            raise UnusableInput("The file is binary, not text.") from error


class _Items:
    """A window that moves over the text."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._text, self._place = file, "", 0
        self._is_whole = False
        self._decode = json.JSONDecoder().raw_decode

    def next_char(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in BLANKS:
                self._place += 1
            if self._place < len(self._text) or self._is_whole:
                return self._text[self._place : self._place + 1]
            self._more(WINDOW)

    def skip(self) -> None:
        self._place += 1

    def read(self, number: int) -> tuple[str, object]:
        """The value that begins here, with its text, and the comma behind it."""
        size = WINDOW
        while True:
            try:
                value, end = self._decode(self._text, self._place)
            except (ValueError, RecursionError) as error:
                if self._is_whole or len(self._text) - self._place > LARGEST_ROW:
                    raise UnusableInput("Item {number} is not JSON: {reason}", number=number, reason=error) from error
            else:
                if end < len(self._text) or self._is_whole:  # a number at the edge may go on
                    break
            self._more(size)
            size *= 2
        text = self._text[self._place : end]
        self._place = end
        mark = self.next_char()
        if mark == ",":
            self.skip()
        elif mark not in ("]", ""):
            raise UnusableInput("A comma is missing after item {number}.", number=number)
        return text, value

    def _more(self, size: int) -> None:
        data = self._file.read(size)
        self._is_whole = not data
        self._text, self._place = self._text[self._place :] + data, 0
