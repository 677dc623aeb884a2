import pytest

from ondol.embeddings.prefixes import find_prefixes


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("multilingual-e5-small", "query: ", "passage: "),
        ("intfloat/E5-base:latest", "query: ", "passage: "),
        ("bge-m3", "", ""),
        ("paraphrase-base-e55", "", ""),
        ("nomic-embed-text:v1.5", "search_query: ", "search_document: "),
        ("embeddinggemma-300M-Q8_0", "task: search result | query: ", "title: none | text: "),
        ("snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
    ],
)
def test_an_embedder_gets_what_it_was_trained_to_read(name, query, passage):
    assert find_prefixes(name) == {"query": query, "passage": passage}


@pytest.mark.parametrize("name", ["multilingual-e5-large-instruct", "Qwen3-Embedding-0.6B-Q8_0"])
def test_an_instructed_embedder_is_told_the_task_with_the_question_only(name):
    prefixes = find_prefixes(name)
    assert prefixes["query"].startswith("Instruct: Given a web search query")
    assert prefixes["passage"] == ""
