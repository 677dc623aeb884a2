"""Pictures of text, by OCR."""

import io
from difflib import SequenceMatcher

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from ondol.errors import UnusableInput
from ondol.ingest.formats.picture import read_picture
from ondol.ingest.ocr.recognise import find_ocr

OCR, WHY = find_ocr()
needs_ocr = pytest.mark.skipif(OCR is None, reason=WHY or "there is OCR")
KOREAN_FONTS = ("NanumGothic.ttf", "NotoSansCJK-Regular.ttc", "NotoSansKR-Regular.otf", "UnDotum.ttf")


def encode(image, kind="PNG", **options):
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def write(words, font=None):
    image = Image.new("L", (1400, 260), "white")
    ImageDraw.Draw(image).multiline_text((40, 40), words, fill="black", font=font or ImageFont.load_default(48))
    return image


@needs_ocr
def test_printed_words_are_read_with_their_confidence():
    parsed = read_picture(encode(write("The repair cafe opens\nevery Friday evening.")), "poster")
    assert parsed.text == "The repair cafe opens\nevery Friday evening."
    assert parsed.unread.startswith("Read by OCR (confidence 0.9")


@needs_ocr
def test_korean_is_read():
    for name in KOREAN_FONTS:
        try:
            font = ImageFont.truetype(name, 36)
            break
        except OSError:
            continue
    else:
        pytest.skip("no Korean font is installed")
    words = "온돌방은 따뜻합니다\n구들장을 데우면 방바닥이 따뜻해집니다.\nThe floor stays warm."
    found = read_picture(encode(write(words, font)), "x").text
    assert SequenceMatcher(None, "".join(words.split()), "".join(found.split()), autojunk=False).ratio() > 0.9


@needs_ocr
def test_every_page_of_a_tiff_is_a_page():
    pages = [write("First page"), write("Second page")]
    parsed = read_picture(encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]), "x")
    assert [parsed.text[start:end].strip() for start, end in parsed.pages] == ["First page", "Second page"]


@needs_ocr
@pytest.mark.parametrize("kind", ["noise", "blank"])
def test_nothing_is_invented(kind):
    dots = np.random.default_rng(13).integers(0, 256, (600, 800), dtype=np.uint8)
    image = Image.fromarray(dots) if kind == "noise" else Image.new("RGBA", (600, 800), (0, 0, 0, 0))
    with pytest.raises(UnusableInput, match="No text"):
        read_picture(encode(image), "x")


@needs_ocr
@pytest.mark.parametrize("data", [b"", b"no picture" * 50, encode(write("x"))[:80]])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(UnusableInput):
        read_picture(data, "x")


def test_without_a_recogniser_the_picture_says_what_to_install(monkeypatch):
    reason = 'Install it with: pip install "ondol[ocr]"'
    monkeypatch.setattr("ondol.ingest.formats.picture.find_ocr", lambda: (None, reason))
    with pytest.raises(UnusableInput, match=r"A picture needs OCR\. Install it with"):
        read_picture(encode(write("x")), "x")
