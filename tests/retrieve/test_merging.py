"""Copies are shown once; what differs in one word or number is not a copy."""

import unicodedata

import pytest
from langchain_core.documents import Document

from ondol.retrieve.merging import merge_duplicates

LEAVE = (
    "제60조(연차 유급휴가) ① 사용자는 1년간 80퍼센트 이상 출근한 근로자에게 15일의 유급휴가를 주어야 한다. "
    "② 사용자는 계속하여 근로한 기간이 1년 미만인 근로자에게 1개월 개근 시 1일의 유급휴가를 주어야 한다."
)
RENT = (
    "The rent of 1,250.50 euros is due on the 3rd of each month. If it is not paid within 14 days, the landlord may "
    "end the lease. The tenant pays for water and heating; the landlord for repairs above 100 euros and for the roof."
)


def make_hit(text, name="a", *, title="", heading="", start=0, **metadata):
    place = {"document_id": name, "source": f"{name}.txt", "page": None, "start": start, "end": start + len(text)}
    names = {"title": title, "heading": heading, "score": 0.5}
    return Document(id=f"{name}-{start}", page_content=text, metadata={**place, **names, **metadata})


def merged(*hits):
    return [hit.id for hit in merge_duplicates(hits)]


def test_the_first_of_two_copies_stays_and_names_the_other():
    first, other, second = make_hit(RENT, "a"), make_hit("Something else.", "b"), make_hit(RENT, "c", page=2)
    kept = merge_duplicates([first, other, second])
    assert [hit.id for hit in kept] == ["a-0", "b-0"]
    assert kept[0].metadata["duplicates"] == [
        {
            "document_id": "c",
            "source": "c.txt",
            "page": 2,
            "unit": None,
            "page_name": None,
            "start": 0,
            "end": len(RENT),
        }
    ]
    assert "duplicates" not in kept[1].metadata
    assert "duplicates" not in first.metadata, "hits that come in are not changed"


def test_duplicates_of_a_duplicate_are_named_too():
    third = merge_duplicates([make_hit(RENT, "b"), make_hit(RENT, "c")])
    again = merge_duplicates([make_hit(RENT, "a"), *third])
    assert [row["document_id"] for row in again[0].metadata["duplicates"]] == ["b", "c"]


@pytest.mark.parametrize(
    "copy",
    [
        RENT.replace(" ", "\n"), RENT.upper(), RENT.replace("; ", " — "), f"# {RENT}",
        RENT.replace("lease", "le\u00adase"), RENT.replace("1", "１"),
    ],
    ids=["lines", "capitals", "punctuation", "markdown", "soft hyphen", "wide digits"],
)  # fmt: skip
def test_how_a_text_is_set_does_not_count(copy):
    assert merged(make_hit(RENT, "a"), make_hit(copy, "b")) == ["a-0"]


@pytest.mark.parametrize(
    "copy",
    [LEAVE.replace("근로자", "근 로자"), LEAVE.replace(" ", "\n"), unicodedata.normalize("NFD", LEAVE), f"- {LEAVE}"],
    ids=["broken word", "lines", "decomposed", "list"],
)
def test_how_a_korean_text_is_set_does_not_count(copy):
    assert merged(make_hit(LEAVE, "a"), make_hit(copy, "b")) == ["a-0"]


@pytest.mark.parametrize(
    ("text", "was", "now"),
    [
        (RENT, "14 days", "15 days"),
        (RENT, "1,250.50", "1,25050"),
        (RENT, "1,250.50", "125,0.50"),
        (RENT, "100 euros", "-100 euros"),
        (RENT, "100 euros", "1 00 euros"),
        (RENT, "100 euros", "10² euros"),
        (RENT, "100 euros", "100% euros"),
        (RENT, "may end", "may not end"),
        (RENT, "landlord may", "tenant may"),
        (LEAVE, "15일", "14일"),
        (LEAVE, "주어야 한다", "주지 아니한다"),
        (LEAVE, "이상", "미만"),
        (LEAVE, "제60조", "제61조"),
    ],
)
def test_another_number_or_word_makes_another_statement(text, was, now):
    assert was in text
    for first, second in ((text, text.replace(was, now, 1)), (text.replace(was, now, 1), text)):
        assert merged(make_hit(first, "a"), make_hit(second, "b")) == ["a-0", "b-0"]


def test_a_passage_that_stands_inside_an_earlier_hit_is_merged():
    whole = " ".join(f"The rent of flat {number} is due on the first day of every month." for number in range(9))
    part = whole[: whole.index("The rent of flat 6")]
    assert merged(make_hit(whole, "a"), make_hit(part, "b")) == ["a-0"]
    assert merged(make_hit(part, "b"), make_hit(whole, "a")) == ["b-0", "a-0"], "the longer says more"


@pytest.mark.parametrize("short", ["Free of charge.", "a", "😀 !!"])
def test_a_short_text_inside_another_says_something_else(short):
    parking = make_hit("Parking is not free of charge, a ticket is needed.", "a", title="Parking")
    assert merged(parking, make_hit(short, "b", title="Lockers")) == ["a-0", "b-0"]
    assert merged(make_hit("😀", "a"), make_hit("!!", "b")) == ["a-0", "b-0"], "without letters nobody knows"


def test_a_number_does_not_stand_inside_a_longer_one():
    same = {"title": "Lease"}
    assert merged(make_hit("It takes 115 days.", "a", **same), make_hit("15 days", "b", **same)) == ["a-0", "b-0"]


HOURS = "Open 9:00 to 18:00."


def test_a_short_text_under_other_names_says_something_else():
    mill, museum = make_hit(HOURS, "a", title="Mill"), make_hit(HOURS, "b", title="Museum")
    assert merged(mill, museum) == ["a-0", "b-0"]
    summer = make_hit(HOURS, "c", title="Mill", heading="Summer > Shop")
    assert merged(mill, summer) == ["a-0", "c-0"]
    assert merged(mill, make_hit(HOURS, "d")) == ["a-0", "d-0"], "without a name nobody knows what is open"
    assert merged(mill, make_hit(HOURS, "e", title="mill")) == ["a-0"]


def test_a_short_text_that_says_its_own_name_is_the_same_anywhere():
    article = "제68조(임금의 청구) 미성년자는 독자적으로 임금을 청구할 수 있다."
    record = make_hit(article, "a", title="임금의 청구", heading="제68조(임금의 청구)")
    page = make_hit(article, "b", title="근로기준법", heading="제5장 여성과 소년 > 제68조(임금의 청구)")
    assert merged(record, page) == ["a-0"]
    assert merged(page, record) == ["b-0"]


def test_no_hits_are_no_hits():
    assert merge_duplicates([]) == []
