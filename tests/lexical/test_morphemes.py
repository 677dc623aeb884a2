"""Kiwi's content morphemes."""

import subprocess
import sys

import pytest

from ondol.lexical.morphemes import Morphemes, end_without_particles


def test_particles_and_endings_are_taken_off():
    (found,) = Morphemes().analyse(["도서관에서는 새 책을 빌릴 수 있다."])
    assert {"도서관", "책", "빌리"} <= set(found)
    assert "에서" not in found


def test_texts_without_spaces_are_cut():
    assert "학교" in Morphemes().analyse(["나는학교에간다"])[0]


def test_words_of_ones_own_stay_whole():
    text = "온돌마루론은 따뜻하다"
    assert "온돌마루론" in Morphemes(["온돌마루론"]).analyse([text])[0]
    assert "온돌마루론" not in Morphemes().analyse([text])[0]


def test_other_words_make_another_version():
    plain = Morphemes().version
    assert Morphemes(["가나다"]).version != plain
    assert Morphemes(["나", "가"]).version == Morphemes(["가", "나", " 가 "]).version


def test_texts_without_hangul_do_not_load_the_analyser():
    code = (
        "import sys; from ondol.lexical.morphemes import Morphemes; "
        "assert Morphemes().analyse(['plain', '']) == [[], []]; assert 'kiwipiepy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_long_text_is_analysed_in_windows():
    (found,) = Morphemes().analyse(["학교에 간다. " * 4000])
    assert found.count("학교") == 4000


@pytest.mark.parametrize(
    ("text", "words", "kept"),
    [
        ("수도는 캔버라이고 가장 큰 도시는 시드니이다.", "캔버라이고", "캔버라"),
        ("이 회사는 1998년에 세워졌다.", "1998년에", "1998년"),
        ("전쟁은 1939년 9월 1일부터 이어졌다.", "1939년 9월 1일부터", "1939년 9월 1일"),
        ("스트레스라는 말은 한스 셀리에가 처음 썼다.", "한스 셀리에", "한스 셀리에"),
        ("고려는 전한 시대와 다르다.", "전한", "전한"),
        ("에", "에", "에"),
        ("The hut opens at nine.", "at nine", "at nine"),
    ],
)
def test_words_end_before_their_particles_and_copula(text, words, kept):
    start = text.index(words)
    assert text[start : end_without_particles(text, start, start + len(words))] == kept
