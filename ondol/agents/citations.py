"""`[n]` in an agent's answer, checked against the numbered passages that its tools found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.runtime import Runtime

from ondol.agents.turn import TurnState
from ondol.answer.answer import Citation
from ondol.answer.evidence import Evidence, Features
from ondol.answer.proof import Proofs
from ondol.answer.reading_text import names_of
from ondol.answer.support import MARK, negates, strip_marks, supports
from ondol.embeddings.contract import TextEmbeddings
from ondol.ingest.sentences import split_sentences
from ondol.lang import detect_language
from ondol.tokens.neutraliser import restore

WINDOW = 3
"""Neighbouring sentences of a passage that may support a sentence together, with the passage's title and heading."""
_BEHIND_STOP = re.compile(rf"([.!?。！？]+)((?:{MARK.pattern})+)")
_POLITE = re.compile(r"([가-힣])니다")
_FINAL_N, _FINAL_B = 4, 17
"""Places of ㄴ and ㅂ among the 28 final consonants of Hangul syllables."""
_NO_FEATURES = Features(cosine=0, coverage=0, hit_coverage=0, hit_cosine=0, fits_kind=0, opens=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    text: str
    """The answer with those marks that hold."""
    citations: list[Citation]
    dropped: list[int]
    """Marks that were taken out, as often as they stood there."""


class Cited(AgentMiddleware[TurnState, Any, Any]):
    """Puts the checked answer in place of the model's; its citations stand in the message's `response_metadata`."""

    state_schema = TurnState

    def __init__(self, embeddings: TextEmbeddings | None = None) -> None:
        super().__init__()
        self._embeddings = embeddings

    def after_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:  # noqa: ARG002
        last = state["messages"][-1]
        if not isinstance(last, AIMessage) or "stopped" in last.response_metadata or not isinstance(last.content, str):
            return None
        checked = check_citations(restore(last.content), list_passages(state["messages"]), self._embeddings)
        told = {"citations": [asdict(row) for row in checked.citations], "dropped_marks": checked.dropped}
        update = {"content": checked.text, "response_metadata": {**last.response_metadata, **told}}
        return {"messages": [last.model_copy(update=update)]}

    async def aafter_agent(self, state: TurnState, runtime: Runtime[Any]) -> dict[str, Any] | None:
        return self.after_agent(state, runtime)


def list_passages(messages: Sequence[BaseMessage]) -> dict[int, Document]:
    """What tools found, by the number that the model was shown."""
    artifacts = [row.artifact for row in messages if isinstance(row, ToolMessage) and isinstance(row.artifact, list)]
    hits = [hit for artifact in artifacts for hit in artifact if isinstance(hit, Document) and "mark" in hit.metadata]
    return {int(hit.metadata["mark"]): hit for hit in hits}


def check_citations(answer: str, passages: Mapping[int, Document], embeddings: TextEmbeddings | None = None) -> Checked:
    """Keep a mark where its passage says the sentence; take it out elsewhere.

    Without passages, numbers in brackets mean nothing of ours and stay.

    Args:
        embeddings: compares a sentence with a passage in the other language.
    """
    if not passages:
        return Checked(text=answer, citations=[], dropped=[])
    text = _BEHIND_STOP.sub(lambda match: f"{match[2]}{match[1]}", answer)  # `said. [1]` is `said [1].`
    citations: list[Citation] = []
    dropped: list[int] = []
    pieces, place = [], 0
    for start, end in split_sentences(text):
        pieces.append(text[place:start])
        sentence, place = text[start:end], end
        claim = strip_marks(sentence).strip()

        def keep(match: re.Match[str], claim: str = claim) -> str:
            numbers = [int(number) for number in match[1].split(",")]
            found = {number: _prove(number, claim, passages, embeddings) for number in numbers}
            citations.extend(row for row in found.values() if row and row not in citations)
            dropped.extend(number for number, row in found.items() if row is None)
            kept = ", ".join(str(number) for number, row in found.items() if row)
            return f"{match[0][: match[0].index('[')]}[{kept}]" if kept else ""

        pieces.append(MARK.sub(keep, sentence))
    return Checked(text="".join([*pieces, text[place:]]), citations=citations, dropped=dropped)


def _prove(
    number: int, claim: str, passages: Mapping[int, Document], embeddings: TextEmbeddings | None
) -> Citation | None:
    hit = passages.get(number)
    if hit is None:
        return None
    plain = plain_korean(claim)
    for text, start, end in _windows(hit):
        if supports(plain_korean(f"{names_of(hit.metadata)}\n{text}"), plain):
            return None if negates(text) and not negates(claim) else _cite(number, hit, start, end)
    proof = Proofs(_evidence(hit), embeddings).find(claim) if embeddings else None
    return _cite(number, hit, proof.start, proof.end) if proof else None


def plain_korean(text: str) -> str:
    """`지급합니다` as `지급한다`: models say politely what documents say plainly, in syllables of their own."""
    return _POLITE.sub(_plain, text)


def _plain(match: re.Match[str]) -> str:
    syllable = match[1]
    if syllable in "습입":
        return {"습": "다", "입": "이다"}[syllable]
    code = ord(syllable) - ord("가")
    return f"{chr(ord(syllable) - _FINAL_B + _FINAL_N)}다" if code % 28 == _FINAL_B else match[0]


def _windows(hit: Document) -> Iterator[tuple[str, int, int]]:
    """One sentence after the other, then neighbours together."""
    text = hit.page_content
    spans = split_sentences(text)
    for width in range(1, WINDOW + 1):
        for first in range(len(spans) - width + 1):
            start, end = spans[first][0], spans[first + width - 1][1]
            yield text[start:end], start, end


def _evidence(hit: Document) -> list[Evidence]:
    text = hit.page_content
    return [
        Evidence(hit=hit, start=start, end=end, text=text[start:end], features=_NO_FEATURES,
                 language=detect_language(text))
        for start, end in split_sentences(text)
    ]  # fmt: skip


def _cite(number: int, hit: Document, start: int, end: int) -> Citation:
    """Offsets count in the source; a passage that does not say where it stands is its own source."""
    place, begin = hit.metadata, int(hit.metadata.get("start") or 0)
    return Citation(
        mark=number, document_id=str(place.get("document_id") or hit.id or ""), source=str(place.get("source") or ""),
        page=place.get("page"), unit=place.get("unit") or "page", page_name=place.get("page_name") or "",
        start=begin + start, end=begin + end, quote=hit.page_content[start:end],
    )  # fmt: skip
