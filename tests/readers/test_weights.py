"""The reader that ships: it finds the words, and says when they are not there."""

import pytest

from ondol.assemble_reading import open_default_reader
from ondol.settings import load_settings

pytestmark = pytest.mark.weights
TEXTS = {
    "en": "Hut rules. A borrowed tool may stay out for 14 days. The hut sleeps 24 guests. Ada Brandt keeps the keys.",
    "ko": "산장 안내. 빌린 연장은 14일 안에 돌려줍니다. 산장에는 스물네 명이 잘 수 있고, 열쇠는 한누리 씨가 맡습니다.",
}


@pytest.fixture(scope="module")
def reader():
    settings = load_settings()
    if not (settings.home / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    with_base = open_default_reader(settings)
    assert with_base
    yield with_base
    with_base.close()


@pytest.mark.parametrize(
    ("language", "question", "words"),
    [
        ("en", "How long may a borrowed tool stay out?", "14 days"),
        ("en", "How many guests does the hut sleep?", "24"),
        ("en", "Who keeps the keys?", "Ada Brandt"),
        ("ko", "빌린 연장은 며칠 안에 돌려줘야 하나요?", "14일"),
        ("ko", "산장에서 몇 명이 잘 수 있나요?", "스물네 명"),
        ("ko", "열쇠는 누가 맡나요?", "한누리"),
    ],
)
def test_the_words_are_found_in_both_languages(reader, language, question, words):
    found = reader.find(question, [TEXTS[language]])
    assert words in found.answer
    assert len(found.answer) < 20
    assert found.margin > 0


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Who won the chess championship of 1987?"),
        ("en", "What does a night cost?"),
        ("ko", "서울의 인구는 얼마인가요?"),
        ("ko", "하룻밤에 얼마인가요?"),
    ],
)
def test_what_the_text_does_not_tell_has_a_negative_margin(reader, language, question):
    assert reader.find(question, [TEXTS[language]]).margin < 0


def test_the_text_that_answers_is_chosen_among_others(reader):
    others = ["The bakery opens at six.", "비 오는 날에는 우산을 빌려 드립니다."]
    assert reader.find("열쇠는 누가 맡나요?", [*others, TEXTS["ko"]]).text == 2
