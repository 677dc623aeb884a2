"""Older turns in a few lines: what a model writes of them is kept only as far as the turns say it."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from ondol.answer.terms import question_terms, terms
from ondol.lang import Language, nfc
from ondol.prompts.load import Prompts

BEFORE: dict[Language, str] = {"en": "Before that:", "ko": "그 전에:"}
PERSON: dict[Language, tuple[str, str]] = {"en": ("Person", "Answer"), "ko": ("사용자", "답")}
FRAME = terms(
    "the person user asked asks question answer answered assistant told tells said says conversation wanted wants "
    "about name called lives works "
    "사용자 사용자는 사용자가 사용자의 질문 질문했다 질문했습니다 물었다 물었습니다 물어봤습니다 대답 대답했다 "
    "대답했습니다 답했다 답했습니다 답변 답변했습니다 말했다 말했습니다 대화 이야기했습니다 이야기 있다 있습니다 "
    "했다 했습니다 한다 합니다 이다 입니다 대해 대하여"
)
"""Words that tell who said what; any others must stand in the turns."""
NUMBER = re.compile(r"\d+")
SENTENCE = re.compile(r"[^\n.!?。]+(?:[.!?](?=\w)[^\n.!?。]*)*[.!?。]*")
KNOWN_SHARE = 0.9
"""Of a sentence's terms: pairs of syllables across an ending ("갔습니다", "갔어요") are new though the word is not."""
TURN_CHARACTERS = 600
"""Of each question and answer that the model reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condensed:
    """What stands in the prompt for all messages up to one."""

    upto: str
    """Id of the last message it stands for."""
    text: str
    """Empty when the model wrote nothing that could be kept."""


class CondensedTexts:
    """One for each thread of a home; a prompt is made with it, the thread itself stays whole."""

    def __init__(
        self, connection: sqlite3.Connection, explained: Callable[[], AbstractContextManager[None]]
    ) -> None:  # fmt: skip
        self._connection, self._explained = connection, explained
        connection.execute("CREATE TABLE IF NOT EXISTS condensed (thread TEXT PRIMARY KEY, upto TEXT, text TEXT)")

    def read(self, thread: str) -> Condensed | None:
        with self._explained():
            row = self._connection.execute("SELECT upto, text FROM condensed WHERE thread = ?", (thread,)).fetchone()
        return Condensed(upto=row["upto"], text=row["text"]) if row else None

    def write(self, thread: str, condensed: Condensed) -> None:
        row = (thread, condensed.upto, condensed.text)
        with self._explained():
            self._connection.execute("INSERT OR REPLACE INTO condensed VALUES (?, ?, ?)", row)

    def remove(self, thread: str) -> None:
        with self._explained():
            self._connection.execute("DELETE FROM condensed WHERE thread = ?", (thread,))


def condense_turns(
    turns: Sequence[Sequence[BaseMessage]], model: BaseChatModel, language: Language, *, before: str = "",
    tokens: int, fits: Callable[[Sequence[BaseMessage]], bool], prompts: Prompts,
) -> str:  # fmt: skip
    """The turns, and what stood in the prompt for those before them, in at most `tokens`; empty when it fails.

    Args:
        fits: whether the model can read a prompt and answer it. Where it cannot read all turns at once, it reads the
            latest ones.
    """
    for start in range(len(turns)):
        prompt = _write(turns[start:], language, before, prompts)
        if fits(prompt):
            break
    else:
        return ""
    try:
        reply = model.invoke(prompt, max_tokens=tokens)
    except ContextOverflowError:
        return ""
    source = " ".join([before, *(message.text for turn in turns for message in turn)])
    return shorten(keep_faithful(nfc(reply.text), source), model, tokens)


def keep_faithful(told: str, source: str) -> str:
    """The sentences of `told` that say only what `source` says, each once: no number and no other word is new."""
    known, numbers = terms(source) | question_terms(source) | FRAME, set(NUMBER.findall(source))
    kept: dict[str, None] = {}
    for found in SENTENCE.finditer(told):
        sentence = found[0].strip(" -*•\t")
        said = question_terms(sentence)
        if (
            len(said - FRAME) > 0
            and len(said & known) >= KNOWN_SHARE * len(said)
            and set(NUMBER.findall(sentence)) <= numbers
        ):
            kept.setdefault(sentence, None)
    return "\n".join(kept)


def shorten(text: str, model: BaseChatModel, tokens: int) -> str:
    """As many of the last lines as `tokens` hold."""
    lines = text.split("\n")
    while lines and model.get_num_tokens("\n".join(lines)) > tokens:
        lines = lines[1:]
    return "\n".join(lines)


def _write(
    turns: Sequence[Sequence[BaseMessage]], language: Language, before: str, prompts: Prompts
) -> list[BaseMessage]:
    person, answer = PERSON[language]
    lines = [
        f"{person if isinstance(message, HumanMessage) else answer}: {' '.join(message.text.split())[:TURN_CHARACTERS]}"
        for turn in turns
        for message in turn
    ]
    told = [BEFORE[language], before, ""] if before else []
    return prompts.load("condense-turns", language=language).write_chat(turns="\n".join([*told, *lines]))
