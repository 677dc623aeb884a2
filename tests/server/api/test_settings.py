import pytest


def test_settings_tell_their_origin_and_their_limits(client, environment):
    told = client.get("/api/settings", headers={"Accept-Language": "ko"}).json()
    assert (told["collection"], told["model"], told["language"]) == ("main", "fake:", "ko")
    assert told["origin"]["model"] == "ONDOL_MODEL"
    assert told["limits"]["upload_bytes"] > 0
    assert told["home"] == environment["ONDOL_HOME"]


def test_a_change_lives_for_this_process_and_says_so(client, engine, filled):
    changed = client.patch("/api/settings", json={"threshold": 1, "model": "fake:A mill."}).json()
    assert (changed["threshold"], changed["model"], changed["kept"]) == (1, "fake:A mill.", False)
    assert changed["origin"]["threshold"] == "argument"
    answer = client.post(
        "/api/ask", json={"question": "When does the museum open?"}, headers={"Accept": "application/json"}
    )
    assert answer.json()["abstained"] is True
    assert not (engine.settings.home / "ondol.toml").exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"model": "llama.cpp:/etc/passwd"}, 404), ({"model": "nonsense"}, 404), ({"adapter": "../x"}, 404),
        ({"reader": "onnx:/etc"}, 404), ({"collection": "mian"}, 404), ({"collection": ""}, 400),
        ({"threshold": 2}, 400), ({"threshold": "x"}, 400), ({"home": "/etc"}, 400), ({"offline": False}, 400),
    ],
)  # fmt: skip
def test_what_a_stranger_may_not_choose_is_refused(client, filled, change, status):
    before = client.get("/api/settings").json()
    assert client.patch("/api/settings", json=change).status_code == status
    assert client.get("/api/settings").json() == before


def test_the_reader_is_switched_off_and_on_again(client, monkeypatch, environment):
    from fastapi.testclient import TestClient

    from ondol.server.app import make_app
    from ondol.server.engine import Engine
    from ondol.settings import load_settings

    with Engine(load_settings(reader="fake:")) as engine:
        client = TestClient(make_app(engine), base_url="http://localhost")
        assert client.patch("/api/settings", json={"reader": "none"}).json()["reader"] == "none"
        assert client.patch("/api/settings", json={"reader": "fake:"}).json()["reader"] == "fake:"


def test_no_adapter_is_called_none(client):
    assert client.get("/api/settings").json()["adapter"] == "none"
    assert client.patch("/api/settings", json={"adapter": "none"}).json()["adapter"] == "none"
    client.app.state.engine.change(writer="ondol-writer")
    assert client.patch("/api/settings", json={"adapter": None}).json()["adapter"] == "none"
