"""Invisible characters go, and everything that a script needs stays."""

import time
import unicodedata

import pytest

from ondol.ingest.hidden import describe, describe_passages, strip_hidden, strip_parsed
from ondol.ingest.parsed import Heading, Parsed

KEPT = [
    "온돌은 구들장을 데워 방을 따뜻하게 한다. 한글 1,234원 — “인용” ㆍ 「법률」",
    "ㄱㄴㄷ ㅏㅑㅓ ᄒᆞᆫ글 나랏말ᄊᆞ미 듕귁에 달아 ᅟᅡᆫ ᄀᅠᆨ ꥠᅡힰ",
    "\u3164ㄱ\u3164ㅏ \u3164",
    "가족 👨‍👩‍👧‍👦 무지개 🏳️‍🌈 하트 ❤️‍🔥 👍🏽 👩🏽‍💻 🧑‍⚕️ #️⃣ ℹ️ ‼️ ☎︎ 🇰🇷 👁️‍🗨️",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
    "葛\U000e0100飾区 芦\U000e0101屋 ⊕\ufe00",
    "نامه‌ای می‌خواهم क्‍ष শ্রী‌মান",
    "שלום \u200fעולם\u200e (a) \u2067ab\u2069",
    "ภาษา\u200bไทย",
    "tab\tline\nfeed\x0cnel\x85",
    "cafe\u0301 \u1112\u1161\u11ab",
]


@pytest.mark.parametrize("text", KEPT[:2] + KEPT[3:])
def test_what_people_write_is_left_alone(text):
    assert strip_hidden(text) == (text, {})


def test_a_hangul_filler_stays_beside_jamo_only():
    assert strip_hidden(KEPT[2])[0] == "\u3164ㄱ\u3164ㅏ "


@pytest.mark.parametrize(
    ("text", "clean", "kind", "count"),
    [
        ("비밀\u200b번\u2060호\ufeff", "비밀번호", "characters without width", 3),
        ("pay\u202eevil\u202c now\u2066x\u2069", "payevil nowx", "marks of direction", 4),
        ("hi" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all") + "!", "hi!", "tag characters", 10),
        ("🏴" + chr(0xE0061) * 40 + "\U000e007f", "🏴", "tag characters", 41),
        ("😀\ufe0f\ufe01\ufe02" + chr(0xE0110) * 30, "😀\ufe0f", "variation selectors", 32),
        ("자동\xad차 hy\xadphen", "자동차 hyphen", "soft hyphens", 2),
        ("a\x1b[8mb\x07\u206a\ufff9c", "a[8mbc", "control characters", 4),
        ("가\u200d나\u200c다", "가나다", "characters without width", 2),
        ("👩\u200d\u200d\u200d", "👩", "characters without width", 3),
        ("한\u1160글", "한글", "characters without width", 1),
        ("נחש \u202eabc", "נחש abc", "marks of direction", 1),
    ],
)
def test_what_nobody_sees_is_stripped_and_counted(text, clean, kind, count):
    assert strip_hidden(text) == (clean, {kind: count})


def test_what_was_hidden_is_told_in_one_line():
    assert describe({"soft hyphens": 4, "tag characters": 10}) == (
        "14 invisible characters: tag characters (10), soft hyphens (4)"
    )
    assert describe_passages({"comments": 2, "white text": 1}) == "3 hidden passages: comments (2), white text (1)"
    assert describe({}) == describe_passages({"comments": 0}) == ""


def test_offsets_follow_the_stripped_text():
    text = "\u200b제\u200b목\n\n한\xad줄\u200b\u200b\n\n코\u200b드\u200b"
    parts = ["\u200b제\u200b목", "한\xad줄\u200b\u200b", "코\u200b드\u200b"]
    spans = tuple((text.index(part), text.index(part) + len(part)) for part in parts)
    parsed = Parsed(
        text=text, title="제\u200b목", format="md", headings=(Heading(0, 1, parts[0]),), whole=spans[2:], rows=spans,
        pages=((0, spans[1][0]), (spans[1][0], len(text))), page_names=("a\u200b", "b"), hidden="told before",
    )  # fmt: skip
    clean = strip_parsed(parsed)
    assert clean.text == "제목\n\n한줄\n\n코드"
    assert [clean.text[start:end] for start, end in clean.rows] == ["제목", "한줄", "코드"]
    assert [clean.text[start:end] for start, end in clean.pages] == ["제목\n\n", "한줄\n\n코드"]
    assert (clean.headings, clean.title, clean.page_names) == ((Heading(0, 1, "제목"),), "제목", ("a", "b"))
    assert clean.hidden == "told before; 7 invisible characters: characters without width (6), soft hyphens (1)"
    assert strip_parsed(clean) is clean


def test_the_stripped_text_stays_nfc():
    for text in ("가\u200bᆨ", "ᄒ\u200bᅡ", "e\u200b\u200b\u0301", "\u0301\u200b\u0323"):
        clean, _ = strip_hidden(text)
        assert unicodedata.normalize("NFC", clean) == clean


def test_a_megabyte_takes_no_time():
    started = time.perf_counter()
    strip_hidden("구들장을 데우고 \u200b" * 100_000)
    strip_hidden("🏴" + "\U000e0061" * 500_000)
    strip_hidden("온돌" * 500_000)
    assert time.perf_counter() - started < 5
