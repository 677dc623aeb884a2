"""Chroma in a folder and on a server."""

import gc
import shutil
import socket
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding

from ondol.errors import BackendError, Damaged, UsageError
from ondol.vector_stores.chroma import open_chroma

EMBEDDER = DeterministicFakeEmbedding(size=32)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "한글 폴더" / "vectors"


@pytest.fixture
def store(folder):
    opened = open_chroma(EMBEDDER, where=folder)
    yield opened
    opened.close()


def fill(store, count, size=32):
    rows = np.random.default_rng(13).normal(size=(count, size)).astype(np.float32)
    documents = [
        Document(page_content=f"글 {number}", metadata={"document_id": f"d{number}"}) for number in range(count)
    ]
    store.add_embedded(documents, rows, [f"글-{number}" for number in range(count)])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_new_opening_finds_everything_again(store, folder):
    rows = fill(store, 50)
    store.close()
    again = open_chroma(EMBEDDER, where=folder)
    assert (again.count(), again.nearest(rows[7], 1)[0][0]) == (50, "글-7")
    assert again.get_by_ids(["글-7"])[0].page_content == "글 7"
    again.close()


def test_nothing_leaves_the_machine(folder, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was made"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("an address was asked for"))
    store = open_chroma(EMBEDDER, where=folder)
    fill(store, 5)
    assert store.similarity_search("글 1", k=2)
    store.close()


def test_metadata_come_back_as_they_were(store):
    values = {"document_id": "d", "number": 3, "list": [1, {"a": "온돌"}], "none": None, "share": 0.5}
    store.add_texts(["온돌"], [values], ids=["a"])
    assert store.get_by_ids(["a"])[0].metadata == values
    assert store.nearest(EMBEDDER.embed_query("온돌"), 1, filter={"document_id": "d", "number": [2, 3]})[0][0] == "a"


def test_another_process_is_seen_by_the_next_search(store, folder):
    rows = fill(store, 20)
    assert store.nearest(rows[0], 1)[0][0] == "글-0"
    code = f"""if True:
        import numpy as np
        from pathlib import Path
        from langchain_core.documents import Document
        from ondol.vector_stores.chroma import open_chroma
        store = open_chroma(None, where=Path({str(folder)!r}))
        store.add_embedded([Document(page_content="new")], np.full((1, 32), 9.0, dtype=np.float32), ["new"])
        store.delete(["글-0"])
        store.close()"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert store.nearest([9.0] * 32, 1)[0][0] == "new"
    assert store.nearest(rows[0], 1)[0][0] != "글-0"
    assert (store.count(), "글-0" in store.list_ids()) == (20, False)


def test_other_dimensions_are_refused(store):
    fill(store, 3)
    with pytest.raises(UsageError, match="dimension"):
        fill(store, 3, size=16)


def test_damage_is_told(store, folder):
    fill(store, 2000)
    store.close()
    (folder / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    broken = open_chroma(EMBEDDER, where=folder)
    assert broken.find_damage()
    with pytest.raises(Damaged, match="damaged"):
        broken.count()
    broken.close()


def test_a_folder_that_is_gone_is_an_empty_store(store, folder):
    fill(store, 5)
    store.close()
    shutil.rmtree(folder)
    again = open_chroma(EMBEDDER, where=folder)
    assert (again.count(), again.find_damage()) == (0, "")
    again.close()


@pytest.mark.slow
def test_the_ten_nearest_of_20_000_are_found(store):
    rows = fill(store, 20_000, size=384)
    asked = np.random.default_rng(14).normal(size=(50, 384)).astype(np.float32)
    right = np.argsort(-(asked @ rows.T), axis=1)[:, :10]
    found = [{name for name, _ in store.nearest(row, 10)} for row in asked]
    shares = [len(names & {f"글-{n}" for n in best}) / 10 for names, best in zip(found, right, strict=True)]
    assert np.mean(shares) >= 0.99


@pytest.fixture
def drop_sockets():
    """Chroma's clients for servers leave connections open; that is not ours to mend."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = str(tmp_path_factory.mktemp("server"))
    start = "import sys; from chromadb.cli.cli import app; app()"
    command = [sys.executable, "-c", start, "run", "--path", where, "--port", str(port), "--host", "127.0.0.1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(150):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()


def test_a_server_keeps_collections_apart(drop_sockets, address, tmp_path):
    one = open_chroma(EMBEDDER, where=tmp_path / "main-1" / "vectors", address=address)
    other = open_chroma(EMBEDDER, where=tmp_path / "other-2" / "vectors", address=address)
    rows = fill(one, 10)
    assert (one.count(), other.count()) == (10, 0)
    assert one.nearest(rows[3], 1)[0][0] == "글-3"
    one.delete(["글-3"])
    again = open_chroma(EMBEDDER, where=tmp_path / "main-1" / "vectors", address=address)
    assert again.count() == 9
    again.close()
    one.close()
    other.close()


def test_a_server_that_is_not_there_is_told(drop_sockets, tmp_path):
    store = open_chroma(EMBEDDER, where=tmp_path, address="http://127.0.0.1:9")
    with pytest.raises(BackendError, match=r"Chroma at http://127\.0\.0\.1:9"):
        store.count()
    with pytest.raises(UsageError, match="no address"):
        open_chroma(EMBEDDER, where=tmp_path, address="server")
