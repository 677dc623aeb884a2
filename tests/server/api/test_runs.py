"""/api/runs: examples are sent, looked at, planned, learnt, watched."""

import json

import pytest

from ondol.server.jobs.look import look

CSV = "질문,답변\n" + "".join(f"방앗간 {n}은 언제 여나요?,아침 {n}시에 엽니다.\n" for n in range(1, 13))
ROWS = [{"question": f"When does mill {n} open?", "answer": f"At {n} o'clock."} for n in range(12)]


@pytest.fixture
def data(client):
    return client.post("/api/runs/data", json={"rows": ROWS}).json()["data"]


@pytest.fixture
def finished(engine):
    """A run's folder, as `ondol finetune` leaves it."""
    folder = engine.settings.home / "adapters" / "mill"
    folder.mkdir(parents=True)
    about = {
        "name": "mill", "kind": "chat", "method": "lora", "base": "fake:", "status": "done", "valid_nll": 1.0,
        "base_valid_nll": 2.0, "examples": 10,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(about))
    log = [
        {"step": 1, "loss": 3.0, "rate": 0.1, "tokens_per_second": 9.5}, {"step": 2, "loss": float("nan")},
        {"step": 2, "valid_nll": 2.5},
    ]  # fmt: skip
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log) + '{"step": 3, "lo')
    held = [
        {"question": "Q?", "answer": "A", "bytes": 1, "tokens": 1, "base_nats": 2.0 + n, "nats": 1.0} for n in range(6)
    ]
    (folder / "held_out.jsonl").write_text("".join(json.dumps(row) + "\n" for row in held))
    return folder


def test_a_file_of_examples_is_kept_and_described(client):
    sent = client.post("/api/runs/data", files={"file": ("방앗간.csv", CSV.encode())})
    assert sent.status_code == 200, sent.text
    told = sent.json()
    assert (told["name"], told["columns"], told["rows"]) == ("방앗간.csv", ["질문", "답변"], 12)
    assert told["mapping"] == {"question": "{질문}", "answer": "{답변}"}
    assert told["sample"][0]["답변"] == "아침 1시에 엽니다."
    assert len(told["sample"]) == 5
    again = client.post("/api/runs/data", files={"file": ("방앗간.csv", CSV.encode())})
    assert again.json()["data"] == told["data"]


def test_columns_that_cannot_be_told_are_a_problem_and_no_mistake(client):
    told = client.post("/api/runs/data", json={"rows": [{"x": 1, "y": ["a"]}]}).json()
    assert (told["columns"], told["mapping"], told["sample"]) == (["x", "y"], {}, [{"x": "1", "y": '["a"]'}])
    assert "has no column that is the question" in told["problem"]


def test_a_path_is_read_where_the_server_was_started_and_nowhere_else(client, tmp_path, engine):
    (tmp_path / "here.csv").write_text(CSV, encoding="utf-8")
    assert client.post("/api/runs/data", json={"path": "here.csv"}).json()["rows"] == 12
    assert client.post("/api/runs/data", json={"path": str(tmp_path / "here.csv")}).json()["rows"] == 12
    outside = tmp_path.parent / "outside.csv"
    outside.write_text(CSV, encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(outside)
    for path in ("../outside.csv", str(outside), "link.csv", "/etc/passwd", "here.csv/../../outside.csv"):
        refused = client.post("/api/runs/data", json={"path": path})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    for path in ("gone.csv", "a\0b.csv", "x" * 5000, "."):
        assert client.post("/api/runs/data", json={"path": path}).status_code == 404


WRONG = {
    "neither": b"{}", "both": b'{"rows": [{"a": 1}], "path": "x"}', "no json": b"{", "a list": b"[]", "empty": b"",
    "more": b'{"rows": [{"a": 1}], "x": 1}', "rows that are none": b'{"rows": [1]}', "no text": b"\xff\xfe",
    "deep": b'{"rows": [{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}]}",
}  # fmt: skip


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_data_that_are_none_are_refused(client, body):
    response = client.post("/api/runs/data", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422), response.text


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"MZ"), ("a.csv", b""), ("a.csv", b"\0\1\2"), ("a.jsonl", b"not json"), ("a.parquet", b"PAR1"),
     ("a.json", b"{" * 100_000), ("a.csv", b"only,names\n"), ("..", b"a,b\n1,2\n")],
)  # fmt: skip
def test_a_file_that_holds_no_examples_is_told(client, name, content):
    response = client.post("/api/runs/data", files={"file": (name, content)})
    assert response.status_code in (400, 422, 501), response.text


def test_a_lint_without_a_base_tells_what_is_wrong(client):
    rows = [*ROWS, ROWS[0], {"question": "Who?", "answer": "Ask kim@example.org"}]
    data = client.post("/api/runs/data", json={"rows": rows}).json()["data"]
    found = client.post("/api/runs/lint", json={"data": data}, headers={"accept-language": "ko"})
    assert found.status_code == 200, found.text
    assert found.json()["examples"] == 14
    assert {"duplicate", "too_few"} & {row["kind"] for row in found.json()["findings"]}
    assert any("가" <= char <= "힣" for row in found.json()["findings"] for char in row["message"])
    assert found.json()["picture"] == []


def test_what_goes_wrong_in_the_process_that_looks_is_told_as_here(client, data):
    wrong = client.post("/api/runs/lint", json={"data": data, "mapping": {"question": "nope"}})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "usage")
    assert "has no column 'nope'" in wrong.json()["error"]["message"]


@pytest.mark.parametrize(
    "more", [{"x": [{}]}, {"\ud800": 1}, {"data": "\ud800"}, {"base": "\ud800:x"}, {"method": "\ud800"}]
)
def test_a_request_of_strange_things_is_a_mistake_of_who_sent_it(client, data, more):
    body = json.dumps({"data": data, "name": "a", "base": "fake:", **more})
    response = client.post("/api/runs", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 404), response.text


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, 400), ({"name": "a"}, 400), ({"name": "a/b", "base": "fake:"}, 400),
        ({"name": "..", "base": "fake:"}, 400),
        ({"name": "x" * 300, "base": "fake:"}, 400), ({"name": "a\0", "base": "fake:"}, 400),
        ({"name": "a", "base": "hf:/etc"}, 404), ({"name": "a", "base": "hf:some/repository"}, 404),
        ({"name": "a", "base": "llama.cpp:../x"}, 404), ({"name": "a", "base": "nothing"}, 400),
        ({"name": "a", "base": "fake:", "method": "magic"}, 400), ({"name": "a", "base": "fake:", "kind": 1}, 400),
        ({"name": "a", "base": "fake:", "epochs": "many"}, 400), ({"name": "a", "base": "fake:", "batch": 1e30}, 400),
        ({"name": "a", "base": "fake:", "batch": True}, 400), ({"name": "a", "base": "fake:", "nothing": 1}, 400),
        ({"name": "a", "base": "fake:", "targets": [1]}, 400), ({"name": "a", "base": "fake:", "rank": 0}, 400),
        ({"name": "a", "base": "fake:", "valid": "../../x"}, 404),
        ({"name": "a", "base": "fake:", "data": "../x"}, 404),
        ({"name": "a", "base": "fake:", "system": {"a": 1}}, 400), ({"name": "a", "base": "fake:", "seed": None}, 400),
    ],
)  # fmt: skip
def test_a_run_that_cannot_be_made_is_refused_before_it_waits(client, engine, data, more, status):
    response = client.post("/api/runs", json={"data": data, **more})
    assert response.status_code == status, response.text
    assert engine.jobs.list() == []


def test_numbers_that_are_none_are_refused(client, data):
    for number in ("NaN", "Infinity", "-1e400"):
        body = f'{{"data": "{data}", "name": "a", "base": "fake:", "epochs": {number}}}'
        response = client.post("/api/runs", content=body, headers={"content-type": "application/json"})
        assert response.status_code == 400, response.text


def test_a_run_waits_once_under_its_name(client, data):
    asked = {"data": data, "name": "방앗간", "base": "fake:", "epochs": 2, "mapping": {"question": "question"}}
    begun = client.post("/api/runs", json=asked)
    assert begun.status_code == 202, begun.text
    job = begun.json()["job"]
    assert (job["kind"], job["title"], job["request"]["config"]["epochs"]) == ("finetune", "방앗간", 2.0)
    second = client.post("/api/runs", json=asked)
    assert second.status_code == 400
    assert "is at work or waits" in second.json()["error"]["message"]
    [row] = client.get("/api/runs").json()["runs"]
    assert (row["name"], row["state"], row["status"], row["job"]) == ("방앗간", "waiting", "waiting", job["id"])
    told = client.get("/api/runs/방앗간").json()
    assert (told["job"]["id"], told["points"], told["result"]) == (job["id"], [], None)


def test_a_run_is_told_with_its_curve_before_and_after(client, finished):
    told = client.get("/api/runs/mill").json()
    assert told["points"] == [
        {"step": 1, "loss": 3.0, "valid": None, "rate": 0.1, "tokens_per_second": 9.5},
        {"step": 2, "loss": None, "valid": 2.5, "rate": None, "tokens_per_second": None},
    ]
    assert (told["base_valid_nll"], told["valid_nll"], len(told["held_out"])) == (2.0, 1.0, 6)
    assert told["result"]["held_out_change"]["n"] == 6
    assert [row["name"] for row in client.get("/api/runs").json()["runs"]] == ["mill"]


def test_the_name_of_a_finished_run_is_taken(client, finished, data):
    refused = client.post("/api/runs", json={"data": data, "name": "mill", "base": "fake:"})
    assert refused.status_code == 400
    assert "There is an adapter 'mill' already." in refused.json()["error"]["message"]


@pytest.mark.parametrize("name", ["nothing", "..", "%00", "a" * 5000])
def test_a_run_that_nobody_knows_is_not_found(client, name):
    assert client.get(f"/api/runs/{name}").status_code == 404


def test_a_look_ends_with_the_server(engine):
    from ondol.server.errors import TooSlow

    engine.stopping.set()
    with pytest.raises(TooSlow):
        look({"what": "lint"}, language="en", stopping=engine.stopping)


@pytest.mark.slow
def test_the_first_example_is_pictured_in_the_tokens_of_its_base(client, engine, data, base):
    engine.change(model=engine.settings.model)
    object.__setattr__(engine.settings, "model", base)
    found = client.post("/api/runs/lint", json={"data": data, "base": base}).json()
    learnt = "".join(cell["text"] for cell in found["picture"] if cell["trained"])
    assert learnt.startswith("At ")
    assert {cell["state"] for cell in found["picture"]} == {"read", "learnt", "end"}
    plan = client.post("/api/runs/plan", json={"data": data, "base": base, "batch": 2}).json()
    assert (plan["source"], plan["fits"]) == ("probe", True)
    assert client.post("/api/runs/plan", json={"data": data}).status_code == 400
