"""A mail as text, wherever it came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ondol.errors import UnusableInput
from ondol.ingest.formats.html import read_html
from ondol.ingest.formats.joined import add_parsed
from ondol.ingest.parsed import Parsed, Part, TextBuilder, canonical


@dataclass(slots=True, kw_only=True)
class Mail:
    subject: str = ""
    sender: str = ""
    to: str = ""
    copies: str = ""
    sent: datetime | None = None
    text: str = ""
    html: str = ""
    """Read where there is no text."""
    parts: list[Part] = field(default_factory=list)
    unread: str = ""

    @property
    def day(self) -> str:
        return self.sent.date().isoformat() if self.sent else ""


def write_mail(builder: TextBuilder, mail: Mail) -> str:
    """Append a mail: its subject as a heading, who wrote to whom and when, the text; returns what it hid."""
    builder.add_heading(mail.subject, 1)
    sent = mail.sent.strftime("%Y-%m-%d %H:%M %z").strip() if mail.sent else ""
    fields = {"From": mail.sender, "To": mail.to, "Cc": mail.copies, "Date": sent}
    builder.add("\n".join(f"{name}: {value}" for name, value in fields.items() if value))
    if mail.text.strip():
        builder.add(re.sub(r"\n{3,}", "\n\n", canonical(mail.text).strip()))
        return ""
    page = _page(mail.html)
    if page is None:
        return ""
    add_parsed(builder, page, deeper=1)
    return page.hidden


def _page(html: str) -> Parsed | None:
    """The page of a mail; None where it has none, or an empty one."""
    try:
        return read_html(html.encode("utf-8", "replace"), "") if html.strip() else None
    except UnusableInput:
        return None


def read_mail(mail: Mail, name: str, kind: str) -> Parsed:
    builder = TextBuilder()
    hidden = write_mail(builder, mail)
    return builder.build(
        title=mail.subject or name, format=kind, date=mail.day, author=mail.sender, unread=mail.unread, hidden=hidden,
        parts=mail.parts,
    )  # fmt: skip


def free_names(parts: Sequence[Part], above: str = "") -> list[Part]:
    """Attachments under names that differ, below a folder where one is given."""
    seen: Counter[str] = Counter()
    named = []
    for part in parts:
        seen[part.name] += 1
        stem, dot, suffix = part.name.rpartition(".")
        number = f" ({seen[part.name]})" if seen[part.name] > 1 else ""
        name = f"{stem}{number}{dot}{suffix}" if stem else f"{part.name}{number}"
        named.append(Part(f"{above}/{name}" if above else name, part.data))
    return named


def plain_name(name: str, *, or_else: str) -> str:
    """A file's name as a label: no folders, no control characters."""
    name = re.sub(r"[\x00-\x1f\x7f]", "", name).replace("\\", "/").rpartition("/")[2].strip()
    return name if name.strip(". ") else or_else
