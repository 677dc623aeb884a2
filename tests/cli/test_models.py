"""`models`: rows, without any network."""

from tests.cli.gguf_models import put_pulled


def test_the_catalogue_is_listed(ondol):
    rows = ondol("models", "list", "--json").json["models"]
    assert {row["name"] for row in rows} >= {"gemma-3-270m", "multilingual-e5-small"}
    assert all(set(row) >= {"name", "path", "bytes", "sha256", "license", "status"} for row in rows)
    assert {row["status"] for row in rows} == {"absent"}


def test_an_unknown_name_offers_the_nearest(ondol):
    for command in (["models", "pull", "gema-3-270m"], ["setup", "--only", "gema-3-270m"]):
        ran = ondol(*command)
        assert ran.code == 4
        assert ran.err == "No model is called 'gema-3-270m'.\n  → Did you mean 'gemma-3-270m'? See: ondol models list\n"


def test_offline_nothing_is_fetched(ondol, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    ran = ondol("setup", "--only", "gemma-3-270m", "--offline")
    assert (ran.code, ran.out) == (6, "")
    assert "ondol models pull gemma-3-270m" in ran.err


def test_nothing_to_verify_is_said(ondol):
    ran = ondol("models", "verify")
    assert ran.code == 0
    assert ran.err == "There are no models on this machine.\n  → Fetch the defaults with: ondol setup\n"


def test_models_of_other_programs_are_found_with_their_spec(ondol, tmp_path, monkeypatch):
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ondol("models", "find", "--json").json == {"models": []}
    assert "No other program's models were found." in ondol("models", "find").err
    path = tmp_path / ".lmstudio" / "models" / "o" / "r" / "m.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"GGUF")
    assert ondol("models", "find", "--json").json["models"] == [
        {"program": "LM Studio", "name": "o/r/m", "format": "gguf", "path": str(path), "bytes": 4,
         "spec": f"llama.cpp:{path}"}
    ]  # fmt: skip
    assert f"llama.cpp:{path}" in ondol("models", "find").out


def test_a_model_pulled_by_its_quantisation_is_listed_and_judged_from_its_header(ondol, tmp_path):
    folder = tmp_path / "home" / "models" / "o--r--q8_0"
    put_pulled(folder)
    names = [row["name"] for row in ondol("models", "list", "--json").json["models"]]
    assert "o/r:Q8_0" in names
    for filters, there in ((["--chat"], True), (["--fits"], True), (["--korean"], False), (["--reasoning"], False)):
        names = [row["name"] for row in ondol("models", "list", *filters, "--json").json["models"]]
        assert ("o/r:Q8_0" in names) is there
    (folder / "m.gguf").write_bytes(b"GGUF")
    assert "o/r:Q8_0" not in [row["name"] for row in ondol("models", "list", "--fits", "--json").json["models"]]
