import pytest
from langchain_core.documents import Document
from pydantic import ValidationError

from ondol.rerankers.fake import FakeReranker, open_fake

DOCUMENTS = [Document("Kimchi is cabbage.", metadata={"page": 1}), Document("The floor is warm."), Document("온돌")]


def test_the_best_comes_first_with_its_score_and_the_source_is_left_alone():
    found = open_fake().compress_documents(DOCUMENTS, "Is the floor warm?")
    assert [document.page_content for document in found] == ["The floor is warm.", "Kimchi is cabbage.", "온돌"]
    assert [document.metadata["relevance_score"] for document in found] == [1.0, 0.25, 0.0]
    assert found[1].metadata == {"page": 1, "relevance_score": 0.25}
    assert DOCUMENTS[0].metadata == {"page": 1}


def test_equals_keep_their_order_and_top_n_cuts():
    found = FakeReranker(top_n=2).compress_documents(DOCUMENTS, "nothing")
    assert [document.page_content for document in found] == ["Kimchi is cabbage.", "The floor is warm."]
    assert open_fake().compress_documents([], "x") == []


def test_top_n_is_at_least_one():
    with pytest.raises(ValidationError):
        FakeReranker(top_n=0)


def test_decomposed_words_are_the_same_words():
    assert open_fake().score("각하", ["\u1100\u1161\u11a8\u1112\u1161"]) == [1.0]


async def test_it_works_in_async_programs():
    found = await open_fake().acompress_documents(DOCUMENTS, "온돌")
    assert found[0].page_content == "온돌"
