"""Pictures of text to text: what a page has by itself goes first, this is for those that have none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from ondol.errors import MissingExtra, OndolError
from ondol.ingest.ocr import OCR
from ondol.registry import resolve

SURE = 0.35
"""Least confidence of a line that is taken: noise and drawings come out below it."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    text: str
    confidence: float
    """0 to 1."""
    starts_block: bool
    """Whether it stands apart from the line before."""


class Ocr(Protocol):
    def read(self, picture: Any) -> list[OcrLine]:
        """Lines of a picture (PIL) from top to bottom."""


@dataclass(frozen=True, slots=True)
class OcrText:
    text: str
    confidence: float
    """Mean of its lines; 0 without any."""


@cache
def find_ocr() -> tuple[Ocr | None, str]:
    """A recogniser, or why there is none and what to install."""
    reason = ""
    for name in OCR:
        try:
            return resolve("ondol.ingest.ocr", OCR, name, what="recogniser")(), ""
        except MissingExtra as error:
            reason = reason or f"{error.message} {error.hint}"
        except OndolError as error:
            reason = f"{error.message} {error.hint}"
    return None, reason


def recognise(ocr: Ocr, picture: Any) -> OcrText:
    """The text of a picture; lines that are too uncertain are left out."""
    lines = [line for line in ocr.read(picture) if line.confidence >= SURE and any(map(str.isalnum, line.text))]
    parts = [("\n\n" if line.starts_block else "\n") + line.text for line in lines]
    mean = sum(line.confidence for line in lines) / len(lines) if lines else 0.0
    return OcrText("".join(parts).strip(), mean)
