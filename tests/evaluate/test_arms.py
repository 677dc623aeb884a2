"""Settings are read from their names, and search as `ondol search` does."""

import pytest

from ondol.errors import UsageError
from ondol.evaluate.arms import Arm, make_search, parse_arms
from ondol.ingest.add import add_documents
from ondol.rerankers.fake import open_fake
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.search import search_library

MODE = RetrieveConfig().mode


def test_settings_are_read_in_their_order():
    assert parse_arms(f" {MODE}+rerank, {MODE} ,{MODE}") == [
        Arm(f"{MODE}+rerank", MODE, rerank=True),
        Arm(MODE, MODE, rerank=False),
    ]


def test_an_unknown_setting_is_refused_by_search_itself():
    with pytest.raises(UsageError, match="No search mode is called 'magic'"):
        parse_arms(f"{MODE},magic")
    with pytest.raises(UsageError) as caught:
        parse_arms(" , ")
    assert str(caught.value) == "No setting is named.\n  → Such as: --compare dense,hybrid"


def test_documents_are_found_with_the_time_it_took(library, ids):
    found, taken = make_search(library, parse_arms("dense")[0], k=3)("opening hours of the museum")
    assert found[0] == ids["museum.md"]
    assert sorted(found) == sorted(ids.values())
    assert taken > 0


def test_a_document_with_many_chunks_leaves_room_for_the_others(library, ids, tmp_path):
    (tmp_path / "long.txt").write_text("\n\n".join(f"The museum {n} opens. " * 40 for n in range(60)))
    add_documents(library, [str(tmp_path / "long.txt")])
    hits = search_library(library, "museum opens", RetrieveConfig(k=8)).hits
    assert len({hit.metadata["document_id"] for hit in hits}) < 4
    found, _ = make_search(library, parse_arms("dense")[0], k=4)("museum opens")
    assert len(found) == len(set(found)) == 4


def test_a_reranker_orders_anew(library, ids):
    arm = parse_arms("dense+rerank")[0]
    found, _ = make_search(library, arm, k=2, reranker=open_fake())("green tea")
    assert found[0] == ids["tea.md"]
    with pytest.raises(UsageError) as caught:
        make_search(library, arm, k=2)
    assert str(caught.value) == (
        "The setting 'dense+rerank' needs a reranker.\n  → Name one with --reranker, or leave the setting out."
    )
