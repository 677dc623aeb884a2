"""Scores of answers, against values computed by hand."""

import unicodedata

import pytest

from ondol.lang import detect_language
from ondol.scoring.answer_metrics import chrf, em_and_f1, f1, longest_common, repetition, rouge_l
from ondol.scoring.answer_text import (
    english_words,
    korean_morphemes,
    korquad_units,
    normalise_korquad,
    normalise_squad,
    normalise_without_particles,
    squad_units,
)


def nfd(text):
    return unicodedata.normalize("NFD", text)


def test_english_is_normalised_as_squad_does():
    assert normalise_squad("The  Mill, an old one: A-b!") == "mill old one ab"
    assert normalise_squad("theatre") == "theatre"


def test_korean_is_normalised_as_korquad_does():
    assert normalise_korquad("《훈민정음》(訓民正音), 'A'.") == "훈민정음 訓民正音 a"
    assert normalise_korquad(nfd("세종대왕")) == "세종대왕"
    assert normalise_korquad("the mill") == "the mill"  # no articles are dropped


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("세종대왕이다.", "세종대왕"), ("1446년에", "1446년"), ("학교였다", "학교"), ("아시아에서는", "아시아"),
        ("레이첼 노틀리가 지사이다", "레이첼 노틀리 지사"), ("먹는다", "먹는다"), ("사과", "사과"),
        ("mill 2", "mill 2"), ("", ""),
    ],
)  # fmt: skip
def test_particles_are_taken_off_and_stems_stay(text, bare):
    assert normalise_without_particles(text) == bare
    assert normalise_without_particles(nfd(text)) == bare


def test_f1_counts_words_in_english_and_characters_in_korean():
    # "in year 1874" against "1874": precision 1/3, recall 1
    assert f1(squad_units("In the year 1874."), squad_units("1874")) == pytest.approx(0.5)
    # 세종대왕이다 against 세종대왕: 4 of 6 characters, all 4 found
    assert f1(korquad_units("세종대왕이다"), korquad_units(nfd("세종 대왕"))) == pytest.approx(0.8)
    assert f1([], ["a"]) == f1(["b"], ["a"]) == 0.0
    assert f1(["a", "a"], ["a"]) == pytest.approx(2 / 3)  # a word counts as often as it stands there


def test_rouge_is_the_longest_common_subsequence():
    said, wanted = english_words("Police killed the gunman."), english_words("police kill the gunman")
    assert longest_common(said, wanted) == 3
    assert rouge_l(said, wanted) == pytest.approx(0.75)
    assert rouge_l(english_words("the gunman kill police"), wanted) == pytest.approx(0.5)
    # 한국/의 수도/는 서울/이/다 against 수도/는 서울: three of three in order
    left, right = korean_morphemes("수도는 서울이다."), korean_morphemes(nfd("수도는 서울"))
    assert (left, right) == (["수도", "는", "서울", "이", "다"], ["수도", "는", "서울"])
    assert rouge_l(left, right) == pytest.approx(0.75)
    assert rouge_l([], right) == 0.0


def test_chrf_is_that_of_sacrebleu():
    # abc, abd: precision = recall = (2/3 + 1/2 + 0/1) / 3 over the three orders both have
    assert chrf("abc", "abd") == pytest.approx(7 / 18)
    # ab, abcd: precision (1 + 1) / 2, recall (1/2 + 1/3) / 2; F2 = 5pr / (4p + r)
    precision, recall = 1.0, 5 / 12
    assert chrf("ab", "abcd") == pytest.approx(5 * precision * recall / (4 * precision + recall))
    assert chrf("한글 문서", nfd("한글문서")) == pytest.approx(1.0)
    assert chrf("", "a") == chrf("b", "a") == 0.0


def test_repeated_four_grams_are_counted():
    assert repetition("a b c d e f g") == 0.0
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("no no no no no no") == pytest.approx(2 / 3)
    assert repetition("short") == 0.0


@pytest.mark.parametrize(("answer", "right", "em", "f1"), [
    ("The Seoul!", ["seoul"], 1, 1), ("in Seoul", ["seoul"], 0, 2 / 3), ("", [], 1, 1), ("seoul", [], 0, 0),
    ("서울시", ["서울"], 0, 0.8), ("서울", ["서울"], 1, 1), ("", ["서울"], 0, 0), ("부산", ["서울", "부산"], 1, 1),
])  # fmt: skip
def test_an_answer_counts_by_the_rules_of_its_language_and_none_is_right_where_there_is_none(answer, right, em, f1):
    language = detect_language(right[0] if right else answer)
    assert em_and_f1(answer, right, language) == pytest.approx((em, f1))
