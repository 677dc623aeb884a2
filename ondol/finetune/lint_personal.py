"""Hints of personal data, which a model may repeat to anybody; they are shown masked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from ondol.finetune.examples import Example
from ondol.finetune.lint_finding import Finding, make_finding
from ondol.lang import translate

EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}")
MOBILE = re.compile(
    r"(?<![\d.+-])(?:01[016789][-. ]?\d{3,4}[-. ]?\d{4}|\+82[-. ]?\(?0?\)?1[016789][-. ]?\d{3,4}[-. ]?\d{4}"
    r"|\+\d{1,3}[-. ]\d{1,4}[-. ]\d{3,4}[-. ]\d{3,4}|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4}"
    r"|0\d{1,2}[-)]\d{3,4}-\d{4})(?![\d-])"
)
RESIDENT = re.compile(r"(?<![\d-])\d{6}[- ]?[1-8]\d{6}(?![\d-])")
CARD = re.compile(
    r"(?<![\d.-])(?:[3-6]\d{3}(?:[- ]?\d{4}){2}[- ]?\d{1,7}|3[47]\d{2}[- ]?\d{6}[- ]?\d{5})(?![\d-]|\.\d)"
)
ADDRESS = re.compile(
    r"(?<![\w.:-])(?:\d{1,3}\.){3}\d{1,3}(?![A-Za-z_\d-]|\.\d)"
    r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,5}(?![\w:])"
)
EXAMPLES = re.compile(r"@(?:[\w-]+\.)*(?:example|test|invalid|localhost)(?:\.|$)", re.IGNORECASE)
WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
NEW_NUMBERS = date(2020, 10, 1)
"""Resident registration numbers given since then have no check digit."""


def find_personal(examples: Sequence[Example]) -> Iterator[Finding]:
    """One finding a kind of data; what was told as one kind is not told as another."""
    found: dict[str, list[tuple[Example, str]]] = {}
    for example in examples:
        text = "\n".join((*(turn["content"] for turn in example.turns), example.text))
        if not re.search(r"@|\d{3}|\d\.\d|[0-9a-fA-F]:[0-9a-fA-F]", text):
            continue
        for kind, masked in masked_in(text):
            found.setdefault(kind, []).append((example, masked))
    for kind, rows in found.items():
        count = len({id(example) for example, _ in rows})
        yield make_finding(
            "personal_data", "warning", "{count} examples hold what looks like {what}, such as {masked}.",
            "Delete it, or write something invented in its place: a model can repeat what it has learnt to anybody.",
            (example.where for example, _ in rows), count=count, what=translate(kind), masked=rows[0][1],
        )  # fmt: skip


def masked_in(text: str) -> Iterator[tuple[str, str]]:
    """Kind and masked form of everything in `text` that looks personal."""
    for kind, pattern, holds, mask in KINDS:
        found = [match.group() for match in pattern.finditer(text) if holds(match.group())]
        for personal in found:
            yield kind, mask(personal)
            text = text.replace(personal, " ")


def is_resident_number(text: str) -> bool:
    """A Korean resident registration number: a date that exists, and its check digit.

    Source: 주민등록법 시행규칙; 11 minus the weighted sum modulo 11, modulo 10.
    """
    digits = [int(char) for char in text if char.isdigit()]
    century = 1900 if digits[6] in (1, 2, 5, 6) else 2000
    try:
        born = date(century + digits[0] * 10 + digits[1], digits[2] * 10 + digits[3], digits[4] * 10 + digits[5])
    except ValueError:
        return False
    total = sum(weight * digit for weight, digit in zip(WEIGHTS, digits, strict=False))
    return born <= date.today() and (born >= NEW_NUMBERS or (11 - total % 11) % 10 == digits[12])


def is_card_number(text: str) -> bool:
    """By the formula of Luhn, ISO/IEC 7812."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


def is_public_address(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:
        return False


def _mask_digits(text: str, kept: int = 2) -> str:
    """All digits but the first three and the last `kept`."""
    digits = sum(map(str.isdigit, text))
    shown, place = "", 0
    for char in text:
        if char.isdigit():
            shown += char if place < 3 or place >= digits - kept else "*"
            place += 1
        else:
            shown += char
    return shown


def _mask_email(text: str) -> str:
    name, _, domain = text.partition("@")
    return f"{name[0]}***@{domain[0]}***.{domain.rpartition('.')[2]}"


def _mask_address(text: str) -> str:
    mark = "." if "." in text else ":"
    return f"{mark.join(text.split(mark)[:2])}{mark}*{mark}*"


KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool], Callable[[str], str]], ...] = (
    ("an e-mail address", EMAIL, lambda text: not EXAMPLES.search(text), _mask_email),
    ("a resident registration number", RESIDENT, is_resident_number, lambda text: _mask_digits(text, 0)),
    ("a card number", CARD, is_card_number, _mask_digits),
    ("a telephone number", MOBILE, lambda _: True, _mask_digits),
    ("an IP address", ADDRESS, is_public_address, _mask_address),
)
