"""What is learnt from: conversations, or plain texts."""

from __future__ import annotations

from dataclasses import dataclass

from ondol.tokens.encode import Turn


@dataclass(frozen=True, slots=True)
class Example:
    turns: tuple[Turn, ...] = ()
    """Ends with an answer; empty for a plain text."""
    text: str = ""
    where: str = ""
    """File and row, for people: `food.csv:12`."""

    @property
    def question(self) -> str:
        """What the last answer answers, without a system message; a plain text has none."""
        asked = [turn["content"] for turn in self.turns[:-1] if turn["role"] == "user"]
        return asked[-1] if asked else ""

    @property
    def answer(self) -> str:
        return self.turns[-1]["content"] if self.turns else ""

    @property
    def prompt(self) -> tuple[Turn, ...]:
        """All before the last answer."""
        return self.turns[:-1]


def ask_and_answer(question: str, answer: str, *, system: str = "", where: str = "") -> Example:
    turns: list[Turn] = [{"role": "system", "content": system}] if system else []
    turns += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return Example(tuple(turns), where=where)
