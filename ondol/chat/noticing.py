"""What a person says about themselves: told to be remembered, or in a form that a rule knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ondol.lang import nfc

LONGEST = 600
"""Characters of a message that rules read; a longer one is more likely somebody else's text."""
MOST = 5000
"""Characters of a message in which anything is looked for."""
FACT_CHARACTERS = 200
PLEASE = "(?: ?(?:줘|줘요|주세요|주십시오|둬|두세요|두십시오))"
NAME = r"(?P<value>[^\s,.;:!?\"“”]+(?: [^\s,.;:!?\"“”]+){0,3})"
REST = r"(?P<value>.+)"
ABOUT = (
    "name|nickname|birthday|age|job|hometown|address|email|email address|phone number|company|team|hobby|major|"
    "favou?rite [a-z]+|(?:wife|husband|partner|son|daughter|mother|father|brother|sister|dog|cat)(?:'s|’s) name"
)
TOLD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:remember|keep in mind|don['’]?t forget)"
        rf"(?: that |: ?|, | this: ?| (?=my |i |i['’]m |we |our )){REST}",
        rf"(?:꼭 |이것만? |이거 |이건 )*기억해{PLEASE}?(?:요)?(?:[:,–-] ?| ){REST}",
    )
)
"""“Remember that …”, “기억해 줘: …” """
ASKED = re.compile(
    r"(?P<value>.+?)"
    r"(?:(?P<joined>는 ?(?:것을|것|걸|거|점을|사실을)|니까|는데|ㄴ데|인데|고|라고|다고|을|를|,)\s*"
    r"|(?<=[다야요어아해])\s+)"
    rf"(?:꼭 |잘 )*기억해(?:{PLEASE}|라)?(?:요)?"
)
"""“… 걸 기억해 줘” """
KEPT = {"니까": "니까", "는데": "는데", "ㄴ데": "ㄴ데", "인데": "인데", "다고": "다"}
"""What of the joint belongs to the fact."""
ENDED = re.compile(
    r"(?:이거 |이것을? |이걸 |꼭 |잘 )*기억해(?: ?(?:줘|줘요|주세요|주십시오|둬|두세요|두십시오))(?:요)?"
)
"""“기억해 줘” alone: it means the sentence before it."""
RULES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"my (?:{ABOUT}) is {REST}",
        rf"(?:i am|i['’]m) called {NAME}",
        rf"call me {NAME}",
        rf"i (?:live|work|study|was born) (?:in|at|for|near|as) {REST}",
        rf"(?:i am|i['’]m) from {REST}",
        rf"(?:i am|i['’]m) allergic to {REST}",
        r"(?:내|제|나의|저의|우리) ?"
        r"(?:이름|성함|별명|생일|나이|직업|고향|주소|이메일|전화번호|회사|부서|팀|취미|전공|학교|"
        r"(?:아내|남편|아들|딸|어머니|아버지|형|누나|동생|강아지|고양이) 이름|가장 좋아하는 [가-힣]+)(?:은|는|이|가) "
        r"(?P<value>.+?)(?:이야|야|이에요|예요|이예요|에요|입니다|이다|임|(?:이라고|라고) (?:해|해요|합니다))",
        r"(?:저는|나는|전|난) (?P<value>[가-힣A-Za-z0-9 ]{1,40}?)(?:에서|에) "
        r"(?:살아|살아요|산다|삽니다|(?:살|일하|근무하)고 있(?:어|어요|습니다)|일해|일해요|일합니다|"
        r"근무해|근무해요|근무합니다|다녀|다녀요|다닙니다|태어났(?:어|어요|습니다))",
        r"(?:저는|나는|전|난) (?P<value>[가-힣A-Za-z]{1,20}?)(?:이라고|라고) "
        r"(?:해|해요|합니다|불러 ?줘|불러 ?주세요)",
        r"(?:저는|나는|전|난) (?P<value>[가-힣A-Za-z ]{1,30}?) ?알레르기가 (?:있어|있어요|있습니다|있다)",
    )
)
OPENING = re.compile(
    r"(?:(?:hi|hello|hey|well|so|and|but|also|ok|okay|please|by the way|"
    r"안녕하세요|안녕|그리고|또|참|아|근데|그런데)[,!.]?\s+)+",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[^.!?。？！\n]+(?:\.(?=\w)[^.!?。？！\n]*)*([.!?。？！]*)")
QUOTED = re.compile(r"```.*?(?:```|\Z)|`[^`]*`|\"[^\"]*\"|“[^”]*”|「[^」]*」|^>.*?$", re.DOTALL | re.MULTILINE)
DOUBTFUL = re.compile(
    r"\b(?:if|suppose|imagine|pretend|translate|say)\b|만약|만일|라고 치|번역|다고 (?:가정|하자)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """One fact in the person's own words."""

    text: str
    said: str
    """The sentence as it stands in the message, without the mark at its end."""
    value: str
    """What of it identifies: the name, the place; for what was told to be remembered the same as `text`."""
    told: bool
    """The person asked to remember it."""


def notice(message: str) -> list[Noticed]:
    """Facts of a message, in order: questions, conditions and what stands in quotes tell nothing."""
    found: dict[str, Noticed] = {}
    before = ""
    if len(message) > MOST:
        return []
    for sentence, mark in _sentences(nfc(message)):
        if "?" not in mark and "？" not in mark:
            told = _told(sentence, before)
            fact = told or (_ruled(sentence) if len(message) <= LONGEST else None)
            if fact and fact.value and len(fact.text) <= FACT_CHARACTERS:
                found.setdefault(fact.text, fact)
        before = sentence
    return list(found.values())


def _sentences(message: str) -> Iterator[tuple[str, str]]:
    plain = QUOTED.sub(lambda found: "\n" * found[0].count("\n") or "\x00", message)
    for found in SENTENCE.finditer(plain):
        text = found[0][: len(found[0]) - len(found[1])].strip()
        if text and "\x00" not in text:
            yield text, found[1]


def _told(sentence: str, before: str) -> Noticed | None:
    if ENDED.fullmatch(sentence):
        return Noticed(text=before, said=before, value=before, told=True) if before else None
    core = OPENING.sub("", sentence, count=1) if OPENING.match(sentence) else sentence
    for pattern in TOLD:
        found = pattern.fullmatch(core)
        if found:
            return _fact(found["value"], sentence, told=True)
    found = ASKED.fullmatch(core)
    return _fact(found["value"] + KEPT.get(found["joined"] or "", ""), sentence, told=True) if found else None


def _ruled(sentence: str) -> Noticed | None:
    if DOUBTFUL.search(sentence):
        return None
    core = OPENING.sub("", sentence, count=1) if OPENING.match(sentence) else sentence
    found = next(filter(None, (rule.fullmatch(core) for rule in RULES)), None)
    return _fact(core, sentence, told=False, value=found["value"]) if found else None


def _fact(text: str, said: str, *, told: bool, value: str = "") -> Noticed:
    text = text.strip(" ,:–-")
    return Noticed(text=text, said=said, value=(value or text).strip(), told=told)
