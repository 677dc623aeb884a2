import gc
import os
import weakref

import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers

from ondol.bert.session import load_both
from ondol.errors import BackendError

WORDS = {"[UNK]": 0, "온돌": 1, "warm": 2, "[": 3, "SEP": 4, "]": 5, "[SEP]": 6}


@pytest.fixture
def graph(tmp_path):
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    made = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "same", [value], [out])
    path = tmp_path / "graph.onnx"
    onnx.save(helper.make_model(made, ir_version=9, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


@pytest.fixture
def words(tmp_path):
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(["[SEP]"])
    tokenizer.enable_truncation(2)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return path


def test_models_with_the_same_tokenizer_share_it(graph, words):
    _, first = load_both(graph, words, hint="")
    _, second = load_both(graph, words, hint="")
    assert first is second


def test_a_changed_file_is_read_again(graph, words):
    _, first = load_both(graph, words, hint="")
    os.utime(words, ns=(1, 1))
    _, second = load_both(graph, words, hint="")
    assert first is not second


def test_a_tokenizer_that_nobody_uses_is_given_back(graph, words):
    _, tokenizer = load_both(graph, words, hint="")
    kept = weakref.ref(tokenizer)
    del tokenizer
    gc.collect()
    assert kept() is None


def test_texts_are_not_cut_and_their_marks_are_letters(graph, words):
    _, tokenizer = load_both(graph, words, hint="")
    assert tokenizer.encode("온돌 warm [SEP]").tokens == ["온돌", "warm", "[", "SEP", "]"]


def test_a_damaged_tokenizer_is_told_with_its_path(graph, words):
    words.write_text("{")
    with pytest.raises(BackendError, match=r"tokenizer\.json cannot be loaded"):
        load_both(graph, words, hint="")
