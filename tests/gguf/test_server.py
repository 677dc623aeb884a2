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


class Quiet:
    def handle_completions(self, request, receive):
        receive({"content": "never"})


def test_a_thread_that_cannot_be_started_is_told_and_not_waited_for(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    llama = LlamaServer.__new__(LlamaServer)
    llama._held, llama._running, llama._loading = [Quiet()], {}, nullcontext()
    llama._release = SimpleNamespace(alive=True)
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
