import unicodedata

import pytest

from ondol.lang import detect_language, interface_language, nfc, translate


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When does it open?", "en"), ("언제 여나요?", "ko"), ("RAG와 Vector DB의 차이는?", "ko"),
        ("What does 온돌 mean in English, please?", "en"), ("1234 ?!", "en"), ("", "en"),
        (unicodedata.normalize("NFD", "도서관"), "ko"),
    ],
)  # fmt: skip
def test_the_language_of_a_text_is_told(text, language):
    assert detect_language(text) == language


def test_decomposed_hangul_is_composed():
    assert nfc(unicodedata.normalize("NFD", "한글 문서.pdf")) == "한글 문서.pdf"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"ONDOL_LANG": "ko", "LANG": "en_US.UTF-8"}, "ko"), ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"ONDOL_LANG": "en", "LANG": "ko_KR.UTF-8"}, "en"), ({"LC_ALL": "C.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
    ],
)  # fmt: skip
def test_the_interface_follows_ondol_lang_and_then_the_locale(monkeypatch, variables, language):
    for name in ("ONDOL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert interface_language() == language


def test_a_message_is_translated_and_filled():
    assert translate("{source}, p. {page}", language="ko", source="규칙.pdf", page=3) == "규칙.pdf, 3쪽"
    assert translate("{source}, p. {page}", language="en", source="a.pdf", page=3) == "a.pdf, p. 3"


def test_a_message_without_a_translation_stays_english():
    assert translate("Nobody translated {this}.", language="ko", this="x") == "Nobody translated x."
