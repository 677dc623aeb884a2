"""A piece of a long text, as a passage that can be cited, and where to read on."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from langchain_core.documents import Document

from ondol.agents.tools.passages import AgentRun, number_passages, write_passages
from ondol.errors import UnusableInput
from ondol.ingest.parsed import Parsed


def show_slice(
    parsed: Parsed, offset: int, most: int, metadata: dict[str, Any], runtime: AgentRun
) -> tuple[str, list[Document]]:
    """`most` characters from `offset` on, with their offsets and first page in the metadata of the one document.

    Raises:
        UnusableInput: the text ends before `offset`.
    """
    length = len(parsed.text)
    if offset >= length:
        raise UnusableInput("The text ends at {length}; offset {offset} is behind it.", length=length, offset=offset)
    end = min(length, offset + most)
    place = {"start": offset, "end": end, **page_at(parsed, offset)}
    hits = number_passages([Document(page_content=parsed.text[offset:end], metadata={**metadata, **place})], runtime)
    told = f"(Characters {offset} to {end} of {length}." + (f" Go on with offset={end}.)" if end < length else ")")
    return f"{write_passages(hits, max_chars=most)}\n\n{told}", hits


def page_at(parsed: Parsed, offset: int) -> dict[str, Any]:
    """What a hit tells of its page; nothing where the format has none."""
    if not parsed.pages:
        return {}
    number = max(1, bisect_right([start for start, _ in parsed.pages], offset))
    name = parsed.page_names[number - 1] if parsed.page_names else ""
    return {"page": number, "unit": parsed.unit, "page_name": name}
