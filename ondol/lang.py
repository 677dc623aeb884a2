"""Languages: normal form of text, which language a text is in, and messages in English and Korean."""

from __future__ import annotations

import locale
import os
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["en", "ko"]


def nfc(text: str) -> str:
    """Compose `text` (macOS file names arrive decomposed, and then no search finds them).

    Half characters, which JSON escapes and bad bytes of a command line bring in and no file takes, become U+FFFD.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def is_hangul(char: str) -> bool:
    return "가" <= char <= "힣" or "ᄀ" <= char <= "ᇿ" or "ㄱ" <= char <= "ㆎ"


def detect_language(text: str) -> Language:
    """Tell Korean from everything else: Korean when a fifth of the letters are Hangul.

    A syllable carries about as much as three Latin letters, so "RAG와 Vector DB의 차이는?" is Korean.
    """
    letters = [char for char in nfc(text) if char.isalpha()]
    return "ko" if letters and sum(map(is_hangul, letters)) >= 0.2 * len(letters) else "en"


def interface_language() -> Language:
    """`ONDOL_LANG`, else the locale of the environment, else English."""
    chosen = os.environ.get("ONDOL_LANG", "")
    if not chosen:
        variables = ("LC_ALL", "LC_MESSAGES", "LANG")
        chosen = next((os.environ[v] for v in variables if os.environ.get(v)), "") or (locale.getlocale()[0] or "")
    return "ko" if chosen.lower().startswith(("ko", "korean")) else "en"


@cache
def _korean() -> dict[str, str]:
    text = resources.files("ondol").joinpath("ko.toml").read_text(encoding="utf-8")
    return {nfc(row["en"]): nfc(row["ko"]) for row in tomllib.loads(text)["message"]}


def translate(template: str, *, language: Language | None = None, **values: Any) -> str:
    """Fill an English template, in Korean where `ko.toml` knows it and the reader wants it."""
    if (language or interface_language()) == "ko":
        template = _korean().get(template, template)
    return template.format(**values) if values else template
