"""States of jobs: who may change them, what is remembered, and what a lost process means."""

import sqlite3
import threading

import pytest

from ondol.errors import BackendError, Damaged, NotFound, UsageError
from ondol.server.jobs import store as module
from ondol.server.jobs.store import JobStore

ERROR = {"message": "lost", "hint": "less"}


def test_a_job_is_told_as_it_was_asked_for(store):
    row = store.add("add", "방앗간.md", {"files": ["방앗간.md"]}, language="ko")
    assert (row["kind"], row["state"], row["title"], row["request"]) == (
        "add", "waiting", "방앗간.md", {"files": ["방앗간.md"]},
    )  # fmt: skip
    assert row["result"] is row["error"] is row["started"] is row["ended"] is None
    assert row["progress"] == {"done": 0, "total": None, "what": "", "unit": "", "rate": None, "left_s": None}
    assert store.language_of(row["id"]) == "ko"
    assert store.get(row["id"]) == row


def test_what_is_added_comes_before_what_is_taught_and_one_of_a_kind_runs_at_a_time(store):
    run, first, second = store.add("finetune", "t", {}), store.add("add", "1", {}), store.add("add", "2", {})
    assert store.take(set())["id"] == first["id"]
    assert store.take({"add"})["id"] == run["id"]
    assert store.take({"add", "finetune"}) is None
    store.end(first["id"], "done", result={})
    assert store.take({"finetune"})["id"] == second["id"]


def test_a_job_is_taken_once_by_threads_that_take_at_the_same_time(home, store):
    for number in range(20):
        store.add("add", str(number), {})
    taken = []

    def take():
        with JobStore(home) as other:
            while row := other.take(set()):
                taken.append(row["id"])

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 20


def test_a_job_that_waits_is_stopped_at_once_and_one_that_runs_is_asked_to_end(store):
    waiting, running = store.add("pull", "w", {}), store.add("add", "r", {})
    store.take({"pull"})
    assert store.stop(waiting["id"])["state"] == "stopped"
    row = store.stop(running["id"])
    assert (row["state"], row["stopping"]) == ("running", True)
    assert store.is_stopping(running["id"])
    store.end(running["id"], "stopped")
    row = store.stop(running["id"])
    assert (row["state"], row["stopping"]) == ("stopped", False)


def test_a_lost_job_goes_on_three_times_and_then_says_so(store):
    job = store.add("add", "a", {})["id"]
    for _ in range(3):
        store.take(set())
        store.interrupt(job, error=ERROR)
        assert store.get(job)["state"] == "interrupted"
    store.take(set())
    store.interrupt(job, error=ERROR)
    row = store.get(job)
    assert (row["state"], row["error"]) == ("failed", ERROR)
    assert store.take(set()) is None
    assert store.retry(job)["state"] == "waiting"


def test_an_end_in_order_is_no_loss(store):
    job = store.add("add", "a", {})["id"]
    for _ in range(10):
        store.take(set())
        store.interrupt(job, error=ERROR, killed=False)
    assert store.get(job)["state"] == "interrupted"


def test_a_lost_job_that_was_to_stop_is_stopped(store):
    job = store.add("add", "a", {})["id"]
    store.take(set())
    store.stop(job)
    store.interrupt(job, error=ERROR)
    assert store.get(job)["state"] == "stopped"


def test_a_job_that_has_ended_does_not_end_otherwise(store):
    job = store.add("add", "a", {})["id"]
    store.take(set())
    store.end(job, "done", result={"added": 1})
    store.end(job, "failed", error=ERROR)
    store.interrupt(job, error=ERROR)
    assert (store.get(job)["state"], store.get(job)["error"]) == ("done", None)


@pytest.mark.parametrize("state", ["waiting", "running", "done"])
def test_only_what_failed_or_was_stopped_is_tried_again(store, state):
    job = store.add("add", "a", {})["id"]
    if state != "waiting":
        store.take(set())
    if state == "done":
        store.end(job, "done", result={})
    with pytest.raises(UsageError, match="Only a job that failed or was stopped"):
        store.retry(job)


def test_the_last_lines_stay(store):
    job = store.add("add", "a", {})["id"]
    for number in range(30):
        store.tell(job, lines=[f"line {number}"])
    assert store.get(job)["log"] == [f"line {number}" for number in range(10, 30)]


def test_old_jobs_go_and_evaluations_stay(store, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    kept = store.add("evaluate", "e", {})["id"]
    store.take(set())
    store.end(kept, "done", result={})
    for number in range(4):
        store.add("pull", str(number), {})
        store.end(store.take(set())["id"], "done", result={})
    last = store.add("pull", "last", {})["id"]
    names = [row["title"] for row in store.list()]
    assert names == ["last", "3", "e"]
    assert store.get(last)["state"] == "waiting"


class Interrupted:
    """A connection that is interrupted right behind a statement."""

    def __init__(self, inner, statement):
        self._inner, self._statement = inner, statement

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def execute(self, statement, *values):
        found = self._inner.execute(statement, *values)
        if statement == self._statement:
            raise KeyboardInterrupt
        return found


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "COMMIT"])
def test_an_interrupt_behind_a_statement_leaves_nothing_open(store, monkeypatch, statement):
    job = store.add("add", "a", {})["id"]
    with monkeypatch.context() as patched:
        patched.setattr(store, "_db", Interrupted(store._db, statement))
        with pytest.raises(KeyboardInterrupt):
            store.tell(job, lines=["first"])
    store.tell(job, lines=["second"])
    assert store.get(job)["log"] == (["first"] if statement == "COMMIT" else []) + ["second"]


def test_numbers_that_json_does_not_know_become_null(store):
    job = store.add("evaluate", "e", {})["id"]
    store.take(set())
    store.end(job, "done", result={"p": float("nan"), "rows": [float("inf"), 1.5]})
    assert store.get(job)["result"] == {"p": None, "rows": [None, 1.5]}


def test_a_job_that_nobody_knows_is_not_found(store):
    with pytest.raises(NotFound, match="There is no job 'nothing'"):
        store.get("nothing")


def test_a_file_that_is_no_database_is_told(home):
    home.mkdir()
    (home / "jobs.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Damaged, match="holds no jobs that can be read"):
        JobStore(home)


def test_a_file_of_a_newer_ondol_is_left_alone(home, store):
    with sqlite3.connect(home / "jobs.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(BackendError, match="was written by a newer ondol"):
        JobStore(home)
