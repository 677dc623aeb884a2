"""A foreign config.json or index ends in a shape or in an error of ours."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ondol.errors import OndolError
from ondol.fit.machine import Machine
from ondol.fit.memory import Use
from ondol.fit.report import judge
from ondol.fit.shape_sources import read_folder

LLAMA = {
    "model_type": "llama", "num_hidden_layers": 4, "hidden_size": 64, "num_attention_heads": 4, "head_dim": 16,
    "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 320, "max_position_embeddings": 512,
    "sliding_window": 0, "layer_types": None, "text_config": None, "quantization_config": None, "num_experts": 0,
}  # fmt: skip
MACHINE = Machine(memory_bytes=8 * 10**9, available_bytes=8 * 10**9, threads=2, bandwidth=3e10, flops=1e11)
ODD = st.none() | st.booleans() | st.integers() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=5)
VALUE = ODD | st.lists(ODD, max_size=3) | st.dictionaries(st.text(max_size=3), ODD, max_size=3)


@given(st.dictionaries(st.sampled_from(sorted(LLAMA)), VALUE, max_size=4))
@settings(max_examples=300, deadline=500)
def test_odd_values_of_a_config_end_in_a_shape_or_an_error_of_ours(tmp_path_factory, odd):
    folder = tmp_path_factory.getbasetemp() / "config"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**LLAMA, **odd}))
    with suppress(OndolError):
        row = judge(read_folder(folder), Use(), MACHINE).row()
        assert row["memory_bytes"] > 0
        assert row["tokens_per_s"] > 0


@given(VALUE | st.fixed_dictionaries({"weight_map": VALUE}))
@settings(max_examples=100, deadline=500)
def test_odd_indexes_end_in_a_shape_or_an_error_of_ours(tmp_path_factory, index):
    folder = tmp_path_factory.getbasetemp() / "index"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(LLAMA))
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with suppress(OndolError):
        assert read_folder(folder).layers == 4


@pytest.mark.parametrize("text", ["[1]", "[" * 100_000, "{", "\ud800", ""])
def test_a_config_that_is_no_object_is_damaged(tmp_path, text):
    (tmp_path / "config.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(OndolError, match=r"config\.json is damaged: it "):
        read_folder(tmp_path)
