"""What llama.cpp's server does where memory or threads are used up."""

import tempfile
import threading
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from ondol.errors import BackendError
from ondol.gguf import server
from ondol.gguf.server import LlamaServer, ServerOptions, make_params, open_server, release

MIB = 2**20


class Quick:
    def handle_completions(self, request, receive):
        for number in range(4):
            receive({"content": number})
        if request.get("fails"):
            raise RuntimeError("out of memory")


def hold(model):
    llama = LlamaServer.__new__(LlamaServer)
    llama._held, llama._running, llama._loading = [model], {}, nullcontext()
    llama._release = SimpleNamespace(alive=True)
    return llama


def test_events_that_come_soon_after_one_another_are_given_together():
    bursts = list(hold(Quick()).stream({}))
    assert [event["content"] for burst in bursts for event in burst] == [0, 1, 2, 3]
    assert len(bursts) <= 2


def test_events_are_given_one_by_one_where_each_counts():
    bursts = hold(Quick()).stream({}, gather=False)
    assert [[event["content"] for event in burst] for burst in bursts] == [[0], [1], [2], [3]]


@pytest.mark.parametrize("gather", [True, False])
def test_what_came_before_a_failure_is_given_first(gather):
    found = []
    with pytest.raises(BackendError, match="out of memory"):
        found.extend(event["content"] for burst in hold(Quick()).stream({"fails": 1}, gather=gather) for event in burst)
    assert found == [0, 1, 2, 3]


def test_a_thread_that_cannot_be_started_is_told_and_not_waited_for(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    llama = hold(Quick())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(BackendError, match="cannot start a thread: can't start new thread") as told:
        list(llama.stream({}))
    assert "ulimit" in told.value.hint
    assert llama._running == {}


def test_closing_passes_over_a_thread_that_is_only_being_started():
    held, folder = [object()], tempfile.TemporaryDirectory()
    cancelled = threading.Event()
    release(held, {threading.Thread(): cancelled}, folder)
    assert cancelled.is_set()
    assert held == []


@pytest.mark.parametrize(
    ("free", "message", "hint"),
    [
        (2, "needs 3 MiB of memory and 2 MiB are free", "Close other programs"),
        (5, "cannot load", "The memory may be too small"),
        (900, "cannot load", "It may be damaged"),
    ],
)
def test_a_file_that_does_not_load_is_blamed_on_the_memory_where_that_is_short(
    tmp_path, monkeypatch, free, message, hint
):
    path = tmp_path / "odd.gguf"
    path.write_bytes(bytes(3 * MIB))
    monkeypatch.setattr(server, "memory_mb", lambda: (1000, free))
    options = ServerOptions(threads=1, context=64)
    with pytest.raises(BackendError, match=message) as told:
        open_server(make_params(path, options), path, options)
    assert told.value.hint.startswith(hint)
