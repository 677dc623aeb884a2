"""Names that must be found exactly are kept whole."""

import pytest

from ondol.lexical.codes import find_codes
from ondol.lexical.terms import fold


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Write to Kim.Lee@Example.org, please", ["kim.lee@example.org", "kimlee@exampleorg"]),
        ("part AB-1234/56", ["ab-1234/56", "ab123456"]),
        ("부품 AB-1234/56은 품절", ["ab-1234/56", "ab123456"]),
        ("error E0425: name not found", ["e0425"]),
        ("see https://a.org/x/1.html.", ["https://a.org/x/1.html", "httpsaorgx1html"]),
        ("at 192.168.0.1", ["192.168.0.1", "19216801"]),
        ("ondol v2.13.0", ["2.13.0"]),
        ("차량 12가 3456", ["12가3456"]),
        ("call 010-1234-5678", ["010-1234-5678", "01012345678"]),
        ("since 2024-05-17", ["2024-05-17", "20240517"]),
        ("ISO 9001:2015", ["iso9001:2015"]),
        ("Article 56 and § 3.2", ["article56", "section3.2"]),
    ],
)
def test_a_name_is_kept_as_it_stands_and_without_separators(text, codes):
    assert [code for code in find_codes(fold(text)) if code in codes] == codes


@pytest.mark.parametrize("text", ["8세기", "20% of 3.14", "1,000원", "on 5 May", "in 2024", "well-known", "open 9"])
def test_plain_words_and_numbers_are_no_names(text):
    assert find_codes(fold(text)) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("제56조", ["제56조"]),
        ("제 56 조의2 제1항", ["제56조의2", "제56조의2제1항"]),
        ("제26조제3항제2호", ["제26조", "제26조제3항", "제26조제3항제2호"]),
    ],
)
def test_articles_of_a_law_are_known_with_and_without_their_parts(text, codes):
    assert find_codes(text) == codes


def test_a_question_may_leave_the_sign_of_an_article_out_and_a_text_may_not():
    assert find_codes("56조 2항", question=True) == ["제56조", "제56조제2항"]
    assert find_codes("예산은 10조 원이다") == []


def test_digits_that_differ_by_one_make_another_name():
    assert not set(find_codes("ab-1234/56")) & set(find_codes("ab-1234/57"))
