"""Tesseract, called as a program, with a limit of time for each picture."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import pytesseract
from pytesseract import Output

from ondol.errors import BackendError
from ondol.ingest.ocr.recognise import OcrLine

THREADS = "OMP_THREAD_LIMIT"
"""Tesseract's threads wait for each other: four take 10 s a page where one takes 1.2. Set for its process only: in this
one it makes Whisper hear nothing."""
LANGUAGES = ("kor", "eng")
TIME_S = 90
COLUMNS, BLOCK = 3, 6
"""Page segmentation modes."""
FEW = 300
SPLIT = re.compile(r"(?<![가-힣])[가-힣](?: [가-힣]){2,}(?![가-힣])")
"""Three and more syllables each by itself: a word that was printed wide."""


class Tesseract:
    def __init__(self, languages: str) -> None:
        self._languages = languages

    def read(self, picture: Any) -> list[OcrLine]:
        """See `Ocr`.

        A page of few words is also read as one block, and the better reading is taken: the search for columns loses
        first words of short texts (0.82 to 0.99 of the letters of five Korean lines, 0.95 to 0.98 as one block).

        Raises:
            BackendError: it failed, or took too long.
        """
        lines = self._read(picture, COLUMNS)
        if _worth(lines) < FEW:
            lines = max(lines, self._read(picture, BLOCK), key=_worth)
        return lines

    def _read(self, picture: Any, layout: int) -> list[OcrLine]:
        try:
            with _one_thread():
                found = pytesseract.image_to_data(
                    picture, lang=self._languages, output_type=Output.DICT, timeout=TIME_S, config=f"--psm {layout}"
                )
        except (RuntimeError, pytesseract.TesseractError, OSError) as error:
            reason = str(error).split("\n")[0]
            raise BackendError("Tesseract failed: {reason}", hint="Try: tesseract PICTURE -", reason=reason) from error
        columns = zip(*(found[name] for name in ("block_num", "par_num", "line_num", "text", "conf")), strict=True)
        rows = [(*place, word, float(sure)) for *place, word, sure in columns if word.strip() and float(sure) >= 0]
        lines, before = [], None
        for (block, paragraph, _), words in groupby(rows, key=lambda row: row[:3]):
            kept = list(words)
            text = SPLIT.sub(lambda match: match[0].replace(" ", ""), " ".join(row[3] for row in kept))
            confidence = sum(row[4] for row in kept) / len(kept) / 100
            lines.append(OcrLine(text, confidence, starts_block=(block, paragraph) != before))
            before = (block, paragraph)
        return lines


@contextmanager
def _one_thread() -> Iterator[None]:
    before = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = before


def _worth(lines: list[OcrLine]) -> float:
    """Letters, each as sure as its line."""
    return sum(line.confidence * len(line.text) for line in lines)


def open_tesseract() -> Tesseract:
    """Tesseract with what there is of Korean and English.

    Raises:
        BackendError: the program, or the data of both languages, is not installed.
    """
    try:
        known = set(pytesseract.get_languages(config=""))
    except (pytesseract.TesseractNotFoundError, pytesseract.TesseractError, OSError) as error:
        raise BackendError(
            "The program tesseract is not installed.",
            hint="Debian: apt install tesseract-ocr tesseract-ocr-kor · macOS: brew install tesseract tesseract-lang",
        ) from error
    languages = [name for name in LANGUAGES if name in known]
    if len(languages) < len(LANGUAGES):
        raise BackendError(
            "Tesseract has no data for {missing}.",
            hint="Debian: apt install tesseract-ocr tesseract-ocr-kor · macOS: brew install tesseract tesseract-lang",
            missing=", ".join(name for name in LANGUAGES if name not in known),
        )
    return Tesseract("+".join(languages))
