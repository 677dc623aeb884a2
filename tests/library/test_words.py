"""The word index is kept in step with the rows, whatever happens in between."""

import shutil

import pytest

from ondol.errors import OtherAnalyser
from ondol.lexical.morphemes import Morphemes
from ondol.library import words as words_module


def find(library, question):
    return [name for name, _ in library.words.search(library.words.analyse(question), 9)]


def ids(library, source):
    return [row["id"] for row in library._db.execute(
        "SELECT c.id FROM chunks c JOIN sources s ON s.id = c.source_id WHERE s.document_id = ?", [source]
    )]  # fmt: skip


@pytest.fixture
def filled(library, draft):
    library.write([draft("a", "The mill opens.", "도서관은 아홉 시에 연다."), draft("b", "The museum closes.")])
    library.finish()
    return library


def test_what_is_written_is_found_by_words(filled):
    assert find(filled, "mill") == ids(filled, "a")[:1]
    assert find(filled, "도서관에서") == ids(filled, "a")[1:]
    assert filled.verify() == []
    assert filled.state()["words"] == 3


def test_what_is_removed_or_replaced_is_not_found(filled, draft):
    filled.remove(["b"])
    filled.write([draft("a", "The market opens.")])
    filled.finish()
    assert find(filled, "mill museum 도서관") == []
    assert find(filled, "market") == ids(filled, "a")
    assert filled.words.count() == 1


def test_a_library_of_an_older_ondol_is_indexed_when_it_is_searched(filled, open_again):
    filled._words.forget()
    with open_again() as again:
        assert again.state()["words"] == 0
        assert [problem["kind"] for problem in again.verify()] == ["missing-words"]
        assert find(again, "mill") == ids(again, "a")[:1]
        assert again.verify() == []


def test_a_lost_index_is_told_and_repaired(filled, open_again):
    filled.close()
    with open_again() as again:
        shutil.rmtree(again.folder / "words")
        assert [problem["kind"] for problem in again.verify()] == ["damaged-words"]
        again.repair()
        assert again.verify() == []
        assert find(again, "museum") == ids(again, "b")


def test_a_lost_index_is_made_again_by_a_search(filled, open_again):
    filled.close()
    with open_again() as again:
        (again.folder / "words" / "meta.json").unlink()
        assert find(again, "museum") == ids(again, "b")
        assert again.verify() == []


def test_a_damaged_index_does_not_keep_documents_out(filled, open_again, draft):
    filled.close()
    with open_again() as again:
        (again.folder / "words" / "meta.json").write_text("{")
        again.write([draft("c", "The harbour sleeps.")])
        again.finish()
        again.remove(["a"])
        assert find(again, "harbour mill") == ids(again, "c")
        assert again.verify() == []


def test_a_damaged_index_is_told_and_repaired(filled, open_again):
    filled.close()
    with open_again() as again:
        for file in (again.folder / "words").glob("*.store"):
            file.write_bytes(b"damaged")
        (again.folder / "words" / "meta.json").write_text("{")
        assert [problem["kind"] for problem in again.verify()] == ["damaged-words"]
        again.repair()
        assert again.verify() == []


def test_another_analysis_is_refused_until_the_index_is_made_again(filled, open_again):
    filled.close()
    with open_again(morphemes=Morphemes(["온돌마루"])) as again:
        with pytest.raises(OtherAnalyser, match="made with terms-1 kiwi") as caught:
            _ = again.words
        assert "ondol reindex" in caught.value.hint
        assert [problem["kind"] for problem in again.verify()] == ["other-analyser"]
        assert again.reindex_words() == 3
        assert find(again, "mill") == ids(again, "a")[:1]
        assert again.verify() == []


def test_an_index_of_another_analysis_is_never_mixed(filled, open_again, draft):
    filled.close()
    with open_again(morphemes=Morphemes(["온돌마루"])) as again:
        again.write([draft("c", "The harbour sleeps.")])
        again.finish()
        assert again._words.waiting() == 1
        again.reindex_words()
        assert find(again, "harbour") == ids(again, "c")


def test_a_rebuild_cut_off_before_the_swap_leaves_the_old_index(filled, open_again, monkeypatch):
    monkeypatch.setattr(words_module.Words, "_swap", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        filled.reindex_words()
    monkeypatch.undo()
    with open_again() as again:
        assert find(again, "mill") == ids(again, "a")[:1]
        assert again.verify() == []


def test_a_rebuild_cut_off_within_the_swap_is_made_good_on_the_next_opening(filled, open_again, monkeypatch):
    monkeypatch.setattr(words_module.Words, "_note_maker", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        filled.reindex_words()
    monkeypatch.undo()
    filled.close()
    with open_again() as again:
        assert find(again, "mill") == ids(again, "a")[:1]
        assert again.verify() == []
        assert again.words.count() == 3


def test_writing_in_batches_is_taken_up_where_it_was_cut_off(library, draft, open_again, monkeypatch):
    monkeypatch.setattr(words_module, "BATCH", 1)
    library.write([draft("a", "The mill opens.", "The museum closes.")])
    mark = words_module.Words._mark
    monkeypatch.setattr(words_module.Words, "_mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        library.finish()
    monkeypatch.setattr(words_module.Words, "_mark", mark)
    library.close()
    with open_again() as again:
        assert find(again, "mill museum") != []
        again.finish()
        assert again.words.count() == 2
        assert again.verify() == []
