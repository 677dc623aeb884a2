"""Search gives chunks that are there, best first, whatever the vector store still holds."""

import pytest

from ondol.assemble import open_library
from ondol.errors import UsageError
from ondol.ingest.add import add_documents
from ondol.retrieve.retriever import make_retriever
from ondol.retrieve.search import RetrieveConfig, search_library
from ondol.settings import Settings


@pytest.fixture(params=["faiss", "memory"])
def library(request, tmp_path):
    for name in ("mill", "museum", "market"):
        (tmp_path / f"{name}.txt").write_text(f"The {name} opens at nine.")
    with open_library(settings=Settings(home=tmp_path, embeddings="fake:", store=request.param), create=True) as opened:
        add_documents(opened, [tmp_path / "*.txt"])
        yield opened


def test_the_best_hit_comes_first_with_its_place(library):
    found = search_library(library, "museum", RetrieveConfig(k=2))
    assert [hit.metadata["rank"] for hit in found.hits] == [1, 2]
    first, second = found.hits
    assert first.page_content == "The museum opens at nine."
    assert first.metadata["score"] > second.metadata["score"]
    assert set(found.ms) == {"embed", "search", "total"}


def test_vectors_whose_chunk_is_gone_make_room_for_the_next(library):
    source = search_library(library, "museum", RetrieveConfig(k=1)).hits[0].metadata["document_id"]
    library._db.execute("DELETE FROM sources WHERE document_id = ?", [source])
    hits = search_library(library, "museum", RetrieveConfig(k=2)).hits
    assert len(hits) == 2
    assert source not in {hit.metadata["document_id"] for hit in hits}


def test_the_retriever_gives_the_same_hits(library):
    found = search_library(library, "mill", RetrieveConfig(k=3)).hits
    assert [hit.id for hit in make_retriever(library, RetrieveConfig(k=3)).invoke("mill")] == [hit.id for hit in found]


def test_a_search_that_cannot_be_is_refused():
    with pytest.raises(UsageError, match="k is 0"):
        RetrieveConfig(k=0)
    with pytest.raises(UsageError, match="No search mode is called 'magic'"):
        RetrieveConfig(mode="magic")
