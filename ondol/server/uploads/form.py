"""A multipart form, written to files while it comes: the memory that it takes does not grow with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ondol.errors import UsageError
from ondol.lang import nfc
from ondol.server.errors import TooLarge
from ondol.server.uploads.keep import incoming_folder, unwritable

UPLOAD_BYTES = 512 << 20
"""Of one request; the most that a document may have."""
MOST_FILES, MOST_FIELDS, LONGEST_FIELD = 1000, 100, 1 << 16


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of the form."""

    name: str
    """As the sender calls it."""
    path: Path
    """Where its bytes lie for now."""


@dataclass(slots=True)
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    files: list[Sent] = field(default_factory=list)

    def discard(self) -> None:
        """Throw away what nobody has moved away."""
        for file in self.files:
            file.path.unlink(missing_ok=True)


async def read_form(request: Request, home: Path, *, most: int = UPLOAD_BYTES) -> Form:
    """The form in the body of a request; `discard` it when its files were taken.

    Raises:
        UsageError: it is no form, broken, or the sender has gone; nothing of it is left then.
        TooLarge: it has more than `most` bytes, or too many parts.
    """
    form = Form()
    try:
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise too_large(most)
        reader = _Reader(request.headers.get("content-type", ""), incoming_folder(home), form)
        with reader:
            size = 0
            async for piece in request.stream():
                size += len(piece)
                if size > most:
                    raise too_large(most)
                await run_in_threadpool(reader.write, piece)
            reader.finish()
    except ClientDisconnect as error:
        form.discard()
        raise UsageError("The upload broke off.") from error
    except BaseException:
        form.discard()
        raise
    return form


def too_large(most: int) -> TooLarge:
    return TooLarge(
        "The upload is larger than {limit} MB.", hint="Send fewer files at once, or use: ondol add PATH",
        limit=most >> 20,
    )  # fmt: skip


class _Reader:
    """Takes the body piece by piece."""

    def __init__(self, content_type: str, folder: Path, form: Form) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise UsageError("Files are sent as a form: multipart/form-data, with its boundary.")
        self._folder, self._form = folder, form
        self._header = {"name": b"", "value": b""}
        self._disposition, self._name, self._text = b"", "", bytearray()
        self._file: BinaryIO | None = None
        self._ended = False
        try:
            self._parser = MultipartParser(boundary, {
                "on_part_begin": self._begin_part, "on_part_data": self._take, "on_part_end": self._end_part,
                "on_header_field": self._take_name, "on_header_value": self._take_value,
                "on_header_end": self._end_header, "on_headers_finished": self._open_part, "on_end": self._end,
            })  # fmt: skip
        except FormParserError as error:
            raise self._broken() from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def write(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise self._broken() from error
        except OSError as error:
            raise unwritable(self._folder, error) from error

    def finish(self) -> None:
        """Raises UsageError where the end of the form is missing."""
        if not self._ended:
            raise self._broken()

    def _broken(self) -> UsageError:
        return UsageError("The form that was sent is broken.", hint="Send it again.")

    def _begin_part(self) -> None:
        self._disposition = b""

    def _take_name(self, data: bytes, start: int, end: int) -> None:
        self._header["name"] += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._header["value"] += data[start:end]

    def _end_header(self) -> None:
        if self._header["name"].lower() == b"content-disposition":
            self._disposition = self._header["value"]
        self._header = {"name": b"", "value": b""}

    def _open_part(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = _text(options.get(b"name", b""))
        if b"filename" not in options:
            self._text = bytearray()
            return
        if len(self._form.files) >= MOST_FILES:
            raise TooLarge("More than {most} files at once are not taken.", most=MOST_FILES)
        sent = Sent(_text(options[b"filename"]), self._folder / secrets.token_hex(12))
        self._form.files.append(sent)
        self._file = sent.path.open("xb")

    def _take(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._file.write(data[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > LONGEST_FIELD:
            raise TooLarge("A field of the form is longer than {most} bytes.", most=LONGEST_FIELD)

    def _end_part(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
            return
        if len(self._form.fields) >= MOST_FIELDS:
            raise TooLarge("The form has more than {most} fields.", most=MOST_FIELDS)
        self._form.fields[self._name] = _text(bytes(self._text))

    def _end(self) -> None:
        self._ended = True


def _text(data: bytes) -> str:
    return nfc(data.decode("utf-8", "replace"))
