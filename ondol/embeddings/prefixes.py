"""What embedders were trained to read before a question or a passage, where nothing but their name tells it."""

from __future__ import annotations

import re

SEARCH = "Given a web search query, retrieve relevant passages that answer the query"
REPRESENT = "Represent this sentence for searching relevant passages: "
# the first that is found in the name holds. Source: the publishers' config_sentence_transformers.json or model cards
TABLE = (
    (r"e5[-_].*instruct|e5[-_]mistral", f"Instruct: {SEARCH}\nQuery: ", ""),
    (r"(^|[-_/ ])e5([-_:. ]|$)", "query: ", "passage: "),
    (r"qwen3[-_]embedding", f"Instruct: {SEARCH}\nQuery:", ""),
    (r"embedding[-_]?gemma|gemma[-_]embedding", "task: search result | query: ", "title: none | text: "),
    (r"nomic[-_](embed|bert)", "search_query: ", "search_document: "),
    (r"arctic[-_]embed.*v2", "query: ", ""),
    (r"arctic[-_]embed|mxbai[-_]embed|bge[-_].*[-_]en([-_: .]|$)", REPRESENT, ""),
)  # fmt: skip


def find_prefixes(name: str) -> dict[str, str]:
    """Prefix of a "query" and of a "passage" for a model or file called `name`; both empty for others."""
    rows = ((query, passage) for pattern, query, passage in TABLE if re.search(pattern, name.lower()))
    query, passage = next(rows, ("", ""))
    return {"query": query, "passage": passage}
