"""Outlook messages.

Source: [MS-OXMSG]; properties are streams named by their number and type, or stand in one table.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import olefile

from ondol.errors import UnusableInput
from ondol.ingest.formats.mail import Mail, free_names, plain_name, read_mail
from ondol.ingest.formats.mime import decode_letters
from ondol.ingest.formats.rtf_mail import read_rtf_body
from ondol.ingest.parsed import Parsed, Part
from ondol.lang import nfc, translate

SUBJECT, SENT, RECEIVED, SENDER, SENDER_ADDRESS, SENDER_SMTP = 0x0037, 0x0039, 0x0E06, 0x0C1A, 0x0C1F, 0x5D01
TO, COPIES, BODY, RTF, HTML, CLASS = 0x0E04, 0x0E03, 0x1000, 0x1009, 0x1013, 0x001A
CODE_PAGE, BODY_CODE_PAGE = 0x3FFD, 0x3FDE
DATA, METHOD, LONG_NAME, SHORT_NAME, EXTENSION, CONTENT_ID, HIDDEN, MIME = (
    0x3701, 0x3705, 0x3707, 0x3704, 0x3703, 0x3712, 0x7FFE, 0x370E,
)  # fmt: skip
TABLE = "__properties_version1.0"
ATTACHMENT = "__attach_version1.0_"
INNER = "__substg1.0_3701000D"
"""Where a message in a message lies."""
DEEPEST = 4
MOST = 2_000
"""Attachments; Outlook takes a few hundred."""
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
DAMAGE = (OSError, ValueError, KeyError, IndexError, struct.error, TypeError, AttributeError, OverflowError)
Path = tuple[str, ...]


def read_msg(data: bytes, name: str) -> Parsed:
    if not data.startswith(olefile.MAGIC):
        raise UnusableInput("The file is no Outlook message.")
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            if not file.exists(TABLE):
                raise UnusableInput("The file is no Outlook message.")
            mail = _Message(file, ()).read()
    except RecursionError as error:
        raise UnusableInput("The Outlook message is damaged: {reason}", reason="recursion") from error
    except DAMAGE as error:
        raise UnusableInput("The Outlook message is damaged: {reason}", reason=error) from error
    return read_mail(mail, name, "msg")


class _Message:
    """A message at a place in the file: the file's own, or one in an attachment."""

    def __init__(self, file: Any, place: Path) -> None:
        self._file, self._place = file, place
        self._fixed = _table(file, place, 24 if place else 32)
        self._page = f"cp{self._number(CODE_PAGE) or 949}"

    def read(self) -> Mail:
        page = self._number(BODY_CODE_PAGE)
        html = decode_letters(self._bytes(HTML), f"cp{page}" if page else "") or self._text(HTML)
        text = self._text(BODY)
        if not text.strip() and not html.strip() and (packed := self._bytes(RTF)):
            text, html = read_rtf_body(packed)
        sender, address = self._text(SENDER), self._text(SENDER_SMTP) or self._text(SENDER_ADDRESS)
        if "@" in address and address not in sender:
            sender = f"{sender} <{address}>".strip()
        mail = Mail(
            subject=self._line(SUBJECT), sender=sender, to=self._line(TO), copies=self._line(COPIES),
            sent=self._time(SENT) or self._time(RECEIVED), text=text, html=html,
        )  # fmt: skip
        if "smime" in self._text(CLASS).lower() and "multipartsigned" not in self._text(CLASS).lower():
            mail.unread = translate("The mail is encrypted.")
        mail.parts = free_names(list(self._attachments()))
        return mail

    def _attachments(self) -> Iterator[Part]:
        depth = len(self._place)
        folders = {entry[depth] for entry in self._file.listdir(streams=True, storages=True)
                   if len(entry) > depth and tuple(entry[:depth]) == self._place
                   and entry[depth].startswith(ATTACHMENT)}  # fmt: skip
        if len(folders) > MOST:
            raise UnusableInput("The message has more than {limit} attachments.", limit=MOST)
        for folder in sorted(folders):
            attachment = _Message.__new__(_Message)
            attachment._file, attachment._place, attachment._page = self._file, (*self._place, folder), self._page
            attachment._fixed = _table(self._file, attachment._place, 8)
            yield from attachment._part(depth)

    def _part(self, depth: int) -> Iterator[Part]:
        inner = (*self._place, INNER)
        if self._file.exists([*inner, TABLE]):
            if depth < 2 * DEEPEST:
                mail = _Message(self._file, inner).read()
                subject = plain_name(mail.subject.replace("/", " "), or_else="mail")
                yield Part(f"{subject[:80].strip()}.eml", _as_eml(mail))
            return
        name = self._line(LONG_NAME) or self._line(SHORT_NAME)
        picture = self._text(MIME).startswith("image/") or name.lower().endswith((".png", ".jpg", ".jpeg", ".gif"))
        if picture and (self._text(CONTENT_ID) or self._number(HIDDEN)):
            return
        label = plain_name(name, or_else=translate("attachment") + self._text(EXTENSION))
        yield Part(nfc(label), self._bytes(DATA))

    def _bytes(self, number: int) -> bytes:
        return self._stream(f"{number:04X}0102")

    def _text(self, number: int) -> str:
        if found := self._stream(f"{number:04X}001F"):
            return found.decode("utf-16-le", "replace").rstrip("\0")
        return decode_letters(self._stream(f"{number:04X}001E"), self._page).rstrip("\0")

    def _line(self, number: int) -> str:
        return " ".join(self._text(number).split())

    def _stream(self, name: str) -> bytes:
        path = [*self._place, f"__substg1.0_{name}"]
        if not self._file.exists(path) or self._file.get_type(path) != olefile.STGTY_STREAM:
            return b""
        found: bytes = self._file.openstream(path).read()
        return found

    def _number(self, number: int) -> int:
        return int.from_bytes(self._fixed.get(number, b"")[:4], "little")

    def _time(self, number: int) -> datetime | None:
        """Sent or received, UTC."""
        ticks = int.from_bytes(self._fixed.get(number, b""), "little")
        try:
            return EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None


def _table(file: Any, place: Path, header: int) -> dict[int, bytes]:
    """Eight bytes of each property that is short: numbers, times."""
    path = [*place, TABLE]
    data: bytes = file.openstream(path).read() if file.exists(path) else b""
    rows = (data[start : start + 16] for start in range(header, len(data) - 15, 16))
    return {int.from_bytes(row[2:4], "little"): row[8:] for row in rows}


def _as_eml(mail: Mail) -> bytes:
    """A message in a message as a file of its own; an OLE file cannot be cut out of another."""
    made = EmailMessage()
    fields = {"Subject": mail.subject, "From": mail.sender, "To": mail.to, "Cc": mail.copies}
    lines = [f"{name}: {_one_line(value)}" for name, value in fields.items() if value]
    if mail.sent:
        lines.append(f"Date: {mail.sent.strftime('%d %b %Y %H:%M:%S %z')}")
    text, kind = (mail.text, "plain") if mail.text.strip() or not mail.html else (mail.html, "html")
    made.set_content(nfc(text).encode(), "text", kind, cte="base64", params={"charset": "utf-8"}, disposition="inline")
    for part in mail.parts:
        made.add_attachment(part.data, "application", "octet-stream", filename=nfc(part.name))
    return "\n".join([*lines, ""]).encode() + made.as_bytes()


def _one_line(value: str) -> str:
    return " ".join(nfc(value).split())
