"""How to search, as requests say it, and hits as answers tell them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ondol.library.filters import Filter
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.neighbours import NeighbourConfig
from ondol.retrieve.rerank import RerankConfig
from ondol.server.api.parts import LONGEST_NAME, Asked, Shape
from ondol.settings import Settings

MOST_HITS = 200
Mode = Literal["hybrid", "dense", "lexical"]
Value = Annotated[str, Field(max_length=LONGEST_NAME)]
Values = Annotated[list[Value], Field(max_length=50)]


class Filters(Asked):
    """As `ondol search`: one of several values is enough, all fields must hold, `!value` must not fit."""

    source: Value | Values = Field(default=[], description="A path, a folder, a document id or a pattern.")
    title: Value | Values = Field(default=[], description="A part of the title, or a pattern.")
    language: Value | Values = Field(default=[], description="ko or en.")
    since: Value | None = Field(default=None, description="First day: 2024-05-17, 2024-05 or 2024.")
    until: Value | None = Field(default=None, description="Last day, which counts too.")
    tag: Value | Values = Field(default=[], description="A tag.")

    def to_filter(self) -> Filter | None:
        """None when nothing is asked for; raises UsageError for what is no date."""
        given = {
            "source": self.source, "title": self.title, "language": self.language, "tags": self.tag,
            "since": self.since or None, "until": self.until or None,
        }  # fmt: skip
        return Filter(**{name: value for name, value in given.items() if value}) or None  # type: ignore[arg-type]


class Searching(Asked):
    k: int = Field(default=8, ge=1, le=MOST_HITS, description="How many hits.")
    mode: Mode = "hybrid"
    filters: Filters = Filters()
    diversity: float = Field(default=0.0, ge=0, le=1)
    around: int = Field(default=0, ge=0, le=64, description="Chunks before and after a hit to show with it.")
    section: bool = Field(default=False, description="Show the whole section that a hit stands in.")

    def to_config(self, settings: Settings) -> RetrieveConfig:
        return RetrieveConfig(
            k=self.k, mode=self.mode, filter=self.filters.to_filter(), diversity=self.diversity,
            neighbours=NeighbourConfig(around=self.around, section=self.section),
            rerank=RerankConfig(budget_ms=settings.rerank_ms),
        )  # fmt: skip


class Hit(Shape):
    """A passage: `text` is the slice from `start` to `end` of the source's text."""

    rank: int
    score: float
    document_id: str
    source: str
    title: str
    page: int | None
    unit: str
    page_name: str
    start: int
    end: int
    heading: str
    text: str
