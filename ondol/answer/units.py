"""The unit that a question names, and whether a number is in it, also where the other language writes the number."""

from __future__ import annotations

import re

from ondol.answer.question_kind import MONTH, UNIT, WORD_NUMBER

KOREAN_ASKS = re.compile(
    r"몇\s?(명|년|월|일|시간|시|분|개월|달|개|원|세|살|번|권|대|층|배|회|종|곳|장|잔|주|퍼센트|킬로|미터)|며칠"
)
ENGLISH_ASKS = re.compile(
    r"\bhow (?:many|much) (weeks?|days?|hours?|minutes?|seconds?|months?|years?|percent|people|persons|won|times|met)"
    r"|\bwhat (percent)",
    re.IGNORECASE,
)
BARE = re.compile(rf"[\d.,]+|{WORD_NUMBER}(?:[\s-]{WORD_NUMBER})*", re.IGNORECASE)
IN_ENGLISH = {
    "년": r"\d{4}|years?", "월": MONTH, "개월": "months?", "달": "months?", "주": "weeks?", "일": f"days?|{MONTH}",
    "시간": "hours?|minutes?", "시": r"\d:\d\d|[ap]\.?m", "분": "minutes?", "원": "won|₩",
    "세": "years?", "살": "years?", "퍼센트": "%|percent", "킬로": "kilo|km|kg",
    "미터": r"met|\dm\b|\sm\b|feet|foot|ft|miles?", "번": "times", "회": "times",
}  # fmt: skip
"""Of the others (`몇 명`, `몇 권`) English has a noun that stands apart: numbers without a unit of measure."""
DAYS = "이틀|사흘|나흘|닷새|엿새|이레|여드레|아흐레|열흘|보름"
IN_KOREAN = {
    "week": "주", "day": f"일|{DAYS}", "hour": "시간", "minute": "분", "second": "초", "month": "개월|달",
    "year": "년|해", "percent": "퍼센트|%", "people": "명|사람", "persons": "명|사람", "won": "원",
    "times": "번|회|차례", "met": "미터|m",
}  # fmt: skip


def in_unit(question: str, span: str, *, korean: bool) -> bool:
    """Whether the number `span` of a sentence, Korean or not, may be in the unit that `question` names, if any."""
    named = names_unit(question, span, korean=korean)
    return named is not False or bool(BARE.fullmatch(span))  # the noun that is counted may stand elsewhere


def names_unit(question: str, span: str, *, korean: bool) -> bool | None:
    """Whether `span` itself has that unit; None when the question names none that can be looked for."""
    if asked := KOREAN_ASKS.search(question):
        unit = asked[1] or "일"  # 며칠 is 몇 일
        if not korean:
            wanted = IN_ENGLISH.get(unit)
            return bool(re.search(wanted, span, re.IGNORECASE)) if wanted else not re.search(UNIT, span)
        words = f"|{DAYS}" if unit == "일" else ""
        return bool(re.search(rf"{unit}|{unit[0]}(?![가-힣]){words}", span))
    if korean and (asked := ENGLISH_ASKS.search(question)):
        name = (asked[1] or asked[2]).lower()
        return bool(re.search(IN_KOREAN.get(name, IN_KOREAN.get(name.rstrip("s"), "")), span))
    return None
