"""A heading, turned into the question that its section answers."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ondol.evaluate.korean import with_particle
from ondol.lang import detect_language

NUMBERING = re.compile(
    r"^(?:#+\s*|제\s?\d+\s?[편장절관](?:의\s?\d+)?\s+|(?:chapter|section|part|appendix|article)\s+[\divxlc]+\s*[.:—–-]?\s*"
    r"|\(?(?:\d{1,3}|[ivx]{1,4}|[a-z]|[가나다라마바사아자차카타파하])[.)]\s*|\d{1,2}(?:\.\d{1,2})+\.?\s*|[①-⑳■□○●◎▶▷※•-]\s*)+",
    re.IGNORECASE,
)
ARTICLE = re.compile(r"^제\s?\d+\s?조(?:의\s?\d+)?\s*\((?P<title>[^)]+)\)")
GENERIC = frozenset(
    """introduction overview summary conclusion conclusions abstract background discussion results methods references
    contents appendix notes about purpose definitions definition general scope preface index experiment experiments
    개요 서론 결론 요약 머리말 목차 부록 참고 참고문헌 목적 정의 총칙 부칙 소개 일반 기타 배경 본문 서문
    적용범위""".split()
)
"""Headings that say nothing without the title of their document."""
WH = re.compile(r"(?:how|what|why|when|where|who|which|whether)\b", re.IGNORECASE)
LEANING = re.compile(r"\b(?:it|its|they|them|their|this|these|that|we|our|you|your)\b", re.IGNORECASE)
ASKS = re.compile(r"(?:무엇|무슨|뭐|어떻게|어떤|어디|언제|누가|누구|왜|얼마|몇)|(?:나요|까요|을까|일까|는가|인가|나)$")
NAMED = re.compile(
    r"(?:방법|이유|기준|조건|차이|차이점|종류|원인|특징|장점|단점|역할|의미|뜻|목표|절차|요건|대상|범위|시간|장소)$"
)
LONGEST, SHORTEST = 60, 2
"""Characters of a heading that is asked about."""
LONE = 2
"""Words; a heading of so few rarely says what it is about without its document's title."""


@dataclass(frozen=True, slots=True)
class Around:
    """The document that a heading stands in."""

    title: str
    """Empty when there is none, or when other documents have it too."""
    text: str
    record: bool = False
    """One entry of many, which its title names as a lexicon does."""


def heading_question(heading: str, around: Around) -> str:
    """The question, in the heading's language; empty when the heading cannot be asked about.

    Args:
        heading: without the headings above it; the title itself for what stands under no other one.
    """
    article = ARTICLE.match(heading.strip())
    bare, title = (_clean(text) for text in (article["title"] if article else heading, around.title))
    if not _can_be_asked(bare):
        return ""
    if bare.endswith(("?", "？")):
        return bare
    title = title if _can_be_asked(title) else ""
    korean = detect_language(bare) == "ko"
    if bare == title:
        return _about_title(title, korean=korean, record=around.record)
    if title and title in bare:
        title = ""
    return _korean(bare, title, article=bool(article)) if korean else _english(bare, title, around.text)


def _clean(text: str) -> str:
    """Without numbering, invisible characters and marks at the ends."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(NUMBERING.sub("", seen.strip()).split()).strip(" .:：;-–—")


def _can_be_asked(bare: str) -> bool:
    """Not a number, a code, a file's name or a deleted article."""
    letters = sum(map(str.isalpha, bare))
    fits = SHORTEST <= len(bare) <= LONGEST and letters >= 0.7 * len(bare.replace(" ", ""))
    return fits and "_" not in bare and "삭제" not in bare


def _about_title(title: str, *, korean: bool, record: bool) -> str:
    if record:
        return f"{title}에 대해 설명해 주시겠어요?" if korean else f"What should I know about {title}?"
    return f"“{title}”에는 어떤 내용이 있나요?" if korean else f"What is “{title}” about?"


def _korean(bare: str, title: str, *, article: bool) -> str:
    lone = bare.replace(" ", "") in GENERIC or (len(bare.split()) <= LONE + 1 and not article)
    asks = ASKS.search(bare) is not None
    if (lone or asks) and not title:
        return ""
    where = f"“{title}”에서 " if lone or asks else ""
    if asks:
        return f"{where}{bare}?"
    if article:
        return f"{where}{bare}에 대해 어떻게 정하고 있나요?"
    if NAMED.search(bare):
        return f"{where}{with_particle(bare, '은', '는')} 무엇인가요?"
    return f"{where}{bare}에 대해 설명해 주시겠어요?"


def _english(bare: str, title: str, text: str) -> str:
    first, _, rest = bare.partition(" ")
    capitals = [word for word in rest.split() if word[:1].isupper()]
    name = re.search(rf"[a-z,;] {re.escape(first)}\b", text) is not None  # with a capital within a sentence
    if first[1:].islower() and not name and not capitals:  # not NASA, not iPhone, not Title Case
        bare = f"{first.lower()} {rest}".strip()
    wh = WH.match(bare)
    if not wh and LEANING.search(bare):
        return ""
    if wh or bare.casefold() in GENERIC or len(bare.split()) <= LONE:
        return f"What does “{title}” say about {bare}?" if title else ""
    return f"What should I know about {bare}?"
