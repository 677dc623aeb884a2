"""MIME as Korean and Western mail programs write it: parts, names and letters, also where the declaration is wrong."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from email.quoprimime import header_decode
from urllib.parse import unquote_to_bytes

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import KOREAN, decode_text

WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]{1,20})?\?([bqBQ])\?([^?\s]*)\?=")
"""An encoded word: character set, B or Q, text."""
BETWEEN = re.compile(r"(\?=)\s+(?==\?)")
SEVEN_BIT = ("iso-2022", "utf-7", "utf7", "hz")
"""Character sets whose bytes are ASCII, so that UTF-8 would seem to fit."""
WESTERN = {"", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "unknown-8bit", "default", "x-unknown"}
"""Declared by programs that do not know better."""


def read_message(data: bytes) -> Message:
    """Parse a mail or a saved web page."""
    return message_from_bytes(data, policy=policy.compat32)


def decode_letters(data: bytes, declared: str = "") -> str:
    """Bytes to text; a byte that fits no character set becomes U+FFFD, for the rest of a mail is still wanted."""
    declared = declared.strip().strip("\"'").lower()
    if declared in KOREAN:
        declared = "cp949"
    first = [declared] if declared.startswith((*SEVEN_BIT, "utf-16", "utf-32")) else []
    for name in (*first, "utf-8"):
        if (text := _decode(data, name)) is not None:
            return text
    if declared in WESTERN:
        try:
            return decode_text(data)
        except UnusableInput:
            return data.decode("windows-1252", "replace")
    for name in (declared, "cp949"):
        if (text := _decode(data, name)) is not None:
            return text
    return data.decode(declared if _is_known(declared) else "utf-8", "replace")


def _decode(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError, ValueError):
        return None


def _is_known(name: str) -> bool:
    try:
        return bool(codecs.lookup(name))
    except (LookupError, ValueError):
        return False


def header(message: Message, name: str) -> str:
    """A header's text on one line; empty when it is not there."""
    return " ".join(decode_words(_raw(message, name)).split())


def _raw(message: Message, name: str) -> str:
    return str(next((value for field, value in message.raw_items() if field.lower() == name), ""))


def decode_words(value: str) -> str:
    """Encoded words and raw bytes in a header to text; a letter may be cut between two words of one character set."""
    if not value.isascii():
        value = decode_letters(value.encode("utf-8", "surrogateescape"))
    pieces: list[tuple[str, bytes | str]] = []
    place = 0
    value = BETWEEN.sub(r"\1", value)
    for match in WORD.finditer(value):
        if match.start() > place:
            pieces.append(("", value[place : match.start()]))
        charset, data = match[1].lower(), _word_bytes(match[2], match[3])
        before = pieces[-1] if pieces else None
        if before and before[0] == charset and isinstance(before[1], bytes):
            pieces[-1] = (charset, before[1] + data)
        else:
            pieces.append((charset, data))
        place = match.end()
    pieces.append(("", value[place:]))
    return "".join(piece if isinstance(piece, str) else decode_letters(piece, name) for name, piece in pieces)


def _word_bytes(how: str, text: str) -> bytes:
    if how in "qQ":
        return header_decode(text).encode("latin-1", "replace")
    try:
        return b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def content(part: Message) -> bytes:
    """The bytes of a part that is no multipart; empty when they cannot be decoded."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, MessageError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def charset(part: Message) -> str:
    return _parameter(part, "charset", "content-type")


def file_name(part: Message) -> str:
    """The name of an attachment, empty when it has none."""
    named = _parameter(part, "filename", "content-disposition") or _parameter(part, "name", "content-type")
    return " ".join(decode_words(named).split())


def _parameter(part: Message, name: str, field: str) -> str:
    letters = _raw(part, field)
    plain = Message()  # one whose header has letters where the other has raw bytes
    plain[field] = letters if letters.isascii() else decode_letters(letters.encode("utf-8", "surrogateescape"))
    try:
        value = plain.get_param(name, header=field)
    except (ValueError, TypeError, IndexError, AttributeError, LookupError):
        return ""
    if isinstance(value, tuple):  # RFC 2231: character set, language, percent-encoded text
        named, _, text = value
        return decode_letters(text.encode("latin-1", "replace"), named or "")
    text = str(value or "")
    return decode_letters(unquote_to_bytes(text)) if re.search("%[89A-Fa-f][0-9A-Fa-f]", text) else text


def disposition(part: Message) -> str:
    return header(part, "content-disposition").partition(";")[0].strip().lower()


def leaves(message: Message, depth: int = 0) -> Iterator[Message]:
    """Parts that hold no parts, in order; a mail inside the mail is one of them."""
    if not message.is_multipart() or message.get_content_type() == "message/rfc822":
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message) and depth < 20:
            yield from leaves(part, depth + 1)
