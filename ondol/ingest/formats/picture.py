"""Pictures with text on them: photographs, scans, screenshots."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from ondol.errors import UnusableInput
from ondol.ingest.alive import beat
from ondol.ingest.ocr.recognise import find_ocr, recognise
from ondol.ingest.parsed import Parsed, TextBuilder
from ondol.lang import translate

MOST_PIXELS = 80_000_000
MOST_PAGES = 500
SMALL = 1000
"""Pixels of the longer side below which a picture is enlarged; Tesseract wants letters of 20 and more."""


def read_picture(data: bytes, name: str) -> Parsed:
    ocr, reason = find_ocr()
    if ocr is None:
        raise UnusableInput("A picture needs OCR. {reason}", reason=reason)
    builder, sure = TextBuilder(), list[float]()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            pages = ImageSequence.Iterator(picture) if picture.format == "TIFF" else [picture]
            for number, page in enumerate(pages):
                if number >= MOST_PAGES or page.width * page.height > MOST_PIXELS:
                    raise UnusableInput("The picture is larger than {limit} million dots.", limit=MOST_PIXELS // 10**6)
                found = recognise(ocr, _prepared(page))
                beat()
                builder.turn_page()
                builder.add(found.text)
                sure += [found.confidence] if found.text else []
    except UnidentifiedImageError as error:
        raise UnusableInput("The file is no picture, or it is damaged.") from error
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise UnusableInput("The picture cannot be decoded: {reason}.", reason=str(error).split("\n")[0]) from error
    if not sure:
        raise UnusableInput("No text was found in the picture.")
    told = translate("Read by OCR (confidence {confidence:.2f})", confidence=sum(sure) / len(sure))
    return builder.build(title=name, format="picture", unread=told)


def _prepared(page: Any) -> Any:
    """Upright, grey, large enough."""
    turned = ImageOps.exif_transpose(page).convert("RGBA")
    sheet = Image.new("RGBA", turned.size, "white")
    grey = Image.alpha_composite(sheet, turned).convert("L")
    longer = max(grey.size)
    return grey if longer >= SMALL else grey.resize(tuple(round(side * SMALL / longer) for side in grey.size))
