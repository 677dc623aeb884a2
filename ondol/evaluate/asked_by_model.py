"""Questions that a local chat model writes about a passage, and the checks that they pass before they count."""

from __future__ import annotations

import re

from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ondol.answer.terms import question_terms, terms
from ondol.evaluate.candidates import plain
from ondol.lang import Language, detect_language, nfc
from ondol.models.contract import LocalChatModel

SYSTEM: dict[Language, str] = {
    "en": "Write one short question that the text answers. It must make sense to somebody who has not seen the text. "
    "Reply with the question and nothing else.",
    "ko": "글에 답이 있는 짧은 질문을 하나 쓰십시오. 글을 보지 못한 사람도 무엇을 묻는지 알 수 있어야 합니다. "
    "질문만 답하십시오.",
}
EXAMPLES: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        ("The lighthouse on Gull Rock was built in 1871 and is 32 metres tall.",
         "How tall is the lighthouse on Gull Rock?"),
        ("Members may borrow up to five tools at a time and keep them for two weeks.",
         "How long may a member keep borrowed tools?"),
    ),
    "ko": (
        ("갈매기바위 등대는 1871년에 세워졌고 높이는 32미터이다.", "갈매기바위 등대의 높이는 얼마인가요?"),
        ("회원은 공구를 한 번에 다섯 개까지 빌려 두 주 동안 쓸 수 있다.", "회원은 빌린 공구를 얼마 동안 쓸 수 있나요?"),
    ),
}  # fmt: skip
"""Earlier turns for a tuned model, and what a base model continues."""
LABELS: dict[Language, tuple[str, str]] = {"en": ("Text", "Question"), "ko": ("글", "질문")}
CHARACTERS = 1000
"""Of a passage that the model reads."""
MAX_TOKENS = 64
LONGEST, SHORTEST = 160, 8
"""Characters of a question."""
LABEL = re.compile(r"^(?:question|q|질문|the question is)\s*\d*\s*[:：.]\s*", re.IGNORECASE)
ENGLISH_ASKS = re.compile(
    r"^(?:\w+,? )?(?:in |at |on |by |for |to |from |of |with )?(?:how|what|why|when|where|who|whose|which|is|are|was"
    r"|were|do|does|did|can|could|may|must|should|will|would|has|have)\b",
    re.IGNORECASE,
)
KOREAN_ASKS = re.compile(
    r"무엇|무슨|뭐|뭘|어떻게|어떤|어디|언제|누가|누구|왜|얼마|몇|어느|며칠"
    r"|(?:나요|까요|까|는가|은가|인가|니|냐|지요|죠|나)\?$"
)
POINTS_AT_TEXT = re.compile(
    r"\b(?:the|this|above) (?:text|passage|document|article|author)\b"
    r"|(?:위|이|해당|주어진) ?(?:글|본문|지문|문서|텍스트)|본문|지문",
    re.IGNORECASE,
)


def ask_model(model: BaseChatModel, passage: str, title: str = "") -> str:
    """One question that `passage` answers, as the model words it; empty when `is_usable` refuses what it wrote."""
    language = detect_language(passage)
    shown = " ".join(passage.split())[:CHARACTERS]
    text = f"{title}: {shown}" if title and title not in shown else shown
    try:
        if isinstance(model, LocalChatModel) and model.is_base:
            reply = model.complete(_continued(language, text), stop=["\n"], max_tokens=MAX_TOKENS)
        else:
            reply = model.invoke(_told(language, text), max_tokens=MAX_TOKENS)
    except ContextOverflowError:
        return ""
    question = clean_question(reply.text)
    return question if is_usable(question, passage) else ""


def _told(language: Language, text: str) -> list[BaseMessage]:
    turns = [turn for shown, asked in EXAMPLES[language] for turn in (HumanMessage(shown), AIMessage(asked))]
    return [SystemMessage(SYSTEM[language]), *turns, HumanMessage(text)]


def _continued(language: Language, text: str) -> str:
    given, asked = LABELS[language]
    shown = "".join(f"{given}: {text}\n{asked}: {question}\n\n" for text, question in EXAMPLES[language])
    return f"{shown}{given}: {text}\n{asked}:"


def clean_question(reply: str) -> str:
    """The first line that holds something, without label, quotes and marks, up to its first question mark."""
    line = next((line for line in nfc(reply).splitlines() if line.strip(" *#>-\"'`")), "")
    line = " ".join(LABEL.sub("", line.strip(" *#>-\"'“”‘’`")).split())
    return (line.partition("?")[0] + "?" if "?" in line else line).strip("\"'“”‘’*` ")


def is_usable(question: str, passage: str) -> bool:
    """A question of its own: in the passage's language, about what stands there, and no sentence copied from it."""
    if not SHORTEST <= len(question) <= LONGEST or detect_language(question) != detect_language(passage):
        return False
    korean = detect_language(question) == "ko"
    if not (KOREAN_ASKS if korean else ENGLISH_ASKS).search(question) or not question.endswith("?"):
        return False
    if POINTS_AT_TEXT.search(question) or plain(question) in plain(passage):
        return False
    if plain(question) in {plain(asked) for turns in EXAMPLES.values() for _, asked in turns}:
        return False  # the smallest models repeat what they were shown
    asked = question_terms(question)
    return len(asked) >= 2 and len(asked & terms(passage)) >= len(asked) / 2
