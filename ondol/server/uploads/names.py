"""Names of uploaded files: what a stranger may call a file, and what it is called on the disk."""

from __future__ import annotations

import re
import unicodedata

from ondol.errors import UnusableInput
from ondol.lang import nfc

MOST_BYTES = 180
"""Of a name in UTF-8; file systems take 255, and a number or a mark of a partial file comes on top."""
LONGEST_SUFFIX = 16
FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
"""Devices of Windows, whatever stands behind the dot."""
JOINERS = "\u200c\u200d"
"""Of Persian words and of emoji; all other invisible marks can make a name look like another one."""


def safe_name(given: str) -> str:
    """The file's own name without any folder, in NFC; Hangul and every other script stay.

    Raises:
        UnusableInput: nothing is left of it.
    """
    base = re.split(r"[/\\]", nfc(given))[-1]
    seen = "".join(
        char for char in base if char in JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")
    )
    name = " ".join(FORBIDDEN.sub("_", seen).split()).lstrip(". ~").rstrip(". ")
    if not name.strip("_"):
        raise UnusableInput("The file has no name.")
    if RESERVED.fullmatch(name):
        name = f"_{name}"
    return shorten(name)


def shorten(name: str, most: int = MOST_BYTES) -> str:
    """At most so many bytes; the extension stays."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    room = most - len(f"{dot}{suffix}".encode())
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    return f"{stem}{dot}{suffix}"


def numbered(name: str, number: int) -> str:
    """`report (2).pdf`."""
    stem, dot, suffix = name.rpartition(".")
    return f"{name} ({number})" if not stem else f"{stem} ({number}){dot}{suffix}"
