import json

import pytest


def test_the_catalogue_tells_what_is_here_and_what_would_fit(client):
    rows = {row["name"]: row for row in client.get("/api/models").json()["models"]}
    assert rows["gemma-3-270m"]["status"] == "absent"
    assert rows["gemma-3-270m"]["fits"]["fits"] in ("yes", "tight", "no")
    assert rows["multilingual-e5-small"]["fits"] is None


def test_fetching_is_a_job_and_the_same_job_the_second_time(client):
    begun = client.post("/api/models/gemma-3-270m/pull")
    job = begun.json()["job"]
    assert (begun.status_code, job["kind"], job["state"]) == (202, "pull", "waiting")
    assert job["request"] == {"name": "gemma-3-270m", "settings": {}}
    assert client.post("/api/models/gemma-3-270m/pull").json()["job"]["id"] == job["id"]


@pytest.mark.parametrize("name", ["gemma-3-270n", "..%2F..%2Fetc", "a%00b", "hub:x%2Fy", "%2Fetc%2Fpasswd"])
def test_only_known_names_are_fetched_or_removed(client, name):
    assert client.post(f"/api/models/{name}/pull").status_code == 404
    assert client.delete(f"/api/models/{name}").status_code == 404
    assert client.get("/api/jobs?kind=pull").json().get("jobs", []) == []


def test_a_model_that_is_not_here_is_not_removed(client):
    told = client.delete("/api/models/gemma-3-270m")
    assert told.json()["error"]["message"] == "The model 'gemma-3-270m' is not on this machine."


def test_a_damaged_model_can_be_removed(client, engine):
    folder = engine.settings.home / "models" / "gemma-3-270m"
    folder.mkdir(parents=True)
    assert client.delete("/api/models/gemma-3-270m").json()["status"] == "absent"
    assert not folder.exists()


@pytest.fixture
def run(engine):
    folder = engine.settings.home / "adapters" / "mill-style"
    folder.mkdir(parents=True)
    about = {
        "name": "mill-style",
        "kind": "chat",
        "method": "lora",
        "base": "fake:",
        "status": "done",
        "valid_nll": 1.5,
    }
    (folder / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return folder


def test_adapters_are_listed_and_removed(client, run):
    [row] = client.get("/api/adapters").json()["adapters"]
    assert (row["name"], row["valid_nll"]) == ("mill-style", 1.5)
    assert client.delete("/api/adapters/mill-style").json()["method"] == "lora"
    assert not run.exists()
    told = client.delete("/api/adapters/mill-style")
    assert (told.status_code, told.json()["error"]["message"]) == (404, "No adapter is called 'mill-style'.")


def test_a_run_that_cannot_be_read_is_listed_as_damaged(client, run):
    (run / "run.json").write_text("[", encoding="utf-8")
    [row] = client.get("/api/adapters").json()["adapters"]
    assert row["status"] == "damaged"
    assert client.delete("/api/adapters/mill-style").status_code == 200


def test_a_run_that_is_being_taught_is_not_removed(client, engine, run):
    engine.jobs.add("finetune", "mill-style", {"name": "mill-style"})
    engine.jobs.take(())
    assert client.delete("/api/adapters/mill-style").status_code == 400
    assert run.exists()


@pytest.mark.parametrize("name", ["..%2F..%2Fx", "%00", "%2Ftmp"])
def test_a_path_is_no_adapter(client, run, name):
    assert client.delete(f"/api/adapters/{name}").status_code == 404
