"""The index file and what is known of it stay together."""

import os
import time

import numpy as np
import pytest
from langchain_core.documents import Document

from ondol.vector_stores import snapshot
from ondol.vector_stores.contract import unit
from ondol.vector_stores.documents import Documents
from ondol.vector_stores.snapshot import load_view, save_view


@pytest.fixture
def documents(tmp_path):
    opened = Documents(tmp_path / "documents.sqlite")
    add(opened, 0, 30)
    yield opened
    opened.close()


def add(documents, first, last):
    vectors = unit(np.random.default_rng(first).standard_normal((last - first, 8), dtype=np.float32))
    documents.add([Document(id=str(number), page_content="") for number in range(first, last)], vectors)


def load(documents):
    with documents.reading() as database:
        return load_view(database, documents.path.parent / "index")


def test_what_is_saved_is_loaded(documents):
    save_view(documents, None, documents.path.parent / "index")
    view = load(documents)
    assert (len(view), view.change, view.last) == (30, 1, 30)


def test_any_changed_spot_makes_a_small_file_unusable(documents):
    path = documents.path.parent / "index"
    save_view(documents, None, path)
    data = path.read_bytes()
    for place in (0, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
        assert len(load(documents)) == 0


def test_an_older_view_does_not_take_the_place_of_a_newer_one(documents, small, monkeypatch):
    path = documents.path.parent / "index"

    def overtake(*_):
        monkeypatch.undo()
        add(documents, 30, 60)
        save_view(documents, None, path)

    monkeypatch.setattr(snapshot, "_remove_left_over", overtake)  # another process writes while this one does
    save_view(documents, None, path)
    assert len(load(documents)) == 60
    assert [file.name for file in path.parent.glob("index*")] == ["index"]


def test_a_full_disk_leaves_no_half_file(documents, monkeypatch):
    def fail(*_):
        raise OSError("No space left on device")

    path = documents.path.parent / "index"
    monkeypatch.setattr(snapshot.os, "fsync", fail)
    save_view(documents, None, path)
    assert list(path.parent.glob("index*")) == []


def test_what_a_killed_process_was_writing_long_ago_is_removed(documents):
    path = documents.path.parent / "index"
    old, fresh = path.with_name("index.1"), path.with_name("index.2")
    for file in (old, fresh):
        file.write_bytes(b"")
    os.utime(old, (time.time() - 7200,) * 2)
    save_view(documents, None, path)
    assert sorted(file.name for file in path.parent.glob("index*")) == ["index", "index.2"]
