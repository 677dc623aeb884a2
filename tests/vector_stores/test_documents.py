"""Rows and vectors in SQLite."""

import numpy as np
import pytest
from langchain_core.documents import Document

from ondol.vector_stores.contract import unit
from ondol.vector_stores.documents import SOURCE, Documents, sample_vectors


@pytest.fixture
def documents(tmp_path):
    opened = Documents(tmp_path / "documents.sqlite")
    vectors = unit(np.random.default_rng(13).standard_normal((50, 8), dtype=np.float32))
    rows = [Document(id=str(n), page_content="", metadata={"document_id": f"d{n // 5}"}) for n in range(50)]
    opened.add(rows, vectors)
    yield opened
    opened.close()


def test_a_filter_by_document_reads_no_other_rows(documents):
    with documents.reading() as database:
        [(*_, plan)] = database.execute(f"EXPLAIN QUERY PLAN SELECT row FROM documents WHERE {SOURCE} IS 'd1'")
    assert "documents_by_source" in plan
    assert documents.rows({"document_id": ["d1", "d3"]}).tolist() == [*range(6, 11), *range(16, 21)]


def test_a_sample_comes_from_all_over_the_file(documents):
    with documents.reading() as database:
        assert sample_vectors(database, 5) == pytest.approx(
            np.stack([documents.vectors([name])[name] for name in ("0", "12", "24", "36", "49")])
        )
        assert len(sample_vectors(database, 500)) == 50


def test_readers_at_the_same_time_have_connections_of_their_own(documents):
    with documents.reading() as one, documents.reading() as other:
        assert one is not other
    with documents.reading() as again:
        assert again in (one, other)


def test_an_error_inside_a_change_leaves_the_file_writable(documents):
    with pytest.raises(ZeroDivisionError), documents.writing():
        _ = 1 / 0
    documents.delete(["3"])
    assert documents.count() == 49
