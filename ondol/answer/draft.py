"""The model's words, let through sentence by sentence as far as the evidence says the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk

from ondol.answer.answer import Thought
from ondol.answer.evidence import Evidence
from ondol.answer.prompt import choose_prompt, number_passages
from ondol.answer.proof import CHECKED, Proofs
from ondol.answer.reading_text import names_of, with_names
from ondol.answer.support import strip_marks
from ondol.embeddings.contract import TextEmbeddings
from ondol.ingest.sentences import split_sentences
from ondol.models.contract import LocalChatModel
from ondol.prompts.load import Prompts
from ondol.prompts.prompt import Prompt
from ondol.tokens.budget import fit

SHOWN = 3
"""Passages around the evidence that the model reads."""
MAX_TOKENS = 200


@dataclass(slots=True)
class Draft:
    """What a model wrote, while it is being written."""

    evidence: Sequence[Evidence]
    embeddings: TextEmbeddings | None = None
    """Compares what is written with evidence in the other language."""
    prompts: Prompts | None = None
    """Where prompts are looked for; the usual folders when not given."""
    prompt: dict[str, Any] = field(default_factory=dict)
    """Name, version, language and hash of the prompt that the model was given."""
    text: str = ""
    """Everything so far, marks and all."""
    usage: dict[str, int] = field(default_factory=lambda: {"prompt_tokens": 0, "completion_tokens": 0})
    thinking: str = ""
    finish_reason: str = "stop"
    left_out: str = ""
    """One line about what did not fit into the model's window."""
    first_token_at: float | None = None
    """`time.perf_counter()` when the first token came."""

    def read(self, chunks: Iterator[AIMessageChunk]) -> Iterator[str | Thought]:
        """Text and thinking of `chunks` as they come; usage and time are noted."""
        for chunk in chunks:
            thought = str(chunk.additional_kwargs.get("reasoning_content") or "")
            if (chunk.text or thought) and self.first_token_at is None:
                self.first_token_at = time.perf_counter()
            if chunk.usage_metadata:
                self.usage = {
                    "prompt_tokens": chunk.usage_metadata["input_tokens"],
                    "completion_tokens": chunk.usage_metadata["output_tokens"],
                }
            self.finish_reason = chunk.response_metadata.get("finish_reason") or self.finish_reason
            if thought:
                self.thinking += thought
                yield Thought(thought)
            if chunk.text:
                self.text += chunk.text
                yield chunk.text

    def supported(self, chunks: Iterator[AIMessageChunk]) -> Iterator[tuple[str, Evidence] | Thought]:
        """Each finished sentence that the evidence says too, with the evidence; the others are left out."""
        done, proofs = 0, Proofs(self.evidence, self.embeddings)
        for piece in self.read(chunks):
            if isinstance(piece, Thought):
                yield piece
                continue
            rest = self.text[done:]
            for start, end in split_sentences(rest)[:-1]:  # the last one may still grow
                yield from _check(rest[start:end], proofs)
                done = len(self.text) - len(rest) + end
        yield from _check(self.text[done:], proofs)

    def first_token_ms(self, start: float) -> float | None:
        """Wall milliseconds from `start` to the first token; None when nothing was generated."""
        return None if self.first_token_at is None else elapsed_ms(start, self.first_token_at)


def _check(sentence: str, proofs: Proofs) -> Iterator[tuple[str, Evidence]]:
    claim = strip_marks(sentence).strip()
    proof = proofs.find(claim)
    if proof:
        yield claim, proof


def elapsed_ms(start: float, end: float) -> float:
    return round(1000 * (end - start), 1)


def model_name(model: BaseChatModel) -> str:
    """What a model of ours or of anybody's is called in answers."""
    return str(getattr(model, "model", "") or getattr(model, "model_name", "") or model.get_name())


def window_of(model: BaseChatModel) -> int:
    """Tokens of prompt and answer together; 0 when nobody knows."""
    return int(getattr(model, "context", 0) or 0)


def read_passages(evidence: Sequence[Evidence]) -> list[str]:
    """The chunks around the first evidence with what they belong to, without repeats."""
    hits = {str(item.hit.id): item.hit for item in evidence[:CHECKED]}
    read = dict.fromkeys(with_names(names_of(hit.metadata), hit.page_content)[0] for hit in hits.values())
    return list(read)[:SHOWN]


def fit_passages(question: str, passages: list[str], prompt: Prompt, draft: Draft, model: BaseChatModel) -> list[str]:
    """The passages that fit into the model's window; what is left out is noted in the draft.

    Raises:
        ContextOverflow: not even the question fits.
    """
    window = window_of(model)
    if not isinstance(model, LocalChatModel) or not window:
        return passages
    system, *_, asked = (message.text for message in prompt.write_chat(sources="", question=question))
    numbered = [f"[{number}] {passage}\n" for number, passage in enumerate(passages, 1)]
    budget = fit(
        system=system, question=asked, chunks=numbered, count=model.get_num_tokens, context=window,
        answer_tokens=min(MAX_TOKENS, window // 2),
    )  # fmt: skip
    draft.left_out = budget.told
    return [passages[number] for number in budget.chunks]


def write_chat(question: str, draft: Draft, model: BaseChatModel) -> Iterator[AIMessageChunk]:
    """Ask a tuned model."""
    passages = read_passages(draft.evidence)
    prompt = choose_prompt(question, passages, draft.prompts)
    draft.prompt = prompt.label
    shown = fit_passages(question, passages, prompt, draft, model)
    messages = prompt.write_chat(sources=number_passages(shown), question=question)
    for chunk in model.stream(messages, max_tokens=MAX_TOKENS):
        assert isinstance(chunk, AIMessageChunk)
        yield chunk


def write_completion(question: str, draft: Draft, proof: Evidence, model: LocalChatModel) -> Iterator[AIMessageChunk]:
    """Let a base model continue worked examples with a part of the sentence; a grammar allows nothing else."""
    sentence = " ".join(proof.text.split())
    part = json.dumps({"substring_words": sentence}, ensure_ascii=False)
    grammar = f'%llguidance {{}}\nstart: " " PART "\\n"\nPART: %regex {part}\n'
    prompt = choose_prompt(question, [], draft.prompts)
    draft.prompt = prompt.label
    asked = prompt.write_completion(sources=sentence, question=question)
    return model.stream_completion(asked, stop=["\n"], max_tokens=32, grammar=grammar)
