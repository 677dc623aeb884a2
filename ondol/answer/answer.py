"""What an answer is: text, citations that are slices of their sources, and how it came about."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.documents import Document

from ondol.library.places import show_place
from ondol.retrieve.search import hit_row


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One verbatim span of a source: `canonical_text[start:end] == quote`."""

    mark: int
    """The n of `[n]` in the answer."""
    document_id: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    unit: str = "page"
    """What `page` counts: page, slide, sheet, section, or time (parts of a recording)."""
    page_name: str = ""
    """Of a sheet or section; the time of a part."""
    words: tuple[int, int] | None = None
    """Start and end, in the source, of the words in the quote that the reader takes for the answer."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of what a reasoning model thinks; no part of its answer."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer from the documents, or an abstention."""

    question: str
    answer: str
    """Text for people, with `[n]` marks; every mark has its citation."""
    short: str | None = None
    """The shortest span of a quote that answers, when one can be told."""
    quoted: bool = False
    """True when the text is the source's own sentences and not the model's."""
    abstained: bool = False
    """True when the documents do not tell."""
    agrees: bool | None = None
    """Whether the model says something of what the reader found; None where one of them said nothing."""
    confidence: float = 0.0
    """The gate's estimate that the hits hold the answer, 0 to 1."""
    citations: list[Citation] = field(default_factory=list)
    hits: list[Document] = field(default_factory=list)
    """Chunks that were read, best first."""
    model: str = ""
    reader: str = ""
    """Spec of what looked for the words; empty without one."""
    prompt: dict[str, Any] = field(default_factory=dict)
    """Name, version, language and hash of the prompt that the model was given; empty when it was not asked."""
    usage: dict[str, int] = field(default_factory=lambda: {"prompt_tokens": 0, "completion_tokens": 0})
    ms: dict[str, float | None] = field(default_factory=dict)
    thinking: str = ""
    """What a reasoning model thought before it wrote."""
    finish_reason: str = "stop"
    """"length" when the model was cut off at its limit of tokens."""
    left_out: str = ""
    """One line about what did not fit into the model's window; empty when everything did."""

    def to_json(self) -> dict[str, Any]:
        """The answer as `ondol ask --json` prints it."""
        names = ("question", "answer", "short", "quoted", "abstained", "agrees", "confidence", "model",
                 "reader", "prompt", "usage", "ms", "thinking", "finish_reason", "left_out")  # fmt: skip
        return {
            **{name: getattr(self, name) for name in names},
            "citations": [asdict(citation) for citation in self.citations],
            "hits": [hit_row(hit) for hit in self.hits],
        }

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<li value={c.mark}><q>{html.escape(c.quote)}</q> <small>{html.escape(place(c))}</small></li>"
            for c in self.citations
        )
        return f"<p>{html.escape(self.answer)}</p><ol>{rows}</ol>"


def place(citation: Citation) -> str:
    """Where a citation stands, for people: `rules.pdf, p. 3`, the path from here where it lies below."""
    source = citation.source
    if Path(source).is_relative_to(Path.cwd()):
        source = str(Path(source).relative_to(Path.cwd()))
    return show_place(asdict(citation), source=source)
