"""Sums as people and models write them, in the spelling of an evaluator: digits, operators, six functions."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from ondol.answer.amounts import KOREAN_AMOUNT, KOREAN_PART, KOREAN_SCALE
from ondol.errors import UnusableInput

LONGEST = 300
FUNCTIONS = ("round", "min", "max", "sum", "abs", "sqrt")
KNOWN = "numbers, + - * / // % ** ( ) and " + ", ".join(FUNCTIONS)
SIGNS = str.maketrans({
    "×": "*", "✕": "*", "∙": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "²": "^2", "³": "^3",
    "[": "(", "]": ")",
})  # fmt: skip
NUMBER = r"\d+(?:\.\d+)?"
MONEY = re.compile(
    r"[₩$€£¥]|(?<=[\d)조억만천백])\s*(?:원|달러|유로|엔|(?:won|krw|usd|dollars?|eur|euros?|yen|jpy)(?![a-z]))"
)
CURRENCY = {"원": "₩", "won": "₩", "krw": "₩", "달러": "$", "usd": "$", "dollar": "$", "dollars": "$", "유로": "€",
            "eur": "€", "euro": "€", "euros": "€", "엔": "¥", "yen": "¥", "jpy": "¥"}  # fmt: skip
THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
PERCENT = re.compile(rf"({NUMBER}|\))\s*(?:%|퍼센트|percent\b)(?!\s*[\d(a-z.])")
TOKEN = re.compile(
    rf"\s*(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{{1,3}})?(?![\w.])|\*\*|//|[-+*/%(),]|(?:{'|'.join(FUNCTIONS)})(?=\s*\())"
)


def read_expression(text: str) -> str:
    """`3만 5천원 × 1,200` becomes `35000 * 1200`, `200의 15%` becomes `200 * (15/100)`; nothing unknown is left.

    Raises:
        UnusableInput: it is too long, ambiguous, or holds what is no sum; the message says what to write.
    """
    if len(text) > LONGEST:
        raise UnusableInput("The expression is longer than {limit} characters.", limit=LONGEST)
    text = _plain(text)
    if _has_thousands_in_call(text):
        raise UnusableInput(
            "Inside {functions} a comma separates numbers: put a space behind it, and write 1200, not 1,200.",
            functions=", ".join(FUNCTIONS[:4]),
        )
    text = THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = KOREAN_AMOUNT.sub(_korean, _without_money(text))
    text = re.sub(r"\bof\b|(?<=[\d%)])\s*의(?=\s)", " * ", text)
    text = PERCENT.sub(lambda match: ")/100" if match[1] == ")" else f"({match[1]}/100)", text)
    text = re.sub(r"(?<=[\d)])(?<!\b0)\s*x\s*(?=[\d(])", " * ", text)
    text = re.sub(r"(?<=[\d)])\s*\(|(?<=\))\s*(?=\d)", lambda match: f" * {match[0].strip()}", text)
    text = re.sub(r"(?<![\w.])0+(?=\d)", "", " ".join(text.split()))
    _refuse_unknown(text)
    return text


def _plain(text: str) -> str:
    text = text.translate(SIGNS)
    for char in text:  # ½ and ⁵ would fall apart into digits
        if unicodedata.decomposition(char).startswith(("<fraction>", "<super>", "<sub>")):
            raise _unknown(char)
    text = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    text = re.sub(r"\s*=\s*\??$|^=\s*", "", text)
    text = re.sub(rf"√\s*({NUMBER})", r"sqrt(\1)", text).replace("√", "sqrt")
    return text.replace("^", "**")


def _has_thousands_in_call(text: str) -> bool:
    depths: list[bool] = []
    for match in re.finditer(rf"({'|'.join(FUNCTIONS)})?\s*\(|\)|{THOUSANDS.pattern}", text):
        if match[0].endswith("("):
            depths.append(bool(match[1]) or any(depths))
        elif match[0] == ")":
            depths = depths[:-1]
        elif any(depths):
            return True
    return False


def _without_money(text: str) -> str:
    kinds = {CURRENCY.get(found.strip(), found.strip()) for found in MONEY.findall(text)}
    if len(kinds) > 1:
        raise UnusableInput("The expression mixes {kinds}: convert them first.", kinds=", ".join(sorted(kinds)))
    return MONEY.sub(" ", text)


def _korean(match: re.Match[str]) -> str:
    """`3만 5천` is 35000."""
    total = below = Decimal(0)
    for number, small, large in KOREAN_PART.findall(match[0]):
        below += Decimal(number) * KOREAN_SCALE.get(small, 1)
        if large:
            total, below = total + below * KOREAN_SCALE[large], Decimal(0)
    value = total + below
    return f"{value:f} " if value % 1 else f"{value:.0f} "


def _refuse_unknown(text: str) -> None:
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if not match:
            raise _unknown(re.split(r"[\s()+*/,-]", text[place:].strip())[0] or text[place:].strip())
        place = match.end()
    if not text:
        raise UnusableInput("The expression is empty. Write {known}.", known=KNOWN)


def _unknown(piece: str) -> UnusableInput:
    return UnusableInput("'{piece}' is not known here. Write only {known}.", piece=piece[:40], known=KNOWN)
