"""Text is decoded when its encoding is certain, and refused otherwise."""

import codecs

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.encoding import decode_text

KOREAN = "도서관은 오전 9시에 엽니다. 안녕하세요."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp949", "euc-kr"])
def test_korean_in_every_usual_encoding(encoding):
    assert decode_text(KOREAN.encode(encoding)) == KOREAN


def test_utf_16_of_both_byte_orders():
    assert decode_text(codecs.BOM_UTF16_BE + KOREAN.encode("utf-16-be")) == KOREAN


def test_a_declared_encoding_is_used_after_utf_8():
    assert decode_text("Café à la carte".encode("latin-1"), declared="iso-8859-1") == "Café à la carte"
    assert decode_text("Café".encode(), declared="iso-8859-1") == "Café"
    assert decode_text(KOREAN.encode("cp949"), declared="KS_C_5601-1987") == KOREAN


@pytest.mark.parametrize(
    "data",
    [
        "Grüße aus Köln, schöne Straße".encode("latin-1"),
        "Äpfel Öl".encode("latin-1"),
        "naïve café déjà".encode("cp1252"),
        "今天天气很好我们去公园".encode("gbk"),
    ],
)
def test_other_encodings_are_refused_rather_than_guessed(data):
    with pytest.raises(UnusableInput, match="encoding of the text cannot be told"):
        decode_text(data)


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02", bytes(range(1, 32)) * 9, b"\xff\xfe\x00"], ids=["nul", "control", "odd"]
)
def test_binary_data_is_refused(data):
    with pytest.raises(UnusableInput, match=r"^The file is binary, not text\.$"):
        decode_text(data)


@pytest.mark.parametrize("data", [b"", b" \n\t", codecs.BOM_UTF8])
def test_an_empty_file_is_refused(data):
    with pytest.raises(UnusableInput, match=r"^The file is empty\.$"):
        decode_text(data)
