from ondol.finetune.folder import write_about


def names(client):
    return [row["id"] for row in client.get("/v1/models").json()["data"]]


def test_the_library_and_the_settings_model_are_listed(client, filled):
    assert names(client)[:3] == ["ondol", "ondol/main", "fake:"]


def test_every_row_has_openais_fields(client):
    for row in client.get("/v1/models").json()["data"]:
        assert row["object"] == "model"
        assert row["owned_by"] == "ondol"
        assert isinstance(row["created"], int)


def test_a_finished_run_is_listed_with_its_base(client, environment, tmp_path):
    for name, status in (("tone", "done"), ("half", "running")):
        folder = tmp_path / "home" / "adapters" / name
        folder.mkdir(parents=True)
        about = {"name": name, "kind": "chat", "method": "lora", "base": "hf:some-base", "status": status}
        write_about(folder, about)
    assert "hf:some-base+tone" in names(client)
    assert "hf:some-base+half" not in names(client)


def test_one_model_is_told_by_its_name(client, filled):
    assert client.get("/v1/models/ondol/main").json()["id"] == "ondol/main"
    assert client.get("/v1/models/none").json()["error"]["code"] == "not_found"
