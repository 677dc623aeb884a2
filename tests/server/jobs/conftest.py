"""Jobs with the real worker process, on small parts."""

import os
import signal
import time

import pytest

from ondol.server.jobs.keeper import WorkerKeeper
from ondol.server.jobs.store import JobStore

PATIENCE_S = 180


@pytest.fixture
def home(tmp_path, environment):
    return tmp_path / "home"


@pytest.fixture
def store(home):
    with JobStore(home) as opened:
        yield opened


@pytest.fixture
def worker(home):
    """The worker as the server keeps it."""
    with WorkerKeeper(home) as keeper:
        yield keeper


def _wait_until(test):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := test()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


@pytest.fixture
def wait_until():
    """Gives what a test gives as soon as it is true."""
    return _wait_until


@pytest.fixture
def wait_for(store):
    """Wait until a job is in one of these states, or a test of its row holds."""

    def wait(job, *states, test=None):
        def look():
            row = store.get(job)
            return row if (test(row) if test else row["state"] in states) else None

        return _wait_until(look)

    return wait


@pytest.fixture
def kill_worker(worker):
    """Take the worker away as `kill -9` does; another one takes its place."""

    def kill():
        pid = _wait_until(lambda: worker.pid)
        os.kill(pid, signal.SIGKILL)
        _wait_until(lambda: worker.pid not in (None, pid))

    return kill


@pytest.fixture
def write(home):
    """Put an uploaded file of a collection in its place."""
    from ondol.server.uploads.keep import uploads_folder

    def put(name, text, collection="main"):
        folder = uploads_folder(home, collection)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        return name

    return put


@pytest.fixture
def training(base, tmp_path):
    """The request of a run of 54 steps over English and Korean examples."""
    data = tmp_path / "examples.csv"
    rows = [(f"Question {n}?", f"Answer {n % 7}.") if n % 2 else (f"질문 {n}?", f"답 {n % 7}.") for n in range(60)]
    data.write_text("question,answer\n" + "".join(f"{q},{a}\n" for q, a in rows), encoding="utf-8")
    config = {
        "name": "small", "base": base, "data": [{"path": str(data)}], "batch": 2, "epochs": 2, "evaluations": 27,
        "patience": 0, "threads": 1, "device": "cpu",
    }  # fmt: skip
    return {"config": config}
