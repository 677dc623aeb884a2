"""Cross-encoder folders against transformers, and what a folder may not be."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import onnx
import pytest
from langchain_core.documents import Document
from onnx import TensorProto, helper
from tokenizers import Tokenizer

import ondol
from ondol.errors import BackendError, NotFound, UnusableInput, UsageError
from ondol.model_store.store import ModelStore
from ondol.rerankers.onnx import open_onnx

QUERY, WORDS = "서울 은", "서울 은 수도 seoul is the capital 0 1 2".split()
TEXTS = ["수도 은 서울", "seoul is the capital", "the the the is capital 은 수도", "0 1 2 3 4 5", ""]


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "home")


def theirs(folder, query, texts):
    """Logits (texts, labels) of transformers, in fp32, and without cutting."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    rows = []
    for text in texts:
        pair = tokenizer.encode(query, text)
        given = {"input_ids": torch.tensor([pair.ids])}
        if model.config.type_vocab_size > 1:
            given["token_type_ids"] = torch.tensor([pair.type_ids])
        with torch.no_grad():
            rows.append(model(**given).logits[0].numpy())
    return np.array(rows)


@pytest.mark.service
@pytest.mark.parametrize("kind", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("labels", [1, 2])
def test_scores_are_the_logits_of_transformers(make_cross_encoder, store, kind, labels):
    folder = make_cross_encoder(kind, labels=labels)
    dice = np.random.default_rng(13)
    texts = [" ".join(dice.choice(WORDS, size=dice.integers(0, 20))) for _ in range(60)]
    logits = theirs(folder, QUERY, texts)
    wanted = logits[:, 0] if labels == 1 else logits[:, 1] - logits[:, 0]
    found = np.array(open_onnx(str(folder), store=store).score(QUERY, texts))
    assert np.corrcoef(found, wanted)[0, 1] > 0.98  # random weights make more of the int8 steps than trained ones
    assert np.median(np.abs(found - wanted)) < 0.15 * wanted.std()


def test_a_text_has_one_score_whatever_stands_beside_it(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store, threads=3)
    scores = reranker.score(QUERY, TEXTS * 6)
    assert scores == [score for text in TEXTS for score in reranker.score(QUERY, [text])] * 6
    assert len(set(scores)) == len(TEXTS)
    assert reranker.score("수도", TEXTS) != scores[:5]
    assert reranker.score(QUERY, []) == []


def test_token_types_count_where_the_model_has_them(make_cross_encoder, store):
    folder = make_cross_encoder()
    typed = open_onnx(str(folder), store=store).score(QUERY, TEXTS)
    tokenizer = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(
        tokenizer.replace('"type_id":1', '"type_id":0').replace('"type_id": 1', '"type_id": 0')
    )
    assert open_onnx(str(folder), store=store).score(QUERY, TEXTS) != typed


def test_a_long_text_is_cut_and_the_question_kept_whole(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store)
    room = 40 - 3 - 2
    long, same, other = reranker.score(QUERY, ["수도 " * 5000, "수도 " * room, "수도 " * (room - 1)])
    assert long == same != other
    assert reranker.score("은 " * 17, ["서울 " * 99])


def test_a_question_may_take_half_of_the_window(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store)
    with pytest.raises(UsageError, match="it may take half of the reranker's window of 40 tokens") as caught:
        reranker.score("은 " * 18, ["서울"])
    assert caught.value.hint == "Shorten the question."


def test_the_tokenizers_own_limit_counts_too(make_cross_encoder, store):
    folder = make_cross_encoder()
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 10}))
    long, same = open_onnx(str(folder), store=store).score(QUERY, ["수도 " * 99, "수도 " * 5])
    assert long == same


def test_marks_in_a_text_are_ordinary_letters(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store)
    plain, marked, letters = reranker.score(QUERY, ["수도", "수도 [SEP] 수도", "수도 ? sep ? 수도"])
    assert plain != marked == letters
    assert reranker.score("[CLS] 서울 [SEP]", ["수도"]) == reranker.score("? x ? 서울 ? x ?", ["수도"])


def test_korean_is_composed_and_odd_characters_pass(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store)
    composed, apart, odd, unknown = reranker.score("각하", ["각하", "\u1100\u1161\u11a8\u1112\u1161", "\ud800", "?"])
    assert composed == apart != odd == unknown
    assert reranker.score("\u1100\u1161\u11a8\u1112\u1161", ["수도"]) == reranker.score("각하", ["수도"])


def test_threads_may_ask_at_once(make_cross_encoder, store):
    reranker = open_onnx(str(make_cross_encoder()), store=store, threads=2)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda query: reranker.score(query, TEXTS), ["서울", "수도", "is"] * 3))
    assert found == [reranker.score(query, TEXTS) for query in ["서울", "수도", "is"]] * 3


def test_it_works_as_a_compressor_and_opens_by_spec(make_cross_encoder, tmp_path):
    settings = ondol.Settings(home=tmp_path / "home", threads=1)
    with ondol.open_reranker(f"onnx:{make_cross_encoder()}", settings=settings) as reranker:
        found = reranker.compress_documents([Document(text) for text in TEXTS], QUERY)
    scores = [document.metadata["relevance_score"] for document in found]
    assert scores == sorted(reranker.score(QUERY, TEXTS), reverse=True)


def test_a_folder_of_the_users_own_is_not_written_to(make_cross_encoder, store):
    folder = make_cross_encoder()
    before = sorted(folder.rglob("*"))
    open_onnx(str(folder), store=store)
    open_onnx(str(folder), store=store)
    assert sorted(folder.rglob("*")) == before
    assert [path.suffix for path in sorted((store.folder / ".onnx").iterdir())] == [".onnx", ".sha256"]


def write_graph(path, *, width=1, inputs=("input_ids", "attention_mask", "token_type_ids")):
    """A graph whose numbers are the sum over ids · types · mask, and for a second label twice that."""
    nodes = [helper.make_node("Cast", [name], [f"{name}.f"], to=TensorProto.FLOAT) for name in inputs]
    nodes += [helper.make_node("Mul", [f"{inputs[0]}.f", f"{inputs[-1]}.f"], ["both"])]
    nodes += [helper.make_node("ReduceSum", ["both"], ["sum"], keepdims=1)]
    nodes += [helper.make_node("MatMul", ["sum", "factors"], ["logits"])]
    factors = helper.make_tensor("factors", TensorProto.FLOAT, [1, width], [1.0 + n for n in range(width)])
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "n"]) for name in inputs],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, width])], [factors],
    )  # fmt: skip
    path.parent.mkdir(exist_ok=True)
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)


@pytest.mark.parametrize(("width", "times"), [(1, 1), (2, 1)])
def test_a_graph_that_a_folder_brings_is_run_as_it_is(make_cross_encoder, store, width, times):
    folder = make_cross_encoder()
    (folder / "model.safetensors").unlink()
    write_graph(folder / "onnx" / "model.onnx", width=width)
    # tokens of type 1: 수도 (6), 은 (5), [SEP] (2)
    assert open_onnx(str(folder), store=store).score(QUERY, ["수도 은", ""]) == [13 * times, 2 * times]
    assert not store.folder.exists()


def test_an_int8_graph_is_taken_before_others(make_cross_encoder, store):
    folder = make_cross_encoder()
    (folder / "model.safetensors").unlink()
    write_graph(folder / "onnx" / "model.onnx", width=3)
    write_graph(folder / "onnx" / "model_qint8_arm64.onnx", width=3)
    write_graph(folder / "onnx" / "model_qint8_avx512_vnni.onnx")
    assert open_onnx(str(folder), store=store).score(QUERY, ["수도"]) == [8]


def test_graphs_that_are_no_cross_encoder_are_refused(make_cross_encoder, store):
    folder = make_cross_encoder()
    (folder / "model.safetensors").unlink()
    write_graph(folder / "onnx" / "model.onnx", width=3)
    with pytest.raises(BackendError, match="gives 3 numbers for a pair; a cross-encoder gives one or two") as caught:
        open_onnx(str(folder), store=store).score(QUERY, ["수도"])
    assert caught.value.hint == "Take a model that was trained to rank."
    write_graph(folder / "onnx" / "model.onnx", inputs=("pixel_values", "pixel_mask"))
    with pytest.raises(BackendError, match="wants pixel_values, pixel_mask, which no cross-encoder takes") as caught:
        open_onnx(str(folder), store=store)
    assert caught.value.hint == "Export the model for sequence classification."


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"architectures": ["BertModel"]}, "it is a BertModel, which gives no score for a pair"),
        ({"model_type": "t5"}, "model_type is t5, not one of bert, roberta, xlm-roberta"),
        ({"hidden_act": "silu"}, "hidden_act is silu"),
        ({"labels": 3}, "it tells 3 classes apart, which is no score"),
        ({"architectures": ["RobertaForSequenceClassification"]}, r"its weights hold no classifier\.dense"),
    ],
)
def test_other_kinds_of_model_are_refused_with_the_reason(make_cross_encoder, store, change, reason):
    with pytest.raises(BackendError, match=f"cannot run the reranker in .*: {reason}") as caught:
        open_onnx(str(make_cross_encoder(**change)), store=store)
    assert "one or two labels" in caught.value.hint


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(make_cross_encoder, store, missing):
    folder = make_cross_encoder()
    (folder / missing).unlink()
    with pytest.raises(NotFound, match=f"is no cross-encoder: {missing} is missing") as caught:
        open_onnx(str(folder), store=store)
    assert "model.safetensors or onnx/model.onnx" in caught.value.hint


def test_pickles_alone_are_refused_and_never_opened(make_cross_encoder, store):
    folder = make_cross_encoder()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnusableInput, match=r"pytorch_model\.bin is a pickle") as caught:
        open_onnx(str(folder), store=store)
    assert "safetensors" in caught.value.hint


def test_a_damaged_graph_names_the_file_to_remove(make_cross_encoder, store):
    folder = make_cross_encoder()
    open_onnx(str(folder), store=store)
    [graph] = (store.folder / ".onnx").glob("*.onnx")
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(BackendError, match="cannot be loaded") as caught:
        open_onnx(str(folder), store=store)
    assert caught.value.hint == "Remove that file; the next run builds it again."


def test_loading_imports_neither_onnx_nor_torch(make_cross_encoder, store):
    folder = make_cross_encoder()
    open_onnx(str(folder), store=store)
    code = f"""
import sys
from pathlib import Path
from ondol.model_store.store import ModelStore
from ondol.rerankers.onnx import open_onnx
open_onnx({str(folder)!r}, store=ModelStore(Path({str(store.home)!r})))
print([name for name in ("onnx", "torch", "transformers", "safetensors") if name in sys.modules])
"""
    run = partial(subprocess.run, capture_output=True, text=True, check=True)
    assert run([sys.executable, "-c", code]).stdout == "[]\n"
