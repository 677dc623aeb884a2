"""What was removed is kept for ten minutes, over a restart too, and nobody but who removed it can read it."""

import os
import time

import pytest
from fastapi.testclient import TestClient

from ondol.errors import NotFound
from ondol.server.api import undo
from ondol.server.api.undo import Removal, Removals
from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.settings import load_settings
from tests.server.api.conftest import HERE


@pytest.fixture
def removals(tmp_path):
    opened = Removals(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def copy(engine, ids):
    with engine.library() as library:
        return library.copy(ids["mill.md"], most=10_000)


def files(home):
    return sorted((home / "removed").iterdir())


def age(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))


def remove(client, name):
    return client.delete(f"/api/sources/{name}").json()


def test_a_removal_is_taken_back_by_the_next_server(client, engine, ids):
    before = client.get(f"/api/sources/{ids['mill.md']}").json()
    gone = remove(client, ids["mill.md"])
    engine.close()
    with Engine(load_settings()) as next_one, TestClient(make_app(next_one), base_url=HERE) as later:
        assert later.get(f"/api/sources/{ids['mill.md']}").status_code == 404
        back = later.post(f"/api/undo/{gone['undo']}").json()
        assert back == {"restored": [ids["mill.md"]], "there": []}
        assert later.get(f"/api/sources/{ids['mill.md']}").json() == before
        with next_one.library() as library:
            assert library.verify() == []
        assert files(next_one.settings.home) == []


def test_an_old_removal_cannot_be_taken_back_and_its_file_is_gone(client, engine, ids):
    gone = remove(client, ids["museum.txt"])
    [file] = files(engine.settings.home)
    age(file, undo.KEPT_S + 1)
    told = client.post(f"/api/undo/{gone['undo']}")
    assert (told.status_code, told.json()["error"]["message"]) == (404, "This cannot be taken back any more.")
    assert files(engine.settings.home) == []


def test_what_is_kept_cannot_be_read_without_the_token(removals, copy, tmp_path):
    token, _ = removals.keep(Removal(collection="main", copy=copy))
    [file] = files(tmp_path)
    held = file.read_bytes()
    assert "방앗간" in copy.drafts[0].pieces[0].text
    for word in ("방앗간", "mill", "main", "\\ubc29", "drafts", token):
        assert word.encode() not in held
        assert word not in file.name
    assert removals.find(token).copy == copy
    with pytest.raises(NotFound):
        removals.find(token[:-1])


def test_a_server_that_starts_deletes_what_is_over(engine, copy):
    engine.removals.keep(Removal(collection="main", copy=copy))
    engine.removals.keep(Removal(collection="main", copy=copy))
    old, young = files(engine.settings.home)
    age(old, undo.KEPT_S + 1)
    with TestClient(make_app(engine), base_url=HERE):
        assert files(engine.settings.home) == [young]


def test_a_server_that_runs_deletes_what_is_over_by_itself(removals, copy, tmp_path, monkeypatch):
    monkeypatch.setattr(undo, "KEPT_S", 0.5)
    removals.keep(Removal(collection="main", copy=copy))
    assert len(files(tmp_path)) == 1
    deadline = time.monotonic() + 20
    while files(tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_oldest_go_when_there_is_too_much(removals, copy, tmp_path, monkeypatch):
    first, _ = removals.keep(Removal(collection="main", copy=copy))
    [file] = files(tmp_path)
    age(file, 60)
    monkeypatch.setattr(undo, "MOST_BYTES", int(1.5 * file.stat().st_size))
    second, _ = removals.keep(Removal(collection="main", copy=copy))
    with pytest.raises(NotFound):
        removals.find(first)
    assert removals.find(second).copy == copy


@pytest.mark.parametrize(
    "change", [lambda data: data[:-7], lambda data: bytes([data[0] ^ 1]) + data[1:], lambda _: b""]
)
def test_a_broken_file_is_no_removal(removals, copy, tmp_path, change):
    token, _ = removals.keep(Removal(collection="main", copy=copy))
    [file] = files(tmp_path)
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(NotFound, match="cannot be taken back"):
        removals.find(token)


@pytest.mark.parametrize("token", ["", ".", "../jobs.sqlite", "a/b", "\0", "가"])
def test_what_is_no_token_finds_nothing(removals, token):
    with pytest.raises(NotFound):
        removals.find(token)
