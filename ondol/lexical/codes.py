"""Names that must be found exactly: e-mail and web addresses, articles of a law, part numbers, dates, versions."""

from __future__ import annotations

import re

EMAIL = r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
URL = r"(?:https?://|www\.)[^\s<>\"'”’)\]]+"
PLATE = r"(?<!\d)\d{2,3}[가-힣]\s?\d{4}(?!\d)"
SPACED = re.compile(r"(?<![a-z0-9])([a-z]{2,5}) (\d[\w:.-]*\d)(?![a-z0-9])", re.ASCII)
"""`ISO 9001:2015`, `RFC 2119`: one name written as two words."""
NO_NAME = frozenset("a an and as at by for from in is of on or page pp the to was with".split())
JOINED = r"(?<![a-z0-9_@])[a-z0-9]+(?:[-/._:#+][a-z0-9]+)*(?![a-z0-9_@])"
CODE = re.compile(f"({EMAIL})|({URL})|({PLATE})|({JOINED})")
ARTICLE = re.compile(
    r"(제\s*)?(?<!\d)(\d+)\s*조(?:\s*의\s*(\d+))?(?![가-힣]*원)(?:\s*(?:제\s*)?(\d+)\s*항)?(?:\s*(?:제\s*)?(\d+)\s*호)?"
)
SECTION = re.compile(r"(?<!\w)(article|art\.|section|sec\.|chapter|clause|§)\s*(\d+(?:\.\d+)*[a-z]?)\b")
SECTION_NAMES = {"art.": "article", "sec.": "section", "§": "section"}
DIGIT = re.compile(r"\d")
SEPARATOR = re.compile(r"[-/._:#+\s]")
VERSION = re.compile(r"^v(?=\d+\.)")
SHORTEST = 5
"""Characters of a name that is also kept without its separators: `AB-1234` and `AB1234` are the same part."""


def find_codes(text: str, *, question: bool = False) -> list[str]:
    """Every such name in `text` (in lower case), as it stands and without separators, in order.

    Args:
        question: also take `56조` for an article; in a text, `10조` without `제` is more often a sum of money.
    """
    found: list[str] = []
    for match in CODE.finditer(text):
        name = match[0].rstrip(".,:;/")
        if _is_code(name, match):
            found += _forms(name)
    found += [name + number for name, number in SPACED.findall(text) if name not in NO_NAME]
    found += _articles(text, question=question)
    for match in SECTION.finditer(text):
        found.append(SECTION_NAMES.get(match[1], match[1]) + match[2])
    return found


def _is_code(name: str, match: re.Match[str]) -> bool:
    """E-mail, address and plate always; others need a digit, and a letter or two separators beside it."""
    if match[1] or match[2] or match[3]:
        return True
    if not DIGIT.search(name):
        return False
    return any(char.isalpha() for char in name) or len(SEPARATOR.findall(name)) > 1


def _forms(name: str) -> list[str]:
    """Also without separators, and a version without its `v`."""
    whole = VERSION.sub("", name.replace(" ", ""))
    bare = SEPARATOR.sub("", whole)
    return [whole, bare] if bare != whole and len(bare) >= SHORTEST else [whole]


def _articles(text: str, *, question: bool) -> list[str]:
    """`제56조의2 제1항` → `제56조의2`, `제56조의2제1항`."""
    found = []
    for sign, number, branch, paragraph, item in ARTICLE.findall(text):
        if not sign and not question:
            continue
        name = f"제{number}조" + (f"의{branch}" if branch else "")
        found.append(name)
        if paragraph:
            name += f"제{paragraph}항"
            found.append(name)
        if item:
            found.append(f"{name}제{item}호")
    return found
