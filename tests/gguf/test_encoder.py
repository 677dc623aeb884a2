"""What a header says about vectors and ranks."""

import gguf
import numpy as np
import pytest

from ondol.gguf.encoder import LONGEST, read_encoder


def write(path, *, context=512, pooling=None, tensors=(), rerank=""):
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("Some Embedder")
    writer.add_context_length(context)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    if rerank:
        writer.add_string("tokenizer.chat_template.rerank", rerank)
    for tensor in ("token_embd.weight", *tensors):
        writer.add_tensor(tensor, np.zeros((2, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("pooling", "tensors", "expected"),
    [
        (None, (), ("mean", False, False)),
        (gguf.PoolingType.CLS, (), ("cls", False, False)),
        (gguf.PoolingType.LAST, (), ("last", False, False)),
        (gguf.PoolingType.RANK, (), ("mean", True, True)),
        (None, ("cls.output.weight",), ("mean", True, True)),
        (gguf.PoolingType.MEAN, ("cls.weight",), ("mean", False, True)),
    ],
)
def test_pooling_and_layers_tell_what_it_is_for(tmp_path, pooling, tensors, expected):
    found = read_encoder(write(tmp_path / "a.gguf", pooling=pooling, tensors=tensors))
    assert (found.pooling, found.ranks, found.has_head) == expected


def test_names_window_and_template_are_read(tmp_path):
    found = read_encoder(write(tmp_path / "Tiny-Q8.gguf", context=100, rerank="{query} {document}"))
    assert {"some", "embedder", "bert", "tiny-q8"} <= set(found.name.split())
    assert (found.context, found.rerank_template) == (100, "{query} {document}")
    assert read_encoder(write(tmp_path / "long.gguf", context=32768)).context == LONGEST
