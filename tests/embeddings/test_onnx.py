from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from ondol.embeddings.onnx import open_onnx
from ondol.errors import BackendError, NotFound
from ondol.model_store.store import ModelStore

QUERY = ["[CLS]", "query", ":", "서울", "은", "[SEP]"]


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, {}),
        ({"pooling": "cls_token"}, {"cls": True}),
        ({"prefix": "bert."}, {}),
        ({"model_type": "xlm-roberta", "pad_token_id": 1, "rows": 14}, {"first": 2, "rows": 14}),
    ],
    ids=["bert", "cls pooling", "prefixed names", "roberta's positions"],
)
def test_vectors_agree_with_a_plain_computation(make_folder, expected, store, options, words):
    embeddings = open_onnx(str(make_folder(**options)), store=store)
    [vector] = embeddings.embed_array(["서울 은"], "query")
    assert vector @ expected(QUERY, **words) > 0.995
    assert vector @ expected(["[CLS]", "서울", "은", "[SEP]"], **words) < 0.99  # so the prefix and every word count
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_text_has_one_vector_whatever_stands_beside_it(make_folder, store):
    embeddings = open_onnx(str(make_folder()), store=store, threads=3)
    texts = ["서울", "the capital is seoul", "", "은 은 은", "수도"] * 4
    together = embeddings.embed_array(texts, "passage")
    alone = np.concatenate([embeddings.embed_array([text], "passage") for text in texts])
    assert np.array_equal(together, alone)
    assert embeddings.embed_array([], "passage").shape == (0, 64)


def test_long_texts_are_cut_at_the_models_length(make_folder, expected, store):
    embeddings = open_onnx(str(make_folder()), store=store)
    [vector] = embeddings.embed_array(["서울 " * 50], "query")
    assert vector @ expected(["[CLS]", "query", ":", *["서울"] * 8, "[SEP]"]) > 0.995
    assert embeddings.max_tokens == 8


def test_offsets_are_of_the_text_as_given_and_not_cut(make_folder, store):
    embeddings = open_onnx(str(make_folder()), store=store)
    text = "the  \ud800 capital " * 9
    assert [text[a:b] for a, b in embeddings.token_offsets(text)] == ["the", "\ud800", "capital"] * 9
    assert embeddings.count_tokens(text) == 27
    assert np.isfinite(embeddings.embed_query(text)).all()


def test_the_fingerprint_names_weights_and_prefixes(make_folder, store):
    folder = make_folder()
    fingerprint = open_onnx(str(folder), store=store).fingerprint
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert fingerprint.weights == f"{sha256}/int8-v1"
    assert (fingerprint.model, fingerprint.pooling, fingerprint.dimension) == (f"onnx:{folder}", "mean", 64)
    assert (fingerprint.query_prefix, fingerprint.passage_prefix) == ("query: ", "passage: ")


def test_a_folder_of_the_users_own_is_not_written_to(make_folder, store):
    folder = make_folder()
    before = sorted(folder.rglob("*"))
    open_onnx(str(folder), store=store)
    assert sorted(folder.rglob("*")) == before
    assert [path.suffix for path in sorted((store.folder / ".onnx").iterdir())] == [".onnx", ".sha256"]


def test_the_graph_is_built_once_also_by_two_threads(make_folder, store, monkeypatch):
    folder = make_folder()
    notes = []

    class Notes:
        def note(self, line):
            notes.append(line)

    threads = [
        threading.Thread(target=open_onnx, args=[str(folder)], kwargs={"store": store, "progress": Notes()})
        for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    open_onnx(str(folder), store=store, progress=Notes())
    assert notes == ["Preparing tiny-bert for this machine (once) …"]


def test_changed_weights_get_a_graph_of_their_own(make_folder, store):
    folder = make_folder()
    old = open_onnx(str(folder), store=store).fingerprint
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert open_onnx(str(folder), store=store).fingerprint != old


def test_a_damaged_graph_names_the_file_to_remove(make_folder, store):
    folder = make_folder()
    open_onnx(str(folder), store=store)
    [graph] = (store.folder / ".onnx").glob("*.onnx")
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(BackendError, match="cannot be loaded") as caught:
        open_onnx(str(folder), store=store)
    assert caught.value.hint == "Remove that file; the next run builds it again."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model_type": "t5"}, "model_type is t5, not one of bert, roberta, xlm-roberta"),
        ({"hidden_act": "silu"}, "hidden_act is silu"),
        ({"position_embedding_type": "relative_key"}, "positions are not absolute"),
        ({"pooling": "max_tokens"}, "its pooling is max_tokens"),
    ],
)
def test_other_kinds_of_model_are_refused_with_the_reason(make_folder, store, change, reason):
    with pytest.raises(BackendError) as caught:
        open_onnx(str(make_folder(**change)), store=store)
    assert reason in caught.value.message


def test_a_module_that_would_change_the_vectors_is_refused(make_folder, store):
    folder = make_folder()
    (folder / "modules.json").write_text(
        json.dumps([{"path": "", "type": "Transformer"}, {"path": "2", "type": "Dense"}])
    )
    with pytest.raises(BackendError, match="its modules are Transformer, Dense"):
        open_onnx(str(folder), store=store)


def test_a_folder_without_weights_is_not_a_model(make_folder, store):
    folder = make_folder()
    (folder / "model.safetensors").unlink()
    with pytest.raises(NotFound, match=r"is not an embedding model: model\.safetensors is missing"):
        open_onnx(str(folder), store=store)


def test_loading_imports_neither_onnx_nor_torch(make_folder, store):
    folder = make_folder()
    open_onnx(str(folder), store=store)
    code = f"""
import sys
from pathlib import Path
from ondol.embeddings.onnx import open_onnx
from ondol.model_store.store import ModelStore
open_onnx({str(folder)!r}, store=ModelStore(Path({str(store.home)!r})))
print([name for name in ("onnx", "torch", "transformers", "huggingface_hub", "safetensors") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
