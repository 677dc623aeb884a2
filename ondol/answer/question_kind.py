"""What a question asks for, and where in a sentence such a thing stands: numbers and times, in both languages."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["number", "time", "other"]

ASKS_TIME = re.compile(
    r"\bwhen\b|\bwhat (?:year|date|day|month|time|century)|\bwhich (?:year|day|month)|\bby when"
    r"|언제|몇\s?(?:년도?(?:에|부터|까지|인가|이|$)|월|일(?:에|부터|까지)|시(?!간))|연도|날짜|생일|무슨 요일",
    re.IGNORECASE,
)
ASKS_NUMBER = re.compile(
    r"\bhow (?:many|much|long|old|far|tall|big|large|high|deep|wide|often|fast|heavy)\b"
    r"|\bwhat (?:is|was|are) the (?:\w+ )?(?:population|price|height|length|area|size|age|cost|fee)"
    r"|\bwhat (?:is|was|are) the (?:\w+ )?(?:number|distance|temperature)"
    r"|몇|며칠|얼마|인구|길이|높이|크기|면적|나이|넓이|무게|가격|요금|온도|깊이|거리|비율",
    re.IGNORECASE,
)

MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
TIME = re.compile(
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s)?{MONTH}(?:\s\d{{1,2}}(?!\d)(?:st|nd|rd|th)?,?)?(?:\s\d{{4}})?"
    r"|(?:1\d{3}|20\d\d)s?(?:\s?[–-]\s?(?:1\d{3}|20\d\d|\d\d))?(?![\d.,]\d|년)"
    r"|\d{1,2}(?:st|nd|rd|th)\scentury|\d{1,2}:\d{2}(?:\s?[ap]\.?m\.?)?|\d{1,2}\s?[ap]\.?m\.?"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
    r"|(?:기원전\s)?\d{1,4}년(?:대|\s?\d{1,2}월(?:\s?\d{1,2}일)?)?|\d{1,2}월(?:\s?\d{1,2}일)?|\d{1,2}세기"
    r"|(?:오전|오후|새벽|밤|저녁|아침)?\s?\d{1,2}시(?!간)(?:\s?\d{1,2}분|\s?반)?|[월화수목금토일]요일"
)
WORD_NUMBER = (
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    "|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand)"
)
UNIT = (
    r"(?:square\s|cubic\s)?(?:%|percent|°\s?[CF]|(?:kilo|centi|milli)?(?:met(?:er|re)|gram|lit(?:er|re))s?|miles?|feet|foot|inch(?:es)?"
    r"|ft|km²?|[cm]?m²?|kg|g|lb|pounds?|tons?|tonnes?|acres?|hectares?|years?|months?|weeks?|days?|hours?|minutes?|seconds?"
    r"|dollars?|euros?|won|degrees?|times?|[kKMGT]B)\b"
)
NUMBER = re.compile(
    rf"(?:(?:[$€£₩]\s?)?\d+(?:[.,]\d+)*|\b{WORD_NUMBER}(?:[\s-]{WORD_NUMBER})*\b)(?:\s?[–-]\s?\d+(?:[.,]\d+)*)?"
    rf"(?:\s(?:hundred|thousand|million|billion|trillion)\b)?(?:[\s-]?{UNIT})?",
    re.IGNORECASE,
)
KOREAN_NUMBER = re.compile(
    r"\d+분의\s?\d+|이틀|사흘|나흘|닷새|엿새|이레|여드레|아흐레|열흘|보름(?!달)"
    r"|(?:\d[\d,.]*(?:\s?[만억조천백])*(?:\s\d[\d,.]*[만억조천백]+)*"
    r"|(?<![가-힣])(?!한도)(?:(?:열|스물|서른|마흔|쉰)?(?:한|두|세|네|석|넉|다섯|여섯|일곱|여덟|아홉)|열|스무|서른|마흔|쉰))"
    r"\s?(?:명|개월|개|달|년|원|달러|센티미터|미터|킬로미터|킬로그램|그램|리터|세|살|일|시간|분|초|번|권|대|층|배|회|위|호|인분"
    r"|주|퍼센트|%|℃|도|가지|종|곳|장|잔|병|쪽|평|그루|마리|km²?|m²?|cm|mm|kg|g|제곱킬로미터|제곱미터)"
    r"|\d[\d,.]*\d|\d"
)


def question_kind(question: str) -> Kind:
    if ASKS_TIME.search(question):
        return "time"
    return "number" if ASKS_NUMBER.search(question) else "other"


def spans_of_kind(kind: Kind, sentence: str) -> list[tuple[int, int]]:
    """Start and end of everything of that kind in `sentence`, in order; nothing for `other`."""
    if kind == "other":
        return []
    patterns = {"time": [TIME], "number": [KOREAN_NUMBER, NUMBER] if is_korean(sentence) else [NUMBER]}
    return next((spans for p in patterns[kind] if (spans := [m.span() for m in p.finditer(sentence)])), [])


def fits(kind: Kind, sentence: str) -> float:
    """1 when `sentence` holds something of that kind, 0 when not, 0.5 when the kind tells nothing."""
    return 0.5 if kind == "other" else float(bool(spans_of_kind(kind, sentence)))


def is_korean(text: str) -> bool:
    return bool(re.search("[가-힣]", text))
