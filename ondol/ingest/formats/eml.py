"""Mail: .eml files, and .mbox files with many mails."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from ondol.errors import UnusableInput
from ondol.ingest.formats.mail import Mail, free_names, plain_name, read_mail, write_mail
from ondol.ingest.formats.mime import (
    charset,
    content,
    decode_letters,
    disposition,
    file_name,
    header,
    leaves,
    read_message,
)
from ondol.ingest.parsed import Parsed, Part, TextBuilder
from ondol.lang import translate

FIELDS = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "received",
    "return-path",
    "content-type",
    "mime-version",
)
BEGIN = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]{0,300}\d\d:\d\d[^\n]{0,100}\n")
QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted", "application/pgp-encrypted"}
MOST_MAILS = 100_000


def read_eml(data: bytes, name: str) -> Parsed:
    message = read_message(data)
    if not any(field in message for field in FIELDS):
        raise UnusableInput("The file is no mail: it has none of a mail's headers.")
    return read_mail(parse_mail(message), name, "eml")


def read_mbox(data: bytes, name: str) -> Parsed:
    """Every mail is a section, and its attachments lie in a folder with its number."""
    begins = list(BEGIN.finditer(data))
    if not begins:
        raise UnusableInput("The file is no mbox: no mail begins in it.")
    if len(begins) > MOST_MAILS:
        raise UnusableInput("The mbox holds more than {limit} mails.", limit=MOST_MAILS)
    ends = [*(match.start() for match in begins[1:]), len(data)]
    builder, parts, notes = TextBuilder(), list[Part](), Counter[str]()
    hidden: list[str] = []
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True), 1):
        mail = parse_mail(read_message(QUOTED.sub(rb"\1", data[begin.end() : end])))
        builder.turn_page(mail.subject or str(number))
        told = write_mail(builder, mail)
        hidden += [f"{number}: {told}"] if told else []
        parts += free_names(mail.parts, str(number))
        notes[mail.unread] += 1
    del notes[""]
    return builder.build(
        title=name, format="mbox", unit="section", parts=parts, hidden="; ".join(hidden[:10]),
        unread="; ".join(f"{note} ({count})" for note, count in notes.items()),
    )  # fmt: skip


def parse_mail(message: Message) -> Mail:
    mail = Mail(
        subject=header(message, "subject"), sender=header(message, "from"), to=header(message, "to"),
        copies=header(message, "cc"), sent=read_time(header(message, "date")),
    )  # fmt: skip
    texts: list[str] = []
    pages: list[str] = []
    parts: list[Part] = []
    for part in leaves(message):
        kind, named = part.get_content_type(), file_name(part)
        if kind in ENCRYPTED:
            mail.unread = translate("The mail is encrypted.")
        elif kind == "message/rfc822":
            parts += _forwarded(part)
        elif kind in ("text/plain", "text/html") and not named and disposition(part) != "attachment":
            (texts if kind == "text/plain" else pages).append(_text(part))
        elif kind not in SIGNATURES and not _is_inline_picture(part, kind):
            label = plain_name(named, or_else=f"{translate('attachment')}.{kind.rpartition('/')[2]}")
            parts.append(Part(label, content(part)))
    mail.text, mail.html = "\n\n".join(texts), "\n".join(pages)
    mail.parts = free_names(parts)
    return mail


def read_time(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _text(part: Message) -> str:
    text = decode_letters(content(part), charset(part))
    if "format=flowed" in header(part, "content-type").lower().replace('"', ""):
        text = re.sub(r"(?<=\S) \r?\n(?!>|-- |\r?\n)", " ", text)
    return text


def _forwarded(part: Message) -> list[Part]:
    inner = part.get_payload()
    forwarded = inner[0] if isinstance(inner, list) and inner else None
    if not isinstance(forwarded, Message):
        data = content(part)
        return [Part("mail.eml", data)] if data.strip() else []
    subject = plain_name(header(forwarded, "subject").replace("/", " "), or_else="mail")
    try:
        data = forwarded.as_bytes()
    except (UnicodeError, LookupError, ValueError, TypeError, KeyError):
        data = b""  # reading the part will tell that it is empty
    return [Part(f"{subject[:80].strip()}.eml", data)]


def _is_inline_picture(part: Message, kind: str) -> bool:
    shown = disposition(part) == "inline" or (header(part, "content-id") != "" and disposition(part) != "attachment")
    return kind.startswith("image/") and shown
