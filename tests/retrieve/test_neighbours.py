"""A hit brings the text around it along, as one slice of its own source."""

import runpy
from pathlib import Path

import pytest

from ondol.errors import UsageError
from ondol.ingest.parsed import Heading, Parsed
from ondol.ingest.split import SplitConfig, split_text
from ondol.library.rows import Draft, Piece
from ondol.retrieve.neighbours import NeighbourConfig, expand_hits, shared_heading

library_tests = runpy.run_path(str(Path(__file__).parents[1] / "library" / "conftest.py"))
library = library_tests["library"]

PARTS = ("제1장 총칙", "제2장 임금", "Chapter 3 Leave")


@pytest.fixture
def words():
    return library_tests["Words"]()


@pytest.fixture
def book(library, words):
    """Two sources with three chapters of ten sentences, cut into overlapping chunks, in pages of 200 characters."""
    for name in ("book", "copy"):
        text, headings = "", []
        for number, title in enumerate(PARTS):
            headings.append(Heading(len(text), 1, title))
            text += (
                f"{title}\n\n"
                + " ".join(f"The {name} tells in sentence {n} of 문장 {number}." for n in range(10))
                + "\n\n"
            )
        parsed = Parsed(text=text, title="", format="txt", headings=tuple(headings))
        config = SplitConfig(max_tokens=48, overlap_tokens=16, min_tokens=8)
        pages = [(start, min(start + 200, len(text))) for start in range(0, len(text), 200)]
        library.write([
            Draft(
                document_id=name, source=f"{name}.txt", place=None, title="", format="txt", bytes=1, sha256="",
                recipe="", pages=pages,
                pieces=[Piece(0, text, split_text(parsed, tokenize=words.token_offsets, config=config))],
            )
        ])  # fmt: skip
    library.finish()
    return library


@pytest.fixture
def hits(book):
    """Every chunk as a hit, by source and place."""
    found = book.live_chunks([(name, 0.5) for name in book.vectors.list_ids()])
    found.sort(key=lambda hit: (hit.metadata["document_id"], hit.metadata["start"]))
    return {(hit.metadata["document_id"], n): hit for n, hit in enumerate(found)} | dict(enumerate(found))


def check_slices(book, expanded):
    for document in expanded:
        place = document.metadata
        assert book.text(place["document_id"])[place["start"] : place["end"]] == document.page_content
        assert place["page"] == book.place_of(place["document_id"], place["start"]).page


def test_nothing_is_added_unless_it_is_asked_for(book, hits):
    assert expand_hits([hits[3]], book) == [hits[3]]


def test_the_chunks_before_and_after_come_along(book, hits):
    (document,) = expand_hits([hits[4]], book, NeighbourConfig(around=1))
    assert (document.metadata["start"], document.metadata["end"]) == (
        hits[3].metadata["start"],
        hits[5].metadata["end"],
    )
    assert (document.id, document.metadata["score"]) == (hits[4].id, 0.5)
    assert document.metadata["hits"] == [
        {"id": hits[4].id, "score": 0.5, "start": hits[4].metadata["start"], "end": hits[4].metadata["end"]}
    ]
    check_slices(book, [document])


def test_overlapping_chunks_are_joined_without_saying_anything_twice(book, hits):
    assert hits[2].metadata["start"] < hits[1].metadata["end"], "the chunks overlap"
    (document,) = expand_hits([hits[1], hits[2]], book, NeighbourConfig(around=1))
    assert document.page_content.count("sentence") < sum(hits[n].page_content.count("sentence") for n in range(4))
    assert all(document.page_content.count(f"sentence {n} ") <= 1 for n in range(10))
    check_slices(book, [document])


def test_hits_whose_neighbours_meet_become_one_and_others_stay_apart(book, hits):
    hits[8].metadata["score"] = 0.9
    expanded = expand_hits([hits[8], hits[1], hits[6]], book, NeighbourConfig(around=1))
    assert [document.id for document in expanded] == [hits[8].id, hits[1].id]
    assert [row["id"] for row in expanded[0].metadata["hits"]] == [hits[6].id, hits[8].id]
    assert expanded[0].metadata["score"] == 0.9
    check_slices(book, expanded)


def test_no_source_reaches_into_another(book, hits):
    last = max(n for name, n in (key for key in hits if isinstance(key, tuple)) if name == "book")
    expanded = expand_hits([hits[last + 1], hits[last]], book, NeighbourConfig(around=2))
    assert [document.metadata["document_id"] for document in expanded] == ["copy", "book"]
    assert expanded[0].metadata["start"] == 0
    check_slices(book, expanded)


def test_a_section_comes_whole_and_ends_with_its_heading(book, hits):
    hit = next(hit for n, hit in hits.items() if isinstance(n, int) and hit.metadata["heading"] == PARTS[1])
    (document,) = expand_hits([hit], book, NeighbourConfig(section=True))
    text = book.text("book")
    assert document.page_content == text[text.index(PARTS[1]) : text.index(PARTS[2])].strip()
    assert document.metadata["heading"] == PARTS[1]
    assert hit.metadata["page"] < book.place_of("book", document.metadata["end"] - 1).page
    check_slices(book, [document])


def test_a_run_over_two_chapters_stands_under_what_they_share(book, hits):
    first = next(hit for n, hit in hits.items() if isinstance(n, int) and hit.metadata["heading"] == PARTS[1])
    (document,) = expand_hits([first], book, NeighbourConfig(around=1))
    assert document.metadata["heading"] == ""
    assert shared_heading(["제1장 > 제1절 > 1조", "제1장 > 제1절 > 2조"]) == "제1장 > 제1절"
    assert shared_heading(["A > B", "A > B"]) == "A > B"
    assert shared_heading(["A", "A > B"]) == "A"


def test_what_does_not_fit_is_not_taken(book, hits):
    room = sum(row["tokens"] for row in book.around(hits[4].id, 1)[1:])
    (document,) = expand_hits([hits[4]], book, NeighbourConfig(section=True, max_tokens=room))
    assert (document.metadata["start"], document.metadata["end"]) == (
        hits[4].metadata["start"],
        hits[5].metadata["end"],
    )
    (alone,) = expand_hits([hits[4]], book, NeighbourConfig(around=3, max_tokens=1))
    assert alone.page_content == hits[4].page_content


def test_a_hit_that_is_gone_or_replaced_stays_as_it_is(book, hits):
    gone, replaced = hits["book", 2], hits[len(hits) // 2 - 1]
    assert replaced.metadata["document_id"] == "copy"
    book.remove(["book"])
    changed = replaced.model_copy(update={"page_content": "another text"})
    assert expand_hits([gone, changed], book, NeighbourConfig(around=1)) == [gone, changed]


def test_the_chunks_around_one_keep_their_order(book, hits):
    rows = book.around(hits[0].id, 2)
    assert [row["ordinal"] for row in rows] == [0, 1, 2]
    assert [row["id"] for row in rows] == [hits[n].id for n in range(3)]
    assert book.around("unknown", 2) == []


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(UsageError) as caught:
        NeighbourConfig(around=-1)
    assert str(caught.value) == "around is -1; it goes from 0 to 64.\n  → Take 1 or 2."
    with pytest.raises(UsageError, match="max_tokens is 0; it must be at least 1"):
        NeighbourConfig(max_tokens=0)
