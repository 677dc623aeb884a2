"""What goes into the library comes out as it was, and only as long as it is there."""

import pytest

from ondol.errors import NotFound, OtherFingerprint
from ondol.library.folders import list_collections


def texts_found(library, question, k=5):
    near = library.vectors.similarity_search_with_score_by_vector(library.embeddings.embed_query(question), k=k)
    return [hit.page_content for hit in library.live_chunks([(str(document.id), score) for document, score in near])]


def fill(library, *drafts):
    library.write(drafts)
    library.finish()


def test_a_chunk_is_found_as_the_slice_of_its_source(library, draft):
    fill(
        library, draft("hours", "The library opens at 9:30.", "도서관은 오전 9시에 엽니다.", pages=[(0, 27), (27, 44)])
    )
    hit = library.live_chunks([(name, 0.5) for name in library.vectors.list_ids()])
    by_text = {document.page_content: document.metadata for document in hit}
    row = by_text["도서관은 오전 9시에 엽니다."]
    assert library.text("hours")[row["start"] : row["end"]] == "도서관은 오전 9시에 엽니다."
    assert (row["document_id"], row["source"], row["page"], row["score"]) == ("hours", "docs/hours.txt", 2, 0.5)


def test_hits_keep_the_order_in_which_they_are_asked_for(library, draft):
    fill(library, draft("a", "one", "two", "three"))
    names = library.vectors.list_ids()[::-1]
    assert [hit.id for hit in library.live_chunks([(name, 1.0) for name in [*names, "unknown"]])] == names


def test_a_replaced_source_shows_only_its_new_text(library, draft):
    fill(library, draft("a", "The old hours are nine to five.", "Parking is free."))
    kept = set(library.vectors.list_ids())
    fill(library, draft("a", "The new hours are ten to six.", "Parking is not free."))
    assert sorted(texts_found(library, "hours")) == ["Parking is not free.", "The new hours are ten to six."]
    assert not kept & set(library.vectors.list_ids())
    assert library.find("a").version == 2


def test_passages_that_stay_where_they_are_keep_their_vectors(library, draft):
    fill(library, draft("a", "The first passage stays.", "The second one goes."))
    before = set(library.vectors.list_ids())
    fill(library, draft("a", "The first passage stays.", "A third one comes."))
    assert len(before & set(library.vectors.list_ids())) == 1
    assert library.verify() == []


def test_old_chunks_are_hidden_before_their_vectors_are_deleted(library, draft):
    fill(library, draft("a", "The old text."))
    library.write([draft("a", "A quite different text.")])
    assert texts_found(library, "old text") == []
    library.finish()
    assert texts_found(library, "old text") == ["A quite different text."]


def test_a_removed_source_is_gone_everywhere(library, draft):
    fill(library, draft("a", "alpha"), draft("b", "beta"))
    assert library.remove(["docs/a.txt"]) == 1
    assert texts_found(library, "alpha") == ["beta"]
    assert (library.state()["sources"], library.state()["chunks"], library.state()["vectors"]) == (1, 1, 1)
    assert library.verify() == []


def test_nothing_is_removed_when_one_name_is_unknown(library, draft):
    fill(library, draft("a", "alpha"))
    with pytest.raises(NotFound):
        library.remove(["a", "no such"])
    assert library.state()["sources"] == 1


def test_an_unknown_source_names_the_nearest(library, draft):
    fill(library, draft("opening-hours", "alpha"))
    with pytest.raises(NotFound) as caught:
        library.show("opening-hour")
    assert str(caught.value) == (
        "The library has no source 'opening-hour'.\n  → Did you mean 'opening-hours'? All of them: ondol list --sources"
    )


def test_a_page_is_shown_with_its_chunks(library, draft):
    fill(library, draft("a", "page one", "page two", pages=[(0, 9), (9, 17)]))
    shown = library.show("a", page=2)
    assert shown["text"] == "page two"
    assert [(row["start"], row["end"]) for row in shown["chunks"]] == [(9, 17)]
    assert shown["pages"] == [
        {"page": 1, "start": 0, "end": 9, "name": ""}, {"page": 2, "start": 9, "end": 17, "name": ""},
    ]  # fmt: skip
    assert [library.place_of("a", offset).page for offset in (0, 8, 9, 16)] == [1, 1, 2, 2]
    with pytest.raises(NotFound, match="has no page 3"):
        library.show("a", page=3)


def test_collections_of_any_name_live_side_by_side(tmp_path, open_again, draft):
    for name in ("main", "법률 자료", "../up", "법률 자료"):
        with open_again(name) as library:
            fill(library, draft("a", name))
            assert library.state()["collection"] == name
    assert list_collections(tmp_path) == ["../up", "main", "법률 자료"]
    assert len(list((tmp_path / "collections").iterdir())) == 3


def test_an_unknown_collection_is_refused_unless_it_is_to_be_made(open_again):
    open_again("reports").close()
    with pytest.raises(NotFound, match="There is no collection 'report' yet") as caught:
        open_again("report", create=False)
    assert caught.value.hint == "Did you mean 'reports'? Known: reports."


def test_another_embedder_is_refused_by_name_and_by_fingerprint(library, open_again, draft):
    fill(library, draft("a", "alpha"))
    with pytest.raises(OtherFingerprint, match=r"was made with words: \(\w{16}\), not with other:"):
        open_again(embeddings="other:", embeddings_asked=True)
    assert open_again(embeddings="other:").state()["embeddings"] == "words:"
    changed = open_again(open_embeddings=lambda spec: type(library.embeddings)("words:v2"))
    with pytest.raises(OtherFingerprint, match="--embeddings words:") as caught:
        changed.embeddings.embed_query("x")
    assert "--collection" in caught.value.hint


def test_an_empty_collection_takes_the_embedder_it_is_opened_with(library, open_again):
    assert open_again(embeddings="other:", embeddings_asked=True).state()["embeddings"] == "other:"


def test_listing_showing_and_removing_load_no_model(library, open_again, draft):
    fill(library, draft("a", "alpha"))

    def refuse(spec):
        raise AssertionError("a model was loaded")

    with open_again(open_embeddings=refuse) as other:
        other.state(), other.source_rows(), other.show("a"), other.verify(), other.remove(["a"])


def test_a_failure_is_listed_until_it_is_forgotten(library):
    library.files.note_failure("bad.pdf", "The PDF is damaged.")
    assert library.state()["problems"][0]["what"] == "bad.pdf: The PDF is damaged."
    library.files.forget_failure("bad.pdf")
    assert library.state()["problems"] == []
