"""The real worker process: what it does, what is left when it is killed, and what goes on."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

import ondol
from ondol.server.engine import Engine
from ondol.server.jobs.keeper import WorkerKeeper
from ondol.settings import load_settings

MANY = 1200


@pytest.fixture
def many(write):
    """Names of so many small files that there is time to stop reading them."""
    texts = {f"note {n}.txt": f"Note {n}: the mill grinds {n} sacks a day." for n in range(MANY // 2)}
    texts |= {f"기록 {n}.md": f"# 기록 {n}\n\n방앗간은 하루에 밀 {n}자루를 빻습니다." for n in range(MANY // 2)}
    return [write(name, text) for name, text in texts.items()]


@pytest.fixture
def sources(home):
    """Names of the sources of a collection, every one as often as it is there."""

    def read(collection="main", *, sound=True):
        with ondol.open_library(home, collection) as library:
            assert not sound or library.verify() == []
            return sorted(row["source"].rpartition("/")[2] for row in library.source_rows())

    return read


def begun(row):
    return row["state"] == "running" and row["progress"]["done"] > 0


def is_job(process):
    """A process that has begun to be one; before that it is a copy of the worker, or a program that a library asks."""
    try:
        return "ondol.server.jobs.run" in process.cmdline()
    except psutil.Error:
        return False


@pytest.fixture
def kill_job(worker, wait_until):
    """Kill the process of the job that runs, another one each time."""
    killed = set()

    def kill():
        def find():
            children = psutil.Process(worker.pid).children()
            return next((one for one in children if one.pid not in killed and is_job(one)), None)

        process = wait_until(find)
        killed.add(process.pid)
        process.kill()

    return kill


def test_files_are_added_and_a_library_that_was_open_finds_them(store, write, wait_for, home, worker):
    with Engine(load_settings()) as engine, engine.library("main", create=True) as library:
        assert library.state()["sources"] == 0
        names = [write("museum.txt", "The museum opens at 9:30."), write("방앗간.md", "# 방앗간\n\n밀을 빻습니다.")]
        job = store.add("add", names[0], {"collection": "main", "files": [*names, "gone.txt"]})["id"]
        row = wait_for(job, "done", "failed")
        assert row["state"] == "done", row
        assert (row["result"]["added"], row["result"]["chunks"]) == (2, 2)
        assert row["result"]["failed"] == [{"path": "gone.txt", "reason": "There is no such file or folder."}]
        assert library.state()["sources"] == 2
        assert library.vectors.count() == 2
        from ondol.retrieve.config import RetrieveConfig
        from ondol.retrieve.search import search_library

        [hit, *_] = search_library(library, "방앗간", RetrieveConfig()).hits
        assert hit.metadata["source"].endswith("방앗간.md")


@pytest.mark.slow
def test_a_worker_that_is_killed_while_it_adds_loses_nothing(store, many, wait_for, worker, kill_worker, sources):
    job = store.add("add", "many", {"collection": "main", "files": many})["id"]
    for _ in range(2):
        wait_for(job, test=begun)
        kill_worker()
    row = wait_for(job, "done", "failed")
    assert row["state"] == "done", row
    assert row["result"]["added"] + row["result"]["unchanged"] == MANY
    assert sources() == sorted(many)


@pytest.mark.slow
def test_a_job_whose_own_process_is_killed_goes_on(store, many, wait_for, kill_job, sources):
    job = store.add("add", "many", {"collection": "main", "files": many})["id"]
    wait_for(job, test=begun)
    kill_job()
    assert wait_for(job, "done", "failed")["state"] == "done"
    assert sources() == sorted(many)


@pytest.mark.slow
def test_a_job_that_is_killed_again_and_again_fails_and_says_so(store, many, wait_for, kill_job):
    job = store.add("add", "many", {"collection": "main", "files": many})["id"]
    for _ in range(4):
        kill_job()
    row = wait_for(job, "failed")
    assert row["error"]["message"] == "Its process was lost again and again."


@pytest.mark.slow
def test_a_job_is_stopped_keeps_what_it_did_and_goes_on_when_it_is_tried_again(
    store, many, wait_for, worker, sources
):  # fmt: skip
    job = store.add("add", "many", {"collection": "main", "files": many})["id"]
    wait_for(job, test=begun)
    store.stop(job)
    assert wait_for(job, "stopped", "done")["state"] == "stopped"
    kept = sources(sound=False)  # their words may wait for the next time
    assert len(kept) < MANY
    store.retry(job)
    assert wait_for(job, "done", "failed")["result"]["unchanged"] == len(kept)
    assert sources() == sorted(many)


@pytest.mark.slow
def test_a_killed_worker_goes_on_with_a_training_where_it_was_saved(
    store, training, wait_for, wait_until, home, worker, kill_worker
):  # fmt: skip
    folder = home / "adapters" / "small"
    job = store.add("finetune", "small", training)["id"]
    wait_until(lambda: len([*folder.glob("checkpoints/checkpoint-*/trainer_state.json")]) > 1)
    kill_worker()
    row = wait_for(job, "done", "failed")
    assert row["state"] == "done", row
    assert (row["result"]["steps"], row["result"]["status"]) == (54, "done")
    assert row["result"]["held_out_change"]["n"] == 6
    log = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in log if "loss" in row] == list(range(1, 55))
    assert not [line for line in row["log"] if "Question" in line or "질문" in line]


@pytest.mark.slow
def test_a_training_is_stopped_saved_and_goes_on(store, training, wait_for, wait_until, home, worker):
    folder = home / "adapters" / "small"
    job = store.add("finetune", "small", training)["id"]
    wait_until(lambda: [*folder.glob("checkpoints/checkpoint-*/trainer_state.json")])
    store.stop(job)
    row = wait_for(job, "stopped", "done", "failed")
    assert row["state"] == "stopped"
    assert json.loads((folder / "run.json").read_text())["status"] == "training"
    assert [*folder.glob("checkpoints/checkpoint-*/trainer_state.json")]
    store.retry(job)
    assert wait_for(job, "done", "failed")["result"]["steps"] == 54


@pytest.mark.slow
def test_the_end_of_the_server_is_no_loss_and_the_next_one_goes_on(store, training, wait_for, wait_until, home):
    folder = home / "adapters" / "small"
    with WorkerKeeper(home):
        job = store.add("finetune", "small", training)["id"]
        wait_until(lambda: [*folder.glob("checkpoints/checkpoint-*/trainer_state.json")])
    wait_for(job, "interrupted")
    with WorkerKeeper(home):
        assert wait_for(job, "done", "failed")["result"]["steps"] == 54


@pytest.mark.slow
def test_a_run_whose_end_was_not_noted_is_taken_as_it_is(store, training, wait_for, worker):
    job = store.add("finetune", "small", training)["id"]
    first = wait_for(job, "done", "failed")["result"]
    again = store.add("finetune", "small", training)["id"]
    assert wait_for(again, "done", "failed")["result"] == first


def test_the_worker_ends_when_the_server_is_killed(home, wait_until):
    program = (
        "import sys, time; from pathlib import Path; from ondol.server.jobs.keeper import WorkerKeeper\n"
        "keeper = WorkerKeeper(Path(sys.argv[1])); keeper.start()\n"
        "while not keeper.pid: time.sleep(0.01)\n"
        "print(keeper.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True) as server:
        pid = int(server.stdout.readline())
        assert psutil.pid_exists(pid)
        server.send_signal(signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def test_one_worker_a_home_and_the_second_waits(home, store, wait_until, write):
    name = write("a.txt", "The mill grinds.")
    with WorkerKeeper(home) as first:
        wait_until(lambda: first.pid)
        with WorkerKeeper(home) as second:
            wait_until(lambda: second.pid)
            jobs = [store.add("add", name, {"collection": "main", "files": [name]})["id"] for _ in range(2)]

            def ended():
                assert len(store.running()) <= 1
                return all(store.get(job)["state"] == "done" for job in jobs)

            wait_until(ended)


def test_a_job_leaves_its_messages_in_the_language_of_who_asked(store, wait_for, worker):
    job = store.add("pull", "no-such-model", {"name": "no-such-model"}, language="ko")["id"]
    assert "no-such-model" in (row := wait_for(job, "failed"))["error"]["message"]
    assert "모델" in row["error"]["message"]


def test_a_job_in_which_something_unexpected_happens_fails_without_the_words(store, wait_for, worker):
    job = store.add("add", "broken", {})["id"]
    assert wait_for(job, "failed")["error"]["message"] == "Something unexpected happened: KeyError."


def test_files_of_which_none_can_be_read_are_told_one_by_one(store, write, wait_for, worker):
    names = [write("empty.txt", " "), write("bad.pdf", "%PDF-1.7 broken")]
    job = store.add("add", "bad", {"collection": "main", "files": names})["id"]
    row = wait_for(job, "failed", "done")
    assert row["state"] == "failed"
    assert "There was nothing to add." in row["error"]["message"]
    assert os.sep not in row["error"]["message"]
    assert [(entry["path"], bool(entry["reason"])) for entry in row["result"]["failed"]] == [
        ("empty.txt", True), ("bad.pdf", True),
    ]  # fmt: skip
