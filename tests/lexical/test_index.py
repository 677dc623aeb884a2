"""The index finds what was written, in this process and in others."""

import math
import subprocess
import sys
import threading

import pytest

from ondol.errors import BackendError
from ondol.lexical.index import Entry, LexicalIndex
from ondol.lexical.terms import Terms, text_terms

TEXTS = {
    "a": "The library opens at nine.",
    "b": "The library closes at six, the mill at nine.",
    "c": "도서관은 아홉 시에 연다.",
    "d": "부품 AB-1234/56은 품절이다.",
    "e": "부품 AB-1234/57은 있다.",
}


def entries(**texts):
    return [Entry(name, f"doc-{name}", text_terms(text, [])) for name, text in texts.items()]


@pytest.fixture
def index(tmp_path):
    index = LexicalIndex(tmp_path / "words")
    index.write(entries(**TEXTS))
    return index


def find(index, question, k=5, **options):
    return [name for name, _ in index.search(index.analyse(question), k, **options)]


def test_the_best_chunk_comes_first(index):
    assert find(index, "when does the mill close?") == ["b"]
    assert find(index, "도서관이 여는 시간") == ["c"]
    assert find(index, "AB-1234/57")[0] == "e"


def test_the_scores_are_bm25_and_terms_weigh_by_their_rarity(index):
    terms = index.analyse("mill")
    weight = math.log(1 + (5 - 1 + 0.5) / 1.5)
    assert index.weights(terms) == {("words", "mill"): pytest.approx(weight)}
    ((_, score),) = index.search(terms, 5)
    assert 0 < score < 2.2 * weight
    assert index.scores(terms, ["a", "b", "nobody"]) == {"b": pytest.approx(score)}


def test_a_chunk_written_again_is_replaced(index):
    index.write(entries(a="온돌은 따뜻하다"))
    assert find(index, "온돌") == ["a"]
    assert find(index, "library") == ["b"]
    assert index.count() == 5


def test_chunks_that_are_gone_are_not_found(index):
    index.write([], gone=["a", "nobody"])
    assert find(index, "library") == ["b"]
    assert index.count() == 4


def test_only_the_documents_asked_for_are_searched(index):
    assert find(index, "library", document_ids=["doc-a", "doc-c"]) == ["a"]
    assert find(index, "library", document_ids=[]) == []
    assert find(index, "library", document_ids=[f"doc-{n}" for n in range(20_000)] + ["doc-b"]) == ["b"]


def test_all_of_some_terms_can_be_asked_for(index):
    assert find(index, "library nine", all_of=Terms(words=["mill"], pairs=[], codes=[])) == ["b"]


def test_a_question_without_terms_finds_nothing(index):
    assert find(index, "what is it?") == []
    assert find(index, "") == []
    assert index.scores(index.analyse(""), ["a"]) == {}


def test_an_empty_index_answers(tmp_path):
    empty = LexicalIndex(tmp_path)
    assert find(empty, "library 도서관") == []
    assert empty.weights(empty.analyse("library"))["words", "librari"] > 0


def test_what_another_process_writes_is_found_at_once(index):
    code = (
        "import sys; from pathlib import Path; from ondol.lexical.index import *; from ondol.lexical.terms import *; "
        "LexicalIndex(Path(sys.argv[1])).write([Entry('z', 'z', text_terms('a zeppelin', []))])"
    )
    subprocess.run([sys.executable, "-c", code, str(index.folder)], check=True)
    assert find(index, "zeppelin") == ["z"]


def test_threads_search_while_one_writes(index):
    found, stop = [], threading.Event()

    def search():
        while not stop.is_set():
            found.append(find(index, "mill"))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(5):
        index.write(entries(**{f"n{number}": "more text about nothing"}))
    stop.set()
    for thread in threads:
        thread.join()
    assert found
    assert all(names == ["b"] for names in found)


def test_a_damaged_index_says_how_to_make_it_again(index, tmp_path):
    (index.folder / "meta.json").write_text("{")
    with pytest.raises(BackendError, match="cannot be used") as caught:
        LexicalIndex(index.folder)
    assert "ondol verify --repair" in caught.value.hint


def test_a_writer_killed_before_its_commit_does_not_stop_the_next_one(index):
    """It leaves a list of deletions that has the name of the one that the same deletions make again."""
    about = index.folder / "meta.json"
    before = about.read_bytes()
    index.write([], gone=["a"])
    assert [*index.folder.glob("*.del")]
    about.write_bytes(before)  # as if the process had ended between the two files
    again = LexicalIndex(index.folder)
    again.write([], gone=["a"])
    assert again.count() == len(TEXTS) - 1
    assert "a" not in find(again, "when does the library open at nine?")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte, where one can be made."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("file systems cannot be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_told_while_words_are_written(small_disk):
    index = LexicalIndex(small_disk / "words")
    index.write(entries(**TEXTS))
    many = (Entry(str(n), f"doc-{n}", text_terms(f"word{n} " * 3 + f"other{n * 7919}", [])) for n in range(40_000))
    with pytest.raises(BackendError, match="cannot be used") as told:
        index.write(many)
    assert "make room" in told.value.hint
