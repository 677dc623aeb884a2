"""Text and question give terms that meet."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ondol.lexical.terms import fold, phrase_terms, question_terms, text_terms


def asked(question):
    return question_terms(question, lambda word: None)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The libraries opened.", "library opening"),
        ("Ｆｕｌｌ width", "full"),
        ("Café au lait", "cafe"),
        ("도서관에서는 책을 빌린다", "도서관"),
        ("도서관 안내", "도서관에서도 되나요?"),
        ("연장근로\n수당", "근로수당"),
        ("1,500 people", "1500"),
        ("勞動法", "勞動"),
        (unicodedata.normalize("NFD", "온돌방 café"), "온돌방"),
        ("Größe", "grösse"),
    ],
)
def test_what_is_kept_meets_what_is_asked(text, question):
    kept, wanted = text_terms(text, []), asked(question)
    assert any(set(kept.by_field()[name]) & set(found) for name, found in wanted.by_field().items())


def test_words_that_say_nothing_are_left_out():
    terms = asked("What is the name of it?")
    assert terms.words == ["name"]
    assert asked("누구인가요?").pairs == []


def test_morphemes_go_in_as_they_are_given():
    assert text_terms("학교에 간다", ["학교", "가"]).words == ["학교", "가"]


def test_a_question_uses_the_words_of_the_index():
    terms = question_terms("연장근로는 언제?", lambda word: 1.0 if word in ("연장", "근로") else None)
    assert terms.words == ["연장", "근로"]
    assert terms.pairs == ["연장", "장근", "근로"]
    assert terms.count == 3


@pytest.mark.parametrize("quoted", ['"하자 보수"', "“하자 보수”", "「하자  보수」", "『하자 보수』"])
def test_phrases_in_quotes_are_kept_apart(quoted):
    assert asked(f"계약서의 {quoted} 조항").phrases == ["하자 보수"]


def test_a_phrase_asks_for_nothing_that_what_clings_to_it_could_change():
    inside = phrase_terms("하자 보수")
    kept = text_terms("무하자 보수공사에서", [])
    assert set(inside.pairs) <= set(kept.pairs)
    assert phrase_terms("good old days").words == ["old"]


@given(st.text(max_size=200))
def test_any_text_gives_terms_without_white_space(text):
    for terms in (text_terms(text, []), asked(text)):
        assert all(term and not any(map(str.isspace, term)) for found in terms.by_field().values() for term in found)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "long", ["가" * 100_000, "“" * 50_000, "x" * 100_000, "." * 50_000, "語" * 50_000, "a-" * 40_000]
)
def test_long_runs_take_no_longer_than_they_are(long):
    """These took minutes before their patterns were bounded."""
    assert text_terms(long, [])
    assert asked(long)
