"""What of a prompt fits into a model's window, counted with the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Any, Literal

from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from ondol.errors import UsageError
from ondol.lang import translate

Kind = Literal["chunks", "history", "memory"]
PARTS = {"chunks": "{count} chunks", "history": "{count} earlier turns", "memory": "{count} memories"}
MARKS = 8
"""Tokens that a chat template puts around a message: ChatML needs 5, Llama 3 needs 6."""


class ContextOverflow(UsageError, ContextOverflowError):
    """The prompt is longer than the model's window; LangChain's programs catch it as ContextOverflowError."""


@dataclass(frozen=True, slots=True)
class Dropped:
    kind: Kind
    count: int
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What stays, in the order in which it came, and what had to go."""

    chunks: list[int]
    """Numbers of the chunks that stay."""
    history: list[BaseMessage]
    memory: list[str]
    tokens: int
    """Of the whole prompt."""
    dropped: list[Dropped]

    @property
    def told(self) -> str:
        """One line for a person about what was left out; empty when everything fits."""
        if not self.dropped:
            return ""
        gone = [translate(PARTS[part.kind], count=part.count) for part in self.dropped]
        return translate("Left out to fit the model's window: {parts}.", parts=", ".join(gone))


def fit(
    *, system: str, question: str, tools: Sequence[dict[str, Any]] = (), chunks: Sequence[str] = (),
    history: Sequence[BaseMessage] = (), memory: Sequence[str] = (), count: Callable[[str], int],
    count_messages: Callable[[Sequence[BaseMessage]], int] | None = None, context: int, answer_tokens: int,
) -> Budget:  # fmt: skip
    """Keep system, tools and question; then chunks by rank, the newest turns of the history, and memory by rank.

    Args:
        chunks, memory: the best first. One that is too long is passed over and shorter ones behind it may stay.
        history: without the question. A turn stays or goes as a whole, so no tool call loses its result.
        count_messages: counts messages with their marks; else their texts and calls, and `MARKS` for each.
        context: the model's window, of which `answer_tokens` are kept free.

    Raises:
        ContextOverflow: what must stay is too long, with the tokens of each part.
    """
    needed = {
        "system": count(system) + MARKS if system else 0,
        "tools": sum(count(dumps(tool, ensure_ascii=False)) for tool in tools),
        "question": count(question) + MARKS,
    }
    room = context - answer_tokens - sum(needed.values())
    if room < 0:
        raise ContextOverflow(
            "The prompt needs {needed} tokens (system {system}, tools {tools}, question {question}) and the answer "
            "{answer}, but the model's window holds {context}.",
            hint="Cut {cut} tokens: shorten the question, offer fewer tools, or open the model with a larger context.",
            needed=sum(needed.values()), **needed, answer=answer_tokens, context=context, cut=-room,
        )  # fmt: skip
    measure = count_messages or (lambda turn: sum(count(_written(message)) + MARKS for message in turn))
    turns = split_turns(history)
    kept, left, lost_chunks = _choose([count(text) for text in chunks], room)
    newest, left, lost_turns = _choose([measure(turn) for turn in reversed(turns)], left, gaps=False)
    remembered, left, lost_memory = _choose([count(text) for text in memory], left)
    lost: list[tuple[Kind, list[int]]] = [("chunks", lost_chunks), ("history", lost_turns), ("memory", lost_memory)]
    return Budget(
        chunks=kept,
        history=[message for turn in turns[len(turns) - len(newest) :] for message in turn],
        memory=[memory[number] for number in remembered],
        tokens=context - answer_tokens - left,
        dropped=[Dropped(kind, len(sizes), sum(sizes)) for kind, sizes in lost if sizes],
    )


def split_turns(history: Sequence[BaseMessage]) -> list[list[BaseMessage]]:
    """Each human message with everything up to the next one; what stands before the first is a turn too."""
    turns: list[list[BaseMessage]] = []
    for message in history:
        if isinstance(message, HumanMessage) or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns


def _choose(sizes: list[int], room: int, *, gaps: bool = True) -> tuple[list[int], int, list[int]]:
    """Numbers that fit, the room left, and the sizes of the others; without `gaps` the first misfit ends it."""
    kept: list[int] = []
    for number, size in enumerate(sizes):
        if size <= room:
            kept.append(number)
            room -= size
        elif not gaps:
            break
    return kept, room, [size for number, size in enumerate(sizes) if number not in set(kept)]


def _written(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return message.text + "".join(dumps(call, ensure_ascii=False, default=str) for call in calls)
