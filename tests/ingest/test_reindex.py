"""Vectors made anew beside those that are searched."""

import pytest

from ondol.errors import BackendError, UsageError
from ondol.ingest.reindex import reindex_vectors, roll_back
from ondol.ingest.split import SplitConfig
from ondol.library.shadow import Shadow


@pytest.fixture
def filled(add, files, library):
    files.write(
        "rules.md", "# Rules\n\n" + "Bring your toaster on Friday evening. " * 30 + "\n\n## Fees\n\nIt is free.\n"
    )
    files.write("온돌.txt", "구들장을 데우면 방바닥이 따뜻해집니다. " * 30)
    add(str(files.path))
    return library


def ids(library):
    return sorted(library.vectors.list_ids())


def test_another_embedder_takes_the_place_of_the_old_one(filled, open_again):
    report = reindex_vectors(filled, "other:")
    assert report.chunks == len(ids(filled)) == filled.state()["chunks"]
    assert filled.embeddings_spec == "other:"
    assert filled.verify() == []
    with open_again() as again:
        assert again.embeddings.fingerprint.model == "other:"
        assert again.vectors.similarity_search("toaster", k=1)


def test_the_vectors_of_before_come_back_without_embedding(filled):
    before = ids(filled)
    reindex_vectors(filled, "other:")
    report = roll_back(filled)
    assert (report.chunks, filled.embeddings_spec, ids(filled)) == (0, "words:", before)
    assert roll_back(filled).chunks == 0
    assert filled.embeddings_spec == "other:"
    assert filled.verify() == []


def test_what_was_added_since_is_embedded_when_going_back(filled, add, files):
    reindex_vectors(filled, "other:")
    add(files.write("new.txt", "Something new."))
    assert roll_back(filled).chunks == 1
    assert filled.verify() == []


def test_nothing_to_go_back_to(filled):
    with pytest.raises(UsageError, match="no earlier vectors"):
        roll_back(filled)


def test_other_chunks_take_the_place_of_the_old_ones(filled, add, files):
    before = filled.state()["chunks"]
    reindex_vectors(filled, config=SplitConfig(max_tokens=40, overlap_tokens=8, min_tokens=8))
    assert filled.state()["chunks"] > before
    assert {row["heading"] for row in filled.show(str(files.path / "rules.md"))["chunks"]} >= {"Rules > Fees"}
    assert add(str(files.path)).unchanged == 0, "the recipe is another one: files are read again with the new chunks"
    assert filled.chunking == "40/8/8"
    assert filled.verify() == []


def test_the_old_vectors_are_searched_when_the_new_ones_fail(filled, monkeypatch):
    before = ids(filled)
    monkeypatch.setattr(Shadow, "_check", lambda self: (_ for _ in ()).throw(BackendError("no")))
    with pytest.raises(BackendError):
        reindex_vectors(filled, "other:")
    assert (ids(filled), filled.embeddings_spec) == (before, "words:")
    monkeypatch.undo()
    assert reindex_vectors(filled, "other:").chunks == 0, "the vectors of the failed run are there"


def test_a_change_by_another_process_is_in_the_new_vectors(filled, open_again, monkeypatch, files):
    swap = Shadow._swap

    def late(self, progress):
        if not calls:
            calls.append(1)
            with open_again() as other:
                other._db.execute("UPDATE sources SET title = 'Changed', version = version + 1 WHERE id = 1")
        swap(self, progress)

    calls = []
    monkeypatch.setattr(Shadow, "_swap", late)
    reindex_vectors(filled, "other:")
    assert filled.verify() == []


def test_another_process_follows(filled, open_again):
    with open_again() as other:
        assert other.vectors.count()
        reindex_vectors(filled, "other:")
        assert other.embeddings.fingerprint.model == "other:"
        assert sorted(other.vectors.list_ids()) == ids(filled)


def test_only_two_sets_of_vectors_are_kept(filled):
    for spec in ("other:", "third:", "fourth:"):
        reindex_vectors(filled, spec)
    assert len(list(filled.folder.glob("vectors*"))) == 2


def test_vectors_move_into_another_store_without_embedding(filled, monkeypatch):
    before = ids(filled)
    monkeypatch.setattr(type(filled.embeddings), "embed_array", lambda *_: pytest.fail("nothing is embedded"))
    filled.migrate("faiss")
    assert ids(filled) == before
    assert filled.verify() == []
