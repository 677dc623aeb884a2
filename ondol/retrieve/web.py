"""The web as a LangChain retriever: what a search server finds is read, cut into passages, and the nearest are hits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr, SkipValidation

from ondol.embeddings.contract import TextEmbeddings
from ondol.errors import OndolError, UsageError
from ondol.ingest.parse import parse_bytes
from ondol.ingest.parsed import Parsed
from ondol.ingest.split import split_text
from ondol.ingest.web.limits import WebLimits
from ondol.ingest.web.page import Fetched
from ondol.ingest.web.public import LIMITS, read_page
from ondol.ingest.web.search_engine import SearchEngine
from ondol.lang import nfc, translate
from ondol.library.embedding_text import embedding_text
from ondol.library.rows import Chunk, Place, chunk_id
from ondol.progress import Progress, Silent
from ondol.retrieve.likely import likeliest

PAGES = 4
MOST_PAGES = 20
READ = replace(LIMITS, max_mb=5, connect_s=3.0, read_s=5.0, total_s=10.0)
"""For each of some pages that are read at the same time."""
LONGEST = 200_000
"""Characters of a page that are read."""
COMPARED = 24
"""Passages of a page that are embedded, those with the rarest words of the question; a second for four pages."""


class WebRetriever(BaseRetriever):
    """Documents are passages of pages, the nearest first; their text is a slice of the page's, as of the library's.

    The metadata are those of the library's hits; `source` and `document_id` are the page's address.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: SearchEngine
    embeddings: TextEmbeddings
    k: int = 8
    """Passages; the nearest one of every other page stands behind them."""
    pages: int = PAGES
    """Results of the search that are read."""
    limits: WebLimits = READ
    progress: SkipValidation[Progress] = Silent()
    """Told which pages could not be read."""
    _read: dict[str, Parsed] = PrivateAttr(default_factory=dict)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:  # noqa: ARG002
        """Raises as `SearchEngine.search`; a page that cannot be read is left out."""
        query = nfc(query)
        found = [hit for page in self._pages(query) for hit in self._passages(page, query)]
        if not found:
            return []
        texts = [embedding_text(hit.metadata["title"], hit.metadata["heading"], hit.page_content) for hit in found]
        vectors = self.embeddings.embed_array(texts, "passage")
        cosines = vectors @ self.embeddings.embed_array([query], "query")[0]
        for hit, cosine in zip(found, cosines.tolist(), strict=True):
            hit.metadata |= {"cosine": cosine, "score": cosine}
        found.sort(key=lambda hit: -hit.metadata["cosine"])
        return number_hits(_with_every_page(found, self.k))

    def place_of(self, document_id: str, offset: int) -> Place:
        """The page, slide or section of a document that was read."""
        parsed = self._read.get(document_id)
        if parsed is None or not parsed.pages:
            return Place(None)
        number = max(1, bisect_right([start for start, _ in parsed.pages], offset))
        return Place(number, parsed.unit, parsed.page_names[number - 1] if parsed.page_names else "")

    def knows(self, document_id: str) -> bool:
        """Whether this is the address of a page that was read."""
        return document_id in self._read

    def _pages(self, query: str) -> Iterator[Fetched]:
        addresses = list(dict.fromkeys(result.address.text for result in self.engine.search(query)))[: self.pages]
        self.progress.begin("Fetching", len(addresses), "pages")
        try:
            with ThreadPoolExecutor(max_workers=max(1, len(addresses))) as pool:
                seen = set()
                for address, page in zip(addresses, pool.map(self._fetch, addresses), strict=True):
                    self.progress.advance(1)
                    if isinstance(page, OndolError):
                        self._tell(address, page)
                    elif page.url not in seen:  # two addresses may lead to one
                        seen.add(page.url)
                        yield page
        finally:
            self.progress.end()

    def _fetch(self, address: str) -> Fetched | OndolError:
        try:
            return read_page(address, self.limits)
        except OndolError as error:
            return error

    def _passages(self, page: Fetched, query: str) -> Iterator[Document]:
        try:
            parsed = _beginning(parse_bytes(page.data, Path(f"{page.name}{page.suffix}")))
        except OndolError as error:
            self._tell(page.url, error)
            return
        self._read[page.url] = replace(parsed, text="", headings=(), whole=(), rows=(), parts=())
        embedder = self.embeddings
        chunks = split_text(parsed, tokenize=embedder.token_offsets, embedder_max=embedder.max_tokens)
        for place in likeliest(query, [parsed.text[chunk.start : chunk.end] for chunk in chunks], COMPARED):
            yield self._document(page, parsed, chunks[place])

    def _document(self, page: Fetched, parsed: Parsed, chunk: Chunk) -> Document:
        text, place = parsed.text[chunk.start : chunk.end], self.place_of(page.url, chunk.start)
        name = chunk_id(page.url, chunk, embedding_text(parsed.title, chunk.heading, text))
        return Document(id=name, page_content=text, metadata={
            "document_id": page.url, "source": page.url, "title": parsed.title, "heading": chunk.heading,
            "start": chunk.start, "end": chunk.end, "page": place.page, "unit": place.unit,
            "page_name": place.page_name, "date": parsed.date or page.day,
        })  # fmt: skip

    def _tell(self, address: str, error: OndolError) -> None:
        self.progress.note(translate("Not read: {url}: {reason}", url=address, reason=error.message))


def make_web_retriever(
    endpoint: str, embeddings: TextEmbeddings, *, k: int = 8, pages: int = PAGES, limits: WebLimits | None = None,
    progress: Progress | None = None,
) -> WebRetriever:  # fmt: skip
    """A retriever that searches the web through a SearxNG server and reads the first pages.

    Args:
        endpoint: as of `SearchEngine`.
        pages: results that are read, 1 to 20.

    Raises:
        UsageError: the address is none, or a number is out of its range.
    """
    if k < 1 or not 1 <= pages <= MOST_PAGES:
        raise UsageError("A search of the web reads 1 to {most} pages and gives at least one passage.", most=MOST_PAGES)
    return WebRetriever(
        engine=SearchEngine(endpoint), embeddings=embeddings, k=k, pages=pages, limits=limits or READ,
        progress=progress or Silent(),
    )  # fmt: skip


def number_hits(hits: list[Document]) -> list[Document]:
    """Tell them their rank, from 1."""
    for rank, hit in enumerate(hits, 1):
        hit.metadata["rank"] = rank
    return hits


def _with_every_page(hits: list[Document], k: int) -> list[Document]:
    """The first `k`, and the first of each page that has none among them: how near others come tells chance hits."""
    kept = hits[:k]
    seen = {hit.metadata["document_id"] for hit in kept}
    for hit in hits[k:]:
        if hit.metadata["document_id"] not in seen:
            seen.add(hit.metadata["document_id"])
            kept.append(hit)
    return kept


def _beginning(parsed: Parsed) -> Parsed:
    """A page as far as it is read."""
    if len(parsed.text) <= LONGEST:
        return parsed
    end = parsed.text.rfind("\n", LONGEST // 2, LONGEST)
    end = LONGEST if end < 0 else end
    return replace(
        parsed, text=parsed.text[:end], headings=tuple(row for row in parsed.headings if row.start < end),
        whole=tuple(span for span in parsed.whole if span[1] <= end),
        rows=tuple(span for span in parsed.rows if span[1] <= end),
        pages=tuple((start, min(last, end)) for start, last in parsed.pages if start < end),
    )  # fmt: skip
