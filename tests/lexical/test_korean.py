"""Korean words of a question, without an analyser."""

import math

import pytest

from ondol.lexical.korean import cut_word, rarity_of, strip_word, syllable_pairs

KNOWN = {"연장": 3, "근로": 9, "학교": 4, "가산": 1, "수당": 2, "가산수당": 1, "물가": 2, "물": 5}


def rarity(word):
    return rarity_of(KNOWN.get(word, 0), 100)


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("도서관에서는", "도서관"),
        ("후임자는", "후임자"),
        ("학교에서", "학교"),
        ("길이는", "길이"),
        ("강의", "강"),
        ("누구인가요", ""),
        ("무엇인가요", ""),
        ("언제", ""),
        ("온돌", "온돌"),
        ("해", "해"),
    ],
)
def test_particles_and_question_words_go(word, stem):
    assert strip_word(word) == stem


@pytest.mark.parametrize(
    ("stem", "pieces"),
    [
        ("연장근로", ["연장", "근로"]),
        ("가산수당", ["가산수당"]),
        ("나는학교에간다", ["학교"]),
        ("모르는말", []),
        ("학교", ["학교"]),
    ],
)
def test_a_word_is_cut_into_the_longest_words_that_the_index_knows(stem, pieces):
    assert cut_word(stem, stem, rarity) == pieces


def test_a_word_that_the_index_knows_with_its_ending_stays_whole():
    assert cut_word("물", "물가", lambda word: {"물가": 1.0}.get(word)) == ["물가"]


def test_pairs_of_syllables_find_a_noun_whatever_clings_to_it():
    assert set(syllable_pairs("도서관")) <= set(syllable_pairs("도서관에서는"))
    assert syllable_pairs("책") == ["책"]


def test_a_word_that_no_document_has_has_no_rarity():
    assert rarity_of(0, 10) is None
    assert rarity_of(2, 10) == pytest.approx(math.log(5))
