"""What a model that answers by itself reads of a conversation: facts, older turns in short, the latest as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ondol.answer.draft import window_of
from ondol.answer.without_documents import MAX_TOKENS
from ondol.chat.condense import Condensed, condense_turns
from ondol.lang import Language, detect_language, translate
from ondol.models.contract import LocalChatModel
from ondol.prompts.load import Prompts, open_prompts
from ondol.tokens.budget import ContextOverflow, fit, split_turns

FACTS: dict[Language, str] = {
    "en": "What the person has told about themselves (a later line is newer):",
    "ko": "사용자가 자신에 대해 알려 준 것 (아래 줄이 더 새로운 내용):",
}
SHORT: dict[Language, str] = {"en": "What was said before, in short:", "ko": "앞에서 나눈 대화의 요약:"}
FACTS_SHARE = 3
"""Facts take at most one of so many parts of the room for the prompt."""
SHORT_SHARE, SHORT_TOKENS = 6, 256
"""The same for older turns in short, and never more tokens than these."""
Turns = list[list[BaseMessage]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is said to the model before the question."""

    system: str
    history: list[BaseMessage]
    told: str = ""
    """One line for a person about turns and facts that do not stand in it as they are."""


def make_prompt(
    question: str, history: Sequence[BaseMessage], model: BaseChatModel, *, system: str = "",
    facts: Sequence[str] = (), condensed: Condensed | None = None,
    keep: Callable[[Condensed], None] | None = None, prompts: Prompts | None = None,
) -> Prompt:  # fmt: skip
    """Fit a conversation into the model's window, counted by the model itself, template and all.

    Args:
        history: earlier turns with their ids, the oldest first.
        facts: in the order in which they were told; when not all fit, the first one and the latest stay.
        condensed: what stood for older turns before; used again until more turns must go.
        keep: told the new one, to be given here the next time.
    """
    return _Fitting(question, model, system, facts, prompts or open_prompts()).make(
        split_turns(history), condensed, keep
    )


class _Fitting:
    def __init__(
        self, question: str, model: BaseChatModel, system: str, facts: Sequence[str], prompts: Prompts
    ) -> None:
        self.question, self.model, self.role, self.prompts = question, model, system, prompts
        self.language = detect_language(question)
        self.window = window_of(model) if isinstance(model, LocalChatModel) else 0
        self.answer = min(MAX_TOKENS, self.window // 4)
        self._sizes: dict[tuple[int, ...], int] = {}
        self.facts = self._choose(list(facts))
        self.lost = len(facts) - len(self.facts)

    def make(
        self, turns: Turns, condensed: Condensed | None, keep: Callable[[Condensed], None] | None
    ) -> Prompt:  # fmt: skip
        if self.fits(turns):
            return self._prompt(turns)
        if not self.fits([]):  # the model tells what is too long
            return self._prompt([])
        room = min(SHORT_TOKENS, (self.window - self.answer) // SHORT_SHARE)
        place = _place(turns, condensed)
        if condensed and place and condensed.text and self.fits(turns[place:], condensed.text):
            return self._prompt(turns[place:], condensed.text, older=place)
        least = self._first_that_fits(turns)
        failed = condensed and not condensed.text and place >= least
        if failed or (isinstance(self.model, LocalChatModel) and self.model.is_base):
            return self._prompt(turns[least:], dropped=least)
        cut = max(least, self._first_that_fits(turns, spare=(self.window - self.answer) // 3 + room))
        before = condensed.text if condensed and place else ""
        text = condense_turns(
            turns[place:cut],
            self.model,
            self.language,
            before=before,
            tokens=room,
            fits=self._can_read(room),
            prompts=self.prompts,
        )
        if not self.fits(turns[cut:], text):
            text = ""
        if keep and turns[cut - 1][-1].id:
            keep(Condensed(upto=str(turns[cut - 1][-1].id), text=text))
        return self._prompt(turns[cut:], text, older=cut) if text else self._prompt(turns[least:], dropped=least)

    def fits(self, turns: Turns, short: str = "", *, facts: list[str] | None = None, spare: int = 0) -> bool:
        """By the exact count of the whole prompt, and by the sum of its parts, with `spare` tokens left."""
        if not self.window:
            return True
        system, history = self._system(short, facts), [message for turn in turns for message in turn]
        if self._count([*_said(system), *history, HumanMessage(self.question)]) + self.answer + spare > self.window:
            return False
        try:
            parts = fit(
                system=system, question=self.question, history=history, count=self.model.get_num_tokens,
                count_messages=self._measure, context=self.window, answer_tokens=self.answer,
            )  # fmt: skip
        except ContextOverflow:
            return False
        return not parts.dropped

    def _count(self, messages: Sequence[BaseMessage]) -> int:
        return self.model.get_num_tokens_from_messages(list(messages))

    def _measure(self, turn: Sequence[BaseMessage]) -> int:
        key = tuple(id(message) for message in turn)
        if key not in self._sizes:
            self._sizes[key] = self._count(turn)
        return self._sizes[key]

    def _can_read(self, tokens: int) -> Callable[[Sequence[BaseMessage]], bool]:
        return lambda prompt: self._count(prompt) + tokens <= self.window

    def _choose(self, facts: list[str]) -> list[str]:
        """The first fact and the latest, as many as may stand in the prompt, in order."""
        room = (self.window - self.answer) // FACTS_SHARE
        kept: list[int] = []
        for number in [0, *range(len(facts) - 1, 0, -1)] if facts else []:
            tried = [facts[place] for place in sorted([*kept, number])]
            small = not self.window or self.model.get_num_tokens(_list_facts(tried, self.language)) <= room
            if (small or not kept) and self.fits([], facts=tried):
                kept.append(number)
        return [facts[place] for place in sorted(kept)]

    def _first_that_fits(self, turns: Turns, *, spare: int = 0) -> int:
        """The number of oldest turns that must go; found by halving, since each count reads the whole prompt."""
        low, high = 0, len(turns)
        while low < high:
            middle = (low + high) // 2
            if self.fits(turns[middle:], spare=spare):
                high = middle
            else:
                low = middle + 1
        return low

    def _system(self, short: str, facts: list[str] | None = None) -> str:
        listed = _list_facts(self.facts if facts is None else facts, self.language)
        older = f"{SHORT[self.language]}\n{short}" if short else ""
        return "\n\n".join(part for part in (self.role, listed, older) if part)

    def _prompt(self, turns: Turns, short: str = "", *, older: int = 0, dropped: int = 0) -> Prompt:
        told = []
        if older:
            told.append(translate("{count} earlier turns are shortened to fit the model's window.", count=older))
        if dropped:
            told.append(translate("Left out to fit the model's window: {count} earlier turns.", count=dropped))
        if self.lost:
            told.append(translate("{count} remembered facts do not fit.", count=self.lost))
        history = [message for turn in turns for message in turn]
        return Prompt(system=self._system(short), history=history, told=" ".join(told))


def _list_facts(facts: list[str], language: Language) -> str:
    return FACTS[language] + "".join(f"\n- {text}" for text in facts) if facts else ""


def _said(system: str) -> list[BaseMessage]:
    return [SystemMessage(system)] if system else []


def _place(turns: Turns, condensed: Condensed | None) -> int:
    """The number of turns that a condensed text stands for; 0 when its last message was taken back."""
    if condensed is None:
        return 0
    return next((n for n, turn in enumerate(turns, 1) if any(message.id == condensed.upto for message in turn)), 0)
