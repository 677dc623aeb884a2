"""Sentences end where a reader would end them, in both languages, and are exact slices."""

import random
import time

import pytest

from ondol.ingest.sentences import split_sentences

CASES = {
    "plain English": ["The library opens at 9:30.", "It closes at 18:00!", "Does it open on Sunday?", "No."],
    "abbreviations": ["Dr. Kim met Mr. J. K. Park at approx. 3 p.m. on Jan. 5.", "They talked, e.g. about fees, etc."],
    "numbers": ["Pi is 3.14 and v1.2.3 is out.", "See Fig. 3 and pp. 12 of vol. 2.", "It was 20.", "Then it grew."],
    "quotes": ['"Stop!" he said.', "She asked “why?”", "(It was late.)", "Nobody knew."],
    "addresses": ["Visit https://example.com/a.b?c=1 for help.", "Write to a.b@example.com."],
    "ellipsis": ["Well... maybe.", "He left…", "Then silence."],
    "Korean": ["도서관은 9시에 엽니다.", "토요일에는 쉽니까?", "아니요!", "오후 1시에 닫아요."],
    "Korean date": ["이 법은 2018. 3. 20.부터 시행한다.", "제56조는 2020. 5. 26. 개정되었다.", "끝."],
    "Korean quotation": ["그는 “몇 시에 닫나요?”라고 물었다.", "직원은 “6시입니다.” 하고 답했다."],
    "Korean amendment": ["근로자에게 지급하여야 한다.", "<개정 2018. 3. 20.>"],
    "footnote marks": ["It ran until 2000.[1]", "It was a success.[2][3]", "많은 사람이 찾는다.[4]", "끝났다."],
    "number at the end": ["상시 근로자는 5명이다.", "총원은 30.", "그러나 줄었다."],
}


@pytest.mark.parametrize("sentences", CASES.values(), ids=CASES)
def test_sentences_are_found(sentences):
    text = " ".join(sentences)
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


LINES = {
    "list items": "준비물\n1. 신분증 사본\n2. 가족관계증명서 한 통과 사진 두 장을 첨부한 신청서\n가. 원본\n나. 사본",
    "articles": "제55조(휴일) 사용자는 유급휴일을 보장하여야 한다\n제56조(연장근로) ① 50 이상을 가산한다",
    "heading": "# Opening hours\nThe library opens at 9:30.\n## Closing\nIt closes at six.",
    "rows": "| 이름 | 나이 |\n| 김온돌 | 30 |",
    "no full stop": "이 규정은 모든 직원과 계약직 근로자에게 동일하게 적용된다는 점을 알린다\n다만 인턴은 제외한다",
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_items_headings_and_rows_end_with_their_line(text):
    assert [text[start:end] for start, end in split_sentences(text)] == text.split("\n")


def test_a_line_that_is_only_wrapped_goes_on():
    text = "An ondol heats a room by leading warm air from a fire\nunder its stones. It is old.\n\nNew paragraph"
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "An ondol heats a room by leading warm air from a fire\nunder its stones.",
        "It is old.",
        "New paragraph",
    ]


def test_korean_sentences_without_a_space_between_them_are_parted():
    text = "가산하여 지급하여야 한다.다만, 합의한 경우에는 그러하지 아니하다."
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "가산하여 지급하여야 한다.",
        "다만, 합의한 경우에는 그러하지 아니하다.",
    ]


def test_markers_stay_with_their_sentence():
    text = "1. 임금은 통화로 지급한다. 2. 임금은 매월 지급한다."
    assert next(text[start:end] for start, end in split_sentences(text)) == "1. 임금은 통화로 지급한다."


def test_nothing_but_white_space_is_left_out_and_spans_are_trimmed():
    rng = random.Random(13)
    alphabet = "가다요a.B?!\n \t\"'”)1.제조<>#|-…。 "
    for _ in range(3000):
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 60)))
        spans = split_sentences(text)
        left, place = "", 0
        for start, end in spans:
            assert place <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()
            left += text[place:start]
            place = end
        assert (left + text[place:]).strip() == ""


def test_a_megabyte_takes_less_than_a_second():
    text = (
        "근로기준법 제56조에 따르면 사용자는 통상임금의 100분의 50 이상을 가산하여 지급하여야 한다. See Fig. 3.\n"
        * 14_000
    )
    start = time.process_time()
    split_sentences(text)
    assert time.process_time() - start < 2 * len(text) / 1e6
