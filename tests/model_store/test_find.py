"""Other programs' models are found where they lie."""

import json

import pytest

from ondol.errors import NotFound
from ondol.model_store.find import MODEL_LAYER, find_models
from ondol.model_store.store import ModelStore


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """An empty home of the user."""
    for name in ("OLLAMA_MODELS", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def put(path, content=b"GGUF"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def put_ollama(folder, name, tag, *, blob=True, owner="library", digest="sha256:ab12"):
    layers = [{"mediaType": "application/other", "digest": "sha256:ff"}, {"mediaType": MODEL_LAYER, "digest": digest}]
    manifest = folder / "manifests" / "registry.ollama.ai" / owner / name / tag
    put(manifest, json.dumps({"layers": layers}).encode())
    path = folder / "blobs" / digest.replace(":", "-")
    return put(path, b"GGUF of ollama") if blob else path


def rows():
    return [(row.program, row.name, row.format, row.bytes, row.spec) for row in find_models()]


def test_an_empty_machine_has_none():
    assert find_models() == []


def test_ollama_is_read_through_its_manifests(machine):
    blob = put_ollama(machine / ".ollama/models", "llama3.2", "1b")
    put_ollama(machine / ".ollama/models", "mine", "latest", owner="me")
    put_ollama(machine / ".ollama/models", "half", "latest", blob=False, digest="sha256:cd")
    for number, content in enumerate([b"", b"[]", b'{"layers": 5}', b"[" * 100_000, b"\xff"]):
        put(machine / f".ollama/models/manifests/registry.ollama.ai/library/odd{number}/latest", content)
    found = find_models()
    assert [row.name for row in found] == ["llama3.2:1b", "me/mine:latest"]
    assert {row.path for row in found} == {str(blob)}
    assert found[0].spec == "llama.cpp:ollama/llama3.2:1b"


def test_ollama_keeps_its_models_where_the_variable_says(machine, monkeypatch):
    monkeypatch.setenv("OLLAMA_MODELS", str(machine / "own"))
    blob = put_ollama(machine / "own", "llama3.2", "latest")
    assert rows() == [("Ollama", "llama3.2:latest", "gguf", 14, "llama.cpp:ollama/llama3.2:latest")]
    store = ModelStore(machine / "home")
    assert store.locate("ollama/llama3.2") == store.locate("ollama/llama3.2:latest") == blob
    with pytest.raises(NotFound, match=r"Ollama has no model 'lama3\.2:latest'") as caught:
        store.locate("ollama/lama3.2:latest")
    assert "'ollama/llama3.2:latest'" in caught.value.hint


def test_a_manifest_cannot_name_a_file_outside(machine):
    put(machine / "secret.gguf")
    put_ollama(machine / ".ollama/models", "bad", "latest", blob=False, digest="sha256:../../secret.gguf")
    assert find_models() == []


def test_lm_studio_and_llama_cpp_tell_split_files_once_and_no_image_encoders(machine):
    first = put(machine / ".lmstudio/models/o/r/m-00001-of-00002.gguf")
    put(machine / ".lmstudio/models/o/r/m-00002-of-00002.gguf")
    put(machine / ".lmstudio/models/o/r/mmproj-m.gguf")
    own = put(machine / ".cache/llama.cpp/o_r_m.gguf")
    assert rows() == [
        ("LM Studio", "o/r/m-00001-of-00002", "gguf", 8, f"llama.cpp:{first}"),
        ("llama.cpp", "o_r_m", "gguf", 4, f"llama.cpp:{own}"),
    ]


def test_the_hubs_cache_gives_the_snapshot_of_main(machine, monkeypatch):
    hub = machine / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(hub))
    repository = hub / "models--o--r"
    for commit in ("a", "b"):
        blob = put(repository / "blobs" / commit, b"12345")
        put(repository / "snapshots" / commit / "config.json", b"{}")
        (repository / "snapshots" / commit / "model.safetensors").symlink_to(blob)
    put(repository / "refs" / "main", b"a\n")
    put(hub / "datasets--o--d" / "snapshots" / "a" / "x.gguf")
    assert rows() == [("hub cache", "o/r", "safetensors", 5, f"hf:{repository / 'snapshots' / 'a'}")]


def test_a_quantisation_in_another_programs_folder_is_located(machine):
    store = ModelStore(machine / "home")
    with pytest.raises(NotFound, match=r"The model 'o/r:Q4_1' is not on this machine"):
        store.locate("o/r:Q4_1")
    snapshot = machine / ".cache/huggingface/hub/models--o--r/snapshots/a"
    put(snapshot / "r-Q4_K_M.gguf")
    put(snapshot / "long-name-r-Q4_1.gguf")
    wanted = put(snapshot / "r-q4_1.gguf")
    assert store.locate("o/r:Q4_1") == wanted
    with pytest.raises(NotFound):
        store.locate("o/r:Q4_K")


def test_a_repository_without_a_quantisation_is_told_to_name_one(machine):
    store = ModelStore(machine / "home")
    with pytest.raises(NotFound) as caught:
        store.locate("owner/repo")
    assert caught.value.hint == "Of a repository on the hub name the quantisation too, such as owner/repo:Q4_K_M"
    with pytest.raises(NotFound) as caught:
        store.locate("./owner/repo")
    assert caught.value.hint == "Known names: ondol models list"
