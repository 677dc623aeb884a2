"""The numbers of a text, whatever language writes them: `3만 5천 원` and `35,000 won` both hold 35000."""

from __future__ import annotations

import re

from ondol.lang import nfc

DIGITS = re.compile(r"\d+(?:\.\d+)*")
COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
KOREAN_SCALE = {"조": 10**12, "억": 10**8, "만": 10**4, "천": 10**3, "백": 10**2}
KOREAN_AMOUNT = re.compile(r"(?:\d+(?:\.\d+)?\s?[조억만천백]+\s?)+(?:\d+(?![\d.]*\s?[조억만천백]))?")
KOREAN_PART = re.compile(r"(\d+(?:\.\d+)?)\s?([천백]?)([조억만]?)")
DAYS = {
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
    "보름": 15,
}
TENS = {
    "열": 10,
    "스무": 20,
    "스물": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
ONES = {
    "한": 1, "두": 2, "둘": 2, "세": 3, "석": 3, "셋": 3, "네": 4, "넉": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9,
}  # fmt: skip
COUNTED = (
    "명|개|달|주|시|살|번|권|대|층|배|회|가지|종|곳|장|잔|병|쪽|그루|마리|사람|해|줄|코|표|점|째|미터|집|나라|차례|칸|척|통"
    "|분"
)
NATIVE = re.compile(rf"(?<![가-힣])({'|'.join(TENS)})?({'|'.join(ONES)})?(?=\s?(?:{COUNTED}))")
LOW = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
HIGH = "twenty thirty forty fifty sixty seventy eighty ninety".split()
VALUES = {word: n for n, word in enumerate(LOW, 1)} | {word: 10 * n for n, word in enumerate(HIGH, 2)}
SCALE = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SMALL = rf"(?:(?:{'|'.join(HIGH)})(?:[\s-](?:{'|'.join(LOW[:9])}))?|{'|'.join(reversed(LOW))})"
ENGLISH = re.compile(
    rf"\b(?:(?P<count>\d+(?:\.\d+)?|{SMALL})(?:\s(?P<hundred>hundred))?(?:\s(?:and\s)?(?P<rest>{SMALL}))?"
    rf"(?:\s(?P<scale>thousand|million|billion|trillion))?)\b",
    re.IGNORECASE,
)
NAMED = {
    word: value for value, word in enumerate(
        "January February March April May June July August September October November December".split(), 1)
} | {
    word: value for value, word in enumerate("third fourth fifth sixth seventh eighth ninth tenth".split(), 3)
} | {"twice": 2, "dozen": 12, "half an hour": 30, "half past": 30}  # fmt: skip
"""`second` is a time as well, and `may` a verb."""
NAME = re.compile(rf"\b(?:{'|'.join(NAMED)})\b")
ONE = re.compile(r"\b(?:one|an?|first|once)\b|(?<![가-힣])(?:한|하루|첫)", re.IGNORECASE)
CLOCK = re.compile(r"(?:오후|저녁|밤)\s?(\d{1,2})시|\b(\d{1,2})(?::\d\d)?\s?p\.?m\b|\b(1[3-9]|2[0-3])(?::\d\d|시)")


def amounts(text: str) -> set[str]:
    """Numbers in digits, those of a date or a time one by one: `{"35000", "2.13.0"}`.

    One is left out where it is written as a word: `한` and `one` are articles as often as numbers.
    """
    found = (match[0] for match in DIGITS.finditer(_in_digits(text)))
    return {number if "." in number else number.lstrip("0") for number in found} - {""}


def amounts_agree(source: str, claim: str) -> bool:
    """Whether `source` has every number that `claim` has; an hour of the afternoon counts as 5 and as 17.

    A 1 in digits is also found where the source writes it as a word.
    """
    hours = [next(filter(None, match.groups())) for match in CLOCK.finditer(_in_digits(source))]
    present = amounts(source) | {str((int(hour) + 12) % 24) for hour in hours}
    return amounts(claim) <= present | ({"1"} if ONE.search(source) else set())


def _in_digits(text: str) -> str:
    text = COMMA.sub("", nfc(text))
    text = re.sub(r"(?<=시)\s?반", " 30분", text)
    text = KOREAN_AMOUNT.sub(lambda match: f"{_korean(match[0])} ", text)
    text = re.sub("|".join(DAYS), lambda match: f" {DAYS[match[0]]} ", text)
    text = NATIVE.sub(_native, text)
    text = NAME.sub(lambda match: f" {NAMED[match[0]]} ", text)
    return ENGLISH.sub(_english, text)


def _korean(amount: str) -> str:
    """`3만 5천` is 35000."""
    total, below = 0.0, 0.0
    for number, small, large in KOREAN_PART.findall(amount):
        below += float(number) * KOREAN_SCALE.get(small, 1)
        if large:
            total, below = total + below * KOREAN_SCALE[large], 0.0
    return _plain(total + below)


def _native(match: re.Match[str]) -> str:
    value = TENS.get(match[1], 0) + ONES.get(match[2], 0)
    return f"{value}" if value > 1 else match[0]


def _english(match: re.Match[str]) -> str:
    """`two hundred and forty thousand` is 240000; `five 20` stays as it is."""
    count, hundred, rest, scale = match.group("count", "hundred", "rest", "scale")
    if rest and not hundred:  # two numbers beside each other: nineteen ninety
        return " ".join(_plain(_small(word)) for word in (count, rest))
    value = _small(count) * (100 if hundred else 1) + (_small(rest) if rest else 0)
    value *= SCALE[scale.lower()] if scale else 1
    return match[0] if value == 1 or (match[0] == count and count[0].isdigit()) else _plain(value)


def _small(words: str) -> float:
    if words[0].isdigit():
        return float(words)
    return float(sum(VALUES[word] for word in re.split(r"[\s-]", words.lower())))


def _plain(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
