"""Shapes: what a config, a folder, a GGUF header and the catalogue tell of the same model."""

import json
import math
from dataclasses import replace

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from ondol.errors import Damaged, NotFound, Offline, UnusableInput, UsageError
from ondol.fit.config_json import read_config
from ondol.fit.hub_shape import read_hub
from ondol.fit.shape_sources import find_shape, read_entry, read_folder, read_path
from ondol.model_store.catalogue import load_catalogue
from ondol.model_store.store import ModelStore

LLAMA = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}  # fmt: skip
DEEPSEEK_V2_LITE = {
    "model_type": "deepseek_v2", "num_hidden_layers": 27, "hidden_size": 2048, "num_attention_heads": 16,
    "num_key_value_heads": 16, "intermediate_size": 10944, "vocab_size": 102400, "kv_lora_rank": 512,
    "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64,
    "n_shared_experts": 2, "num_experts_per_tok": 6, "moe_intermediate_size": 1408, "first_k_dense_replace": 1,
}  # fmt: skip


def test_a_plain_config_counts_what_the_publisher_counts():
    shape = read_config(LLAMA, name="x")
    assert (shape.head_dim, shape.kv_numbers, shape.tied) == (128, 2 * 8 * 128, False)
    assert shape.parameters == 8_030_261_248


def test_latent_attention_keeps_its_rank_and_idle_experts_do_not_work():
    shape = read_config(DEEPSEEK_V2_LITE, name="x")
    assert shape.kv_numbers == 512 + 64
    assert shape.parameters == pytest.approx(15.7e9, rel=0.01)  # DeepSeek: 15.7B, 2.4B of them active
    assert shape.active_parameters == pytest.approx(2.4e9, rel=0.1)


def test_a_multimodal_config_counts_as_its_language_part_with_the_codes_defaults():
    text = {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34,
            "sliding_window": 1024}  # fmt: skip
    shape = read_config({"model_type": "gemma3", "text_config": text, "vision_config": {}}, name="x")
    assert (shape.window, shape.window_layers, shape.kv_heads, shape.tied) == (1024, 29, 4, True)
    assert shape.parameters == pytest.approx(load_catalogue()["gemma-3-4b-it"].parameters, rel=1e-4)


@pytest.mark.parametrize(
    ("more", "layers"),
    [
        ({}, 0),
        ({"sliding_window": 4096}, 32),
        ({"sliding_window": 4096, "use_sliding_window": False}, 0),
        ({"sliding_window": 4096, "sliding_window_pattern": "LLLG"}, 24),
        ({"sliding_window": 4096, "layer_types": ["sliding_attention", "full_attention"] * 16}, 16),
    ],
)
def test_sliding_window_layers_are_counted(more, layers):
    assert read_config({**LLAMA, **more}, name="x").window_layers == layers


WRONG = [
    {}, {"model_type": "vit"}, {**LLAMA, "text_config": [1]}, {**LLAMA, "text_config": "x"},
    *({**LLAMA, "num_hidden_layers": value} for value in (math.inf, math.nan, [4], 10**400, 0)),
    {**LLAMA, "num_attention_heads": -9}, {**LLAMA, "hidden_size": "wide"}, {**LLAMA, "vocab_size": True - 1},
    {**LLAMA, "sliding_window": 9, "sliding_window_pattern": -1}, {**LLAMA, "sliding_window": 9, "layer_types": 5},
]  # fmt: skip


@pytest.mark.parametrize("config", WRONG)
def test_a_config_without_the_numbers_is_refused(config):
    with pytest.raises(UnusableInput, match="x has no config that describes a language model"):
        read_config(config, name="x")


def test_a_folder_tells_the_real_sizes_of_its_tensors(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    save_file({"a": np.zeros((3, 5), np.float16), "b": np.zeros(7, np.float16)}, tmp_path / "m.safetensors")
    shape = read_folder(tmp_path)
    assert (shape.parameters, shape.weight_bytes, shape.quant) == (22, 44, "F16")


def test_a_folder_that_is_none_and_a_file_that_is_none_are_told(tmp_path):
    with pytest.raises(UnusableInput, match=r"has no config\.json\."):
        read_path(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "m.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(Damaged, match="is damaged: its header claims"):
        read_folder(tmp_path)


def write_gguf(path, *, architecture="llama", table="token_embd.weight"):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(2)
    writer.add_embedding_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_feed_forward_length(96)
    writer.add_context_length(512)
    writer.add_tensor(table, np.zeros((320, 64), np.float32))
    writer.add_tensor("output.weight", np.zeros((320, 64), np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_gguf_header_tells_shape_and_bytes(tmp_path):
    shape = read_path(write_gguf(tmp_path / "m.gguf"))
    assert (shape.layers, shape.head_dim, shape.kv_numbers, shape.vocab, shape.context) == (2, 16, 64, 320, 512)
    assert (shape.tied, shape.parameters, shape.weight_bytes) == (False, 2 * 320 * 64, 320 * 64 * 6)


def test_parts_of_a_split_gguf_count_together(tmp_path):
    for number in (1, 2):
        write_gguf(tmp_path / f"m-0000{number}-of-00002.gguf")
    assert read_path(tmp_path).weight_bytes == 2 * 320 * 64 * 6
    (tmp_path / "m-00002-of-00002.gguf").unlink()
    with pytest.raises(Damaged, match=r"m-00002-of-00002\.gguf"):
        read_path(tmp_path)


def test_other_gguf_files_are_refused(tmp_path):
    with pytest.raises(UnusableInput, match="holds no language model"):
        read_path(write_gguf(tmp_path / "m.gguf", table="other"))
    (tmp_path / "cut.gguf").write_bytes((tmp_path / "m.gguf").read_bytes()[:200])
    with pytest.raises(Damaged, match="is damaged"):
        read_path(tmp_path / "cut.gguf")


def test_names_of_the_catalogue_need_no_weights(tmp_path):
    store = ModelStore(tmp_path)
    assert find_shape("qwen3-8b", store).quant == "Q4_K_M"
    assert find_shape("gpt-oss-20b", store).quant == "MXFP4"
    with pytest.raises(NotFound, match=r"does not tell how 'kanana-1\.5-2\.1b-instruct' is built"):
        find_shape("kanana-1.5-2.1b-instruct", store)


def test_a_shape_of_the_users_own_catalogue_is_checked():
    for shape in ({"layers": -1}, {"wings": 2}):
        with pytest.raises(UsageError, match="The catalogue's shape of 'qwen3-8b' cannot be right"):
            read_entry(replace(load_catalogue()["qwen3-8b"], shape={**load_catalogue()["qwen3-8b"].shape, **shape}))


def test_offline_the_hub_is_not_asked(tmp_path):
    with pytest.raises(Offline, match="hub:a/b stands on the hub and ondol is offline"):
        find_shape("hub:a/b", ModelStore(tmp_path, offline=True))


def test_of_the_hub_only_the_config_is_fetched(monkeypatch, tmp_path):
    class Api:
        def model_info(self, repository, **_):
            assert repository == "a/b"
            return type("Info", (), {"safetensors": type("S", (), {"parameters": {"BF16": 8_030_261_248}})})

    asked = []

    def download(repository, name, **_):
        asked.append(name)
        (tmp_path / name).write_text(json.dumps(LLAMA))
        return tmp_path / name

    monkeypatch.setattr("ondol.fit.hub_shape.HfApi", Api)
    monkeypatch.setattr("ondol.fit.hub_shape.hf_hub_download", download)
    shape = read_hub("a/b")
    assert (asked, shape.weight_bytes, shape.quant) == (["config.json"], 2 * 8_030_261_248, "BF16")
    assert shape.runtime == "hf"
    odd = tmp_path / "odd.json"
    odd.write_text("[" * 100_000)
    monkeypatch.setattr("ondol.fit.hub_shape.hf_hub_download", lambda *_, **__: odd)
    with pytest.raises(Damaged, match="it is not JSON"):
        read_hub("a/b")


def test_encoders_are_refused_because_they_write_nothing(tmp_path):
    with pytest.raises(UnusableInput, match="multilingual-e5-small is an encoder: it writes no text"):
        find_shape("multilingual-e5-small", ModelStore(tmp_path))
    with pytest.raises(UnusableInput, match="x is an encoder"):
        read_config({**LLAMA, "model_type": "xlm-roberta"}, name="x")


def test_a_folder_of_pickles_is_told_because_nothing_here_opens_it(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(UnusableInput, match=r"pytorch_model\.bin is a pickle"):
        find_shape(str(tmp_path), ModelStore(tmp_path / "home"))


def test_a_path_is_named_by_its_last_part_and_a_version_stays_whole(tmp_path):
    folder = tmp_path / "Llama-3.1-8b"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(LLAMA))
    assert find_shape(str(folder), ModelStore(tmp_path / "home")).name == "Llama-3.1-8b"


def test_a_gguf_header_without_sense_is_told(tmp_path):
    path = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(2)
    writer.add_tensor("token_embd.weight", np.zeros((320, 64), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(UnusableInput, match="has no header that describes a language model: KeyError"):
        read_path(path)
