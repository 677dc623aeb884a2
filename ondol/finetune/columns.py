"""Which column is the question and which the answer, told by their names in English and Korean."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ondol.errors import UsageError
from ondol.lang import detect_language, nfc
from ondol.registry import nearest

ROLES = ("question", "input", "answer", "system", "messages", "text")
NAMES = {
    "question": "question query q instruction prompt user human ask task 질문 물음 문의 지시 지시문 프롬프트 명령 "
    "명령어 요청",
    "input": "input context passage 입력 문맥 지문",
    "answer": "answer answers a response output completion reply assistant gpt bot target chosen solution 답변 답 응답 "
    "정답 대답 출력 완성 해답",
    "system": "system systemprompt 시스템 시스템프롬프트",
    "messages": "messages message conversations conversation dialog dialogue chat 대화 메시지 대화문",
    "text": "text content document body 텍스트 글 본문 내용 문서",
}
SUBJECT = re.compile(r".*(이름|명|제목|용어|단어|표제어|title|name|term|word|topic|주제)")
EXPLAINED = re.compile(r".*(설명|정의|뜻|의미|내용|풀이|description|definition|meaning|explanation|summary|요약)")
ASKED = {"ko": "{{{column}}}에 대해 설명해 주세요.", "en": "Explain this: {{{column}}}"}
"""What is asked of a name that has a description."""
SPEAKERS = {
    **dict.fromkeys(("user", "human", "prompter", "question", "사용자", "질문자", "고객"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "chatgpt", "answer", "상담원", "챗봇", "답변자"), "assistant"),
    **dict.fromkeys(("system", "시스템"), "system"),
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Role → a template over columns, `{질문}`; which is a conversation, a plain text, or question and answer."""

    templates: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> set[str]:
        return {name for template in self.templates.values() for name in columns_of(template)}

    def told(self) -> str:
        """`question = {질문} · answer = {답변}`."""
        return " · ".join(f"{role} = {template}" for role, template in self.templates.items())


def columns_of(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def map_columns(columns: Sequence[str], given: Mapping[str, str], *, source: str) -> ColumnMap:
    """Roles for the columns of a file; what was given wins.

    Args:
        given: role → a column's name, or a template over columns such as `What is {term}?`.

    Raises:
        UsageError: a role or column that is not there, or columns that cannot be told apart; the known ones are named.
    """
    templates = {role: _template(role, value, columns, source) for role, value in given.items()}
    named = _by_name(columns)
    if not templates.keys() & {"messages", "text", "answer", "question"}:
        templates = {**named, **templates}
    elif "answer" in templates or "question" in templates:
        templates = {
            role: named[role] for role in ("question", "input", "answer", "system") if role in named
        } | templates
    for whole in ("messages", "text"):
        if whole in templates and not (whole == "text" and "answer" in templates and "question" in templates):
            return ColumnMap({whole: templates[whole]})
    templates.pop("text", None)
    if "question" not in templates and "input" in templates:
        templates["question"] = templates.pop("input")
    missing = [role for role in ("question", "answer") if role not in templates]
    if missing:
        raise UsageError(
            "{source} has no column that is the {role}: its columns are {columns}.",
            hint="Say which it is: --map {role}=COLUMN (roles: {roles})", source=source, role=missing[0],
            columns=", ".join(columns) or "–", roles=", ".join(ROLES),
        )  # fmt: skip
    return ColumnMap({role: templates[role] for role in ROLES if role in templates})


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    plain = {column: re.sub(r"[\s_\-./]+", "", nfc(column).lower()) for column in columns}
    found: dict[str, str] = {}
    for role, names in NAMES.items():
        order = names.split()
        fitting = sorted((column for column in columns if plain[column] in order), key=lambda c: order.index(plain[c]))
        if fitting:
            found[role] = f"{{{fitting[0]}}}"
    if "question" in found and "answer" in found:
        found.pop("text", None)
    if "answer" in found or "messages" in found:
        return found
    explained = [column for column in columns if EXPLAINED.fullmatch(plain[column])]
    subjects = [column for column in columns if SUBJECT.fullmatch(plain[column]) and column not in explained]
    if explained and "question" in found:
        found["answer"] = f"{{{explained[0]}}}"
    elif explained and subjects:
        asked = ASKED[detect_language(subjects[0] + explained[0])]
        found |= {"question": asked.format(column=subjects[0]), "answer": f"{{{explained[0]}}}"}
        found.pop("text", None)
    return found


def _template(role: str, value: str, columns: Sequence[str], source: str) -> str:
    if role not in ROLES:
        raise UsageError(
            "--map knows no role '{role}'.", hint="Roles: {roles}. Such as: --map question=질문", role=role,
            roles=", ".join(ROLES),
        )  # fmt: skip
    value = nfc(value)
    template = value if "{" in value else f"{{{value}}}"
    try:
        wanted = columns_of(template)
    except ValueError as error:
        raise UsageError(
            "The template '{text}' cannot be read: {reason}.", hint="Columns stand in braces: What is {{term}}?",
            text=template, reason=error,
        ) from error  # fmt: skip
    lost = sorted(wanted - set(columns))
    if lost:
        close = nearest(lost[0], list(columns))
        raise UsageError(
            "{source} has no column '{column}'.",
            hint="Did you mean '{close}'? Its columns: {columns}." if close else "Its columns: {columns}.",
            source=source, column=lost[0], close=close, columns=", ".join(columns),
        )  # fmt: skip
    return template
