"""The store in a folder: what restarts, other processes, threads and kills leave of it."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from ondol.errors import BackendError, UsageError
from ondol.vector_stores.faiss import open_faiss
from tests.vector_stores.conftest import EMBEDDER, best, fill, finds, reopen

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from tests.vector_stores.conftest import *
from pathlib import Path
store = open_faiss(EMBEDDER, where=Path(sys.argv[1]))
for first in range(0, 100_000, 10):
    fill(store, first, first + 10)
    print(first + 10, flush=True)
"""


@pytest.fixture
def writer(folder):
    """Another process that adds ten texts after the other and says how many there are, until it is killed."""
    with subprocess.Popen([sys.executable, "-c", WRITER, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        yield run
        run.kill()


def test_the_index_file_is_read_again_after_a_restart(store):
    fill(store, 0, 40)
    again = reopen(store)
    assert (again.folder / "index.faiss").is_file()
    assert finds(again, 0, 40)
    again.close()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"\x00" * 100)], ids=["lost", "damaged"])
def test_a_bad_index_file_is_made_again_from_the_database(store, harm):
    fill(store, 0, 40)
    store.close()
    harm(store.folder / "index.faiss")
    again = open_faiss(EMBEDDER, where=store.folder)
    assert best(again, "text 7") == ("text 7", 1.0)
    again = reopen(again)
    assert (again.folder / "index.faiss").stat().st_size > 40 * 64
    assert best(again, "text 7") == ("text 7", 1.0)
    again.close()


def test_changes_after_the_index_file_are_found_and_what_was_deleted_is_not(store):
    fill(store, 0, 2000)
    again = reopen(store)
    again.delete([f"text {number}" for number in range(100)])
    again.add_texts(["text 500"], ids=["another"])  # the same text under another id
    again.add_texts(["replaced"], ids=["text 600"])
    again = reopen(again)
    assert json.loads(state(again, "snapshot"))["count"] == 2000  # so few changes are not worth a new file
    assert again.count() == len(again.list_ids()) == 1901
    assert best(again, "text 50")[1] < 0.9
    assert {name for name, _ in again.nearest(EMBEDDER.embed_query("text 500"), 2)} == {"text 500", "another"}
    assert best(again, "replaced") == ("text 600", 1.0)
    again.close()


def test_many_changes_are_worth_a_new_index_file(store, small):
    fill(store, 0, 40)
    again = reopen(store)
    again.delete(["text 0", "text 1"])
    fill(again, 40, 60)
    again = reopen(again)
    assert json.loads(state(again, "snapshot"))["count"] == 58
    assert rows_of(again, "SELECT count(*) FROM gone") == [(2,)]
    again.delete([f"text {number}" for number in range(2, 20)])
    again = reopen(again)
    assert rows_of(again, "SELECT count(*) FROM gone") == [(18,)]  # what the older file needed is forgotten
    assert finds(again, 20, 60)
    again.close()


def state(store, name):
    return rows_of(store, f"SELECT value FROM state WHERE name = '{name}'")[0][0]


def rows_of(store, query):
    database = sqlite3.connect(store.folder / "documents.sqlite")
    rows = database.execute(query).fetchall()
    database.close()
    return rows


def test_a_writer_that_is_there_too_is_seen(store, small):
    fill(store, 0, 20)
    assert finds(store, 0, 20)
    other = open_faiss(EMBEDDER, where=store.folder)
    fill(other, 20, 40)
    assert finds(store, 0, 40)
    other.delete(["text 3"])
    assert best(store, "text 3")[1] < 0.9
    other.close()
    assert finds(store, 4, 40)


def test_a_view_older_than_what_is_remembered_of_deletions_starts_again(store, small):
    fill(store, 0, 40)
    assert finds(store, 0, 40)
    for first in (0, 10, 20):  # each of these writes an index file and forgets what came before the last one
        other = open_faiss(EMBEDDER, where=store.folder)
        other.delete([f"text {number}" for number in range(first, first + 10)])
        other.close()
    assert best(store, "text 5")[1] < 0.9
    assert finds(store, 30, 40)


def test_an_emptied_store_is_empty_and_takes_another_dimension(store):
    fill(store, 0, 5)
    store.delete([f"text {number}" for number in range(5)])
    assert store.nearest(EMBEDDER.embed_query("text 1"), 3) == []
    other = open_faiss(DeterministicFakeEmbedding(size=8), where=store.folder)
    assert other.add_texts(["x"]) == other.list_ids()
    other.close()


def test_vectors_of_another_dimension_are_refused(store):
    fill(store, 0, 5)
    other = open_faiss(DeterministicFakeEmbedding(size=8), where=store.folder)
    with pytest.raises(UsageError, match="have 32 numbers, this embedder gives 8"):
        other.add_texts(["x"])
    with pytest.raises(UsageError, match="have 32 numbers, this embedder gives 8"):
        other.similarity_search("x")
    other.close()


def test_a_file_that_is_no_database_is_refused(folder):
    folder.mkdir()
    (folder / "documents.sqlite").write_bytes(b"nothing of the kind" * 400)
    with pytest.raises(BackendError, match="cannot be opened: file is not a database"):
        open_faiss(EMBEDDER, where=folder)


def test_damage_in_the_index_file_heals_and_damage_in_the_database_is_told(store):
    fill(store, 0, 200)
    again = reopen(store)
    path = again.folder / "index.faiss"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert again.find_damage() == ""
    assert not path.exists()
    assert finds(again, 0, 20)
    again.close()
    database = again.folder / "documents.sqlite"
    database.write_bytes(database.read_bytes()[:-8192] + b"\xff" * 8192)
    assert open_faiss(EMBEDDER, where=again.folder).find_damage() != ""


OLD = """
CREATE TABLE documents (
    row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, content TEXT NOT NULL, metadata TEXT NOT NULL,
    vector BLOB NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO state VALUES ('change', '7'), ('snapshot', '{"change": 7, "sha256": "00"}');
"""


def test_a_folder_with_fp32_vectors_and_their_old_index_opens_and_goes_on(folder):
    folder.mkdir()
    (folder / "index.faiss").write_bytes(b"IxM2, an index in another form")
    database = sqlite3.connect(folder / "documents.sqlite")
    database.executescript(OLD)
    for number in range(20):
        vector = np.asarray(EMBEDDER.embed_query(f"text {number}"), dtype=np.float32)
        row = (f"text {number}", f"text {number}", "{}", (vector / np.linalg.norm(vector)).tobytes())
        database.execute("INSERT INTO documents (id, content, metadata, vector) VALUES (?, ?, ?, ?)", row)
    database.commit()
    database.close()
    store = open_faiss(EMBEDDER, where=folder)
    assert finds(store, 0, 20)
    fill(store, 18, 40)  # two are replaced
    store = reopen(store)
    assert store.count() == 40
    assert finds(store, 0, 40)
    assert {row.dtype.name for row in store.vectors_of(["text 1", "text 30"]).values()} == {"float32"}
    store.close()


def test_a_search_while_another_process_adds_finds_all_that_it_has_told(store, writer, small):
    for _ in range(20):
        told = int(writer.stdout.readline())
        assert finds(store, told - 3, told)
    writer.kill()


def test_a_killed_writer_loses_nothing_that_it_has_told(writer, folder):
    told = [int(writer.stdout.readline()) for _ in range(30)][-1]
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    store = open_faiss(EMBEDDER, where=folder)
    assert store.find_damage() == ""
    assert store.count() >= told
    assert store.count() % 10 == 0
    assert finds(store, told - 10, told)
    store.close()


def test_threads_find_what_was_added_before_they_began(store, small):
    told, wrong, done = [], [], threading.Event()

    def add():
        for first in range(0, 400, 5):
            fill(store, first, first + 5)
            if first % 20 == 15:
                store.delete([f"text {first}"])
            told.append(first + 1)
        done.set()

    def search(seed):
        rng = np.random.default_rng(seed)
        while not done.is_set():
            if told and not finds(store, number := int(rng.choice(told[-20:])), number + 1):
                wrong.append(number)

    with ThreadPoolExecutor() as pool:
        for run in [pool.submit(add), *(pool.submit(search, seed) for seed in range(3))]:
            run.result()
    assert wrong == []
    assert store.count() == 380


def test_nobody_sees_what_is_rolled_back(store):
    fill(store, 0, 5)

    def fail():
        with store._documents.writing() as database:
            database.execute("DELETE FROM documents")
            assert finds(store, 0, 5)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert finds(store, 0, 5)
    assert store.count() == 5
