"""What another process adds and removes is found by a server that has the collection open, whatever its store."""

import subprocess
import sys
import threading
import time

import pytest

from ondol.retrieve.config import RetrieveConfig
from ondol.server.engine import Engine
from ondol.settings import load_settings

DENSE = RetrieveConfig(mode="dense", k=50, fetch=50)
STORES = ["memory", "faiss", "chroma"]


@pytest.fixture(params=STORES)
def engine(request, documents, monkeypatch):
    """A server that has searched a collection of this store."""
    pytest.importorskip("chromadb") if request.param == "chroma" else None
    monkeypatch.setenv("ONDOL_STORE", request.param)
    ondol("add", documents)
    with Engine(load_settings()) as opened:
        assert titles(opened) == {"museum", "방앗간"}
        yield opened


def ondol(*words):
    """The program, as a process of its own."""
    command = [sys.executable, "-m", "ondol.cli.main", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def titles(engine, question="mill"):
    with engine.retriever(None, DENSE) as retriever:
        return {hit.metadata["title"] for hit in retriever.search(question).hits}


@pytest.mark.slow
def test_what_another_process_adds_changes_and_removes_is_followed(engine, documents):
    brook = documents / "brook.md"
    brook.write_text("# Brook\n\nThe brook turns the wheel.", encoding="utf-8")
    ondol("add", brook)
    assert titles(engine) == {"museum", "방앗간", "Brook"}
    brook.write_text("# Stream\n\nThe stream turns the wheel.", encoding="utf-8")
    ondol("add", brook)
    assert titles(engine) == {"museum", "방앗간", "Stream"}
    ondol("remove", documents / "museum.txt")
    assert titles(engine) == {"방앗간", "Stream"}
    with engine.library() as library:
        assert library.verify() == []
        assert library.vectors.count() == library.state()["chunks"]


@pytest.mark.slow
def test_threads_search_while_another_process_adds(engine, documents):
    for number in range(300):
        (documents / f"note {number}.txt").write_text(f"Note {number}: the wheel turns. 물레방아 {number}번.", "utf-8")
    over, broken, searched = threading.Event(), [], []

    def search():
        while not over.is_set():
            try:
                searched.append(len(titles(engine)))
            except Exception as error:
                broken.append(error)
                return

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    ondol("add", documents)
    time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    assert broken == []
    assert len(searched) > 4
    with engine.library() as library:
        assert library.verify() == []
        assert library.vectors.count() == library.state()["chunks"] == 302


@pytest.mark.slow
def test_another_process_is_not_made_to_embed_again_by_a_server_that_opens(engine):
    """A store of this process's own is filled without a change of the rows that others see."""
    with engine.library() as library:
        before = library._db.execute("PRAGMA data_version").fetchone()[0]
        with Engine(load_settings()) as second:
            assert titles(second) == {"museum", "방앗간"}
        assert library._db.execute("PRAGMA data_version").fetchone()[0] == before
