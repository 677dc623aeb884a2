"""A sentence that says what something is, turned into the question for it."""

from __future__ import annotations

import re

from ondol.evaluate.korean import ends_with_consonant, with_particle
from ondol.lang import detect_language

LONGEST, SHORTEST = 400, 20
"""Characters of a sentence that defines something."""

ENGLISH = re.compile(
    r"^(?:(?P<article>An?|The)\s+)?[\"“‘']?(?P<term>[A-Z\w][\w'’/&.-]*(?:\s[\w'’/&.-]+){0,5}?)[\"”’']?(?:\s*\([^)]{0,80}\))?,?"
    r"\s+(?:(?P<be>is|are|was|were)\s+(?=(?:an?|the|one of|any)\s)|(?P<means>means?|refers? to"
    r"|(?:is|are) defined as)\s)"
    r"(?P<rest>.+)$",
    re.DOTALL,
)
NO_TERM = frozenset(
    """it this that these those he she they there here we you i who which what one some many most all each both another
    such other no none if when while where in on at for by with as and but or although after before during since because
    so then however also among within under over his her its their our your my to from not only today now there's once
    every several few more next first second last""".split()
)
"""Words that no term begins with."""
NOT_INSIDE = frozenset("that which who whom whose is are was were has have had will would can if and or but".split())
PERSON = re.compile(
    r"\b(?:actor|actress|singer|politician|player|writer|author|poet|novelist|scientist|chemist|physicist|mathematician"
    r"|philosopher|painter|artist|composer|musician|engineer|inventor|king|queen|emperor|president|general|soldier"
    r"|director|footballer|economist|historian|lawyer|judge|journalist|explorer|architect|physician|theologian|activist"
    r"|businessman|businesswoman|entrepreneur|comedian|rapper|athlete|coach|monarch|prince|princess|saint|founder)\b"
)

TERM = r"[‘“\"'「『<《]?(?P<term>[^,.!?()‘’“”\"'「」『』<>《》:]{1,40}?)[’”\"'」』>》]?\s?(?:\([^)]{0,80}\))?"
SAYS = r"(?:말한다|뜻한다|의미한다|가리킨다|일컫는다|말합니다|뜻합니다|의미합니다|가리킵니다)"
MEANS = re.compile(rf"^{TERM}(?:이)?란\s(?P<rest>.+(?:{SAYS}|이다|입니다|것이다))\.?$", re.DOTALL)
IS = re.compile(
    rf"^{TERM}(?P<particle>은|는)\s(?P<rest>.+(?:{SAYS}|[가-힣](?:이다|입니다|이었다|였다)))\.?$", re.DOTALL
)
NO_KOREAN_TERM = re.compile(
    r"^(?:그|이|저|그녀|이것|그것|저것|이곳|그곳|여기|거기|나|우리|또한|또|현재|당시|오늘날|다음|이들|그들|전자|후자|이후|그러나|하지만"
    r"|따라서|즉|한편|특히|최초|마지막|대부분|일부|모두|아래|위|본|이때|그때|결국|반면|지금|실제로|원래|가장|제일|같은|다른|여러|각"
    r"|주된|주요|전체|팀의|학교의|도시의|나라의|회사의|아버지|어머니|아들|딸|아내|남편|형|동생)(?:$|\s)"
    r"|(?:것|점|수|때|중|경우|이유|때문|후|전|뒤|동안|데|바|줄|만큼|결과|사실|문제|목적|특징|하나|내용|에|에서|에게|으로|부터|까지)$"
)
"""Korean beginnings that point elsewhere, and endings that are no thing of their own."""
JOINED = re.compile(r"(?:에서|에게|에|으로|로|을|를|이|가|은|는|며|고|면|서|도|하여|해|한|된|던|할|인)$")
"""Endings of a word that belongs to a clause, not to a term."""
WHEN = re.compile(r"\d+(?:년|월|세기)|이후|이전|무렵|당시|직후|[가-힣]들$")
"""A time in what would be a term, and people in the plural."""
KOREAN_PERSON = re.compile(
    r"(?:정치인|정치가|배우|가수|선수|작가|감독|국왕|임금|황제|대통령|총리|학자|화가|군인|인물|사람|음악가|작곡가|시인|소설가|교수"
    r"|의사|장군|운동가|사업가|기업인|언론인|성우|희극인|문신|무신|승려|래퍼|군주|공주|왕자|왕비|황후|여왕|탐험가|혁명가|발명가"
    r"|건축가|법조인|변호사|지도자|선교사|[가-힣]대 왕)(?:이다|입니다|이었다|였다|이며|이자|으로|로|이고|이면서)"
)


def definition_question(sentence: str) -> tuple[str, str] | None:
    """(term, question) when `sentence` says what a term is; None for every other sentence."""
    sentence = " ".join(sentence.split()).lstrip("#*- ")
    if not SHORTEST <= len(sentence) <= LONGEST:
        return None
    return _korean(sentence) if detect_language(sentence) == "ko" else _english(sentence)


def _english(sentence: str) -> tuple[str, str] | None:
    found = ENGLISH.match(sentence)
    if not found:
        return None
    term, article, rest = found["term"], found["article"] or "", found["rest"]
    words = term.lower().split()
    if words[0] in NO_TERM or NOT_INSIDE & set(words) or term.replace(" ", "").isdigit() or len(term) < 3:
        return None
    if not article and not term[0].isupper():
        return None
    asked = f"{article.lower()} {term}".strip()
    if found["means"]:
        plural = found["means"].startswith(("mean ", "refer ", "are")) or found["means"] in ("mean", "refer")
        return term, f"What {'do' if plural else 'does'} {asked} mean?"
    person = found["be"] in ("is", "was") and PERSON.search(" ".join(rest.split()[:14]))
    return term, f"{'Who' if person else 'What'} {found['be']} {asked}?"


def _korean(sentence: str) -> tuple[str, str] | None:
    means = MEANS.match(sentence)
    found = means or IS.match(sentence)
    if not found:
        return None
    term = found["term"].strip()
    words = term.split()
    if not 1 <= len(words) <= 4 or len(term) < 2 or NO_KOREAN_TERM.search(term) or not any(map(str.isalpha, term)):
        return None
    if any(JOINED.search(word) for word in words[:-1]) or WHEN.search(term):
        return None
    if means:
        return term, f"{with_particle(term, '이란', '란')} 무엇인가요?"
    if "가" <= term[-1] <= "힣" and ends_with_consonant(term) != (found["particle"] == "은"):
        return None  # the particle does not fit, so it is a part of a word
    person = KOREAN_PERSON.search(found["rest"])
    return term, f"{with_particle(term, '은', '는')} {'누구' if person else '무엇'}인가요?"
