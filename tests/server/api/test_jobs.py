"""/api/jobs: listed, watched, stopped, tried again; the worker's side is played by the test."""

import json
import threading
import time

import pytest

from ondol.server.api import jobs as module


def events_of(text):
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_jobs_are_listed_with_the_latest_first_and_by_kind(client, engine):
    for kind in ("add", "pull", "add"):
        engine.jobs.add(kind, kind, {})
    assert [row["kind"] for row in client.get("/api/jobs").json()["jobs"]] == ["add", "pull", "add"]
    assert [row["kind"] for row in client.get("/api/jobs?kind=pull").json()["jobs"]] == ["pull"]
    assert client.get("/api/jobs?kind=cook").status_code == 400


def test_a_job_that_nobody_knows_is_not_found(client):
    calls = [client.get("/api/jobs/x"), client.get("/api/jobs/x/events"), client.delete("/api/jobs/x")]
    calls.append(client.post("/api/jobs/x/retry"))
    assert [(call.status_code, call.json()["error"]["code"]) for call in calls] == [(404, "not_found")] * 4


def test_changes_of_a_job_are_sent_until_it_ends(client, engine):
    job = engine.jobs.add("add", "a", {})["id"]

    def work():
        time.sleep(0.4)
        engine.jobs.take(set())
        time.sleep(0.5)
        engine.jobs.end(job, "done", result={"added": 1})

    thread = threading.Thread(target=work)
    thread.start()
    response = client.get(f"/api/jobs/{job}/events")
    thread.join()
    assert response.headers["content-type"].startswith("text/event-stream")
    rows = events_of(response.text)
    assert [row["state"] for row in rows] == ["waiting", "running", "done"]
    assert rows[-1] == client.get(f"/api/jobs/{job}").json()


def test_who_watches_is_let_go_when_the_server_ends(client, engine):
    job = engine.jobs.add("add", "a", {})["id"]
    threading.Timer(0.5, engine.stopping.set).start()
    assert len(events_of(client.get(f"/api/jobs/{job}/events").text)) == 1


def test_something_is_sent_while_nothing_changes(engine, monkeypatch):
    monkeypatch.setattr(module, "BEAT_S", 0.0)
    changes = module.changes(engine, engine.jobs.add("add", "a", {})["id"])
    assert next(changes).startswith("event: job\n")
    assert next(changes) == ": still there\n\n"
    changes.close()


def test_a_job_is_stopped_and_tried_again(client, engine):
    job = engine.jobs.add("add", "a", {"files": ["a.txt"]})["id"]
    assert client.delete(f"/api/jobs/{job}").json()["state"] == "stopped"
    again = client.post(f"/api/jobs/{job}/retry")
    assert (again.status_code, again.json()["job"]["id"], again.json()["job"]["state"]) == (202, job, "waiting")
    refused = client.post(f"/api/jobs/{job}/retry", headers={"accept-language": "ko"})
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "실패했거나 멈춘 작업만 다시 시도할 수 있습니다."


@pytest.mark.parametrize("path", ["", "/x", "/x/events", "/x/retry"])
def test_methods_that_there_are_not_are_refused(client, path):
    assert client.put(f"/api/jobs{path}").status_code == 405
