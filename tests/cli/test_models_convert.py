"""`models convert`: what it writes, and what it asks for."""

import json

import pytest

from ondol.gguf.file import read_gguf_header

MODEL = {"model_type": "llama", "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
         "hidden_size": 8, "intermediate_size": 8, "rms_norm_eps": 1e-5, "max_position_embeddings": 32}  # fmt: skip
BLOCK = "model.layers.0."


@pytest.fixture
def folder(tmp_path):
    """A Llama of one block and four tokens."""
    pytest.importorskip("gguf")
    import numpy as np
    from safetensors.numpy import save_file

    shapes = {"self_attn.q_proj": (8, 8), "self_attn.k_proj": (4, 8), "self_attn.v_proj": (4, 8),
              "self_attn.o_proj": (8, 8), "mlp.gate_proj": (8, 8), "mlp.up_proj": (8, 8), "mlp.down_proj": (8, 8),
              "input_layernorm": (8,), "post_attention_layernorm": (8,)}  # fmt: skip
    named = {f"{BLOCK}{name}.weight": shape for name, shape in shapes.items()}
    named |= {"model.embed_tokens.weight": (4, 8), "model.norm.weight": (8,), "lm_head.weight": (4, 8)}
    path = tmp_path / "model"
    path.mkdir()
    save_file({name: np.ones(shape, np.float32) for name, shape in named.items()}, path / "model.safetensors")
    words = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3}, "merges": ["a b"]}
    cut = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    (path / "config.json").write_text(json.dumps(MODEL))
    (path / "tokenizer.json").write_text(json.dumps({"model": words, "pre_tokenizer": cut}))
    return path


@pytest.fixture
def adapter(tmp_path, folder):
    import numpy as np
    from safetensors.numpy import save_file

    path = tmp_path / "adapter"
    path.mkdir()
    name = f"base_model.model.{BLOCK}self_attn.q_proj"
    pair = {f"{name}.lora_A.weight": np.ones((2, 8), np.float32), f"{name}.lora_B.weight": np.ones((8, 2), np.float32)}
    save_file(pair, path / "adapter_model.safetensors")
    (path / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 2, "lora_alpha": 4}))
    return path


def test_a_folder_becomes_one_file(ondol, folder, tmp_path):
    ran = ondol("models", "convert", folder, "--out", tmp_path / "model.gguf", "--json")
    assert ran.json == {
        "path": str(tmp_path / "model.gguf"), "kind": "model", "bytes": (tmp_path / "model.gguf").stat().st_size
    }  # fmt: skip
    header = read_gguf_header(tmp_path / "model.gguf")
    assert (header.metadata["general.architecture"], len(header.tensors)) == ("llama", 12)
    assert ondol("models", "convert", folder, "--out", tmp_path / "model.gguf").out.startswith("Wrote ")


def test_an_adapter_needs_its_base(ondol, folder, adapter, tmp_path):
    target = tmp_path / "adapter.gguf"
    ran = ondol("models", "convert", adapter, "--out", target)
    assert ran.code == 2
    assert "is a LoRA, and its base must be known." in ran.err
    assert ondol("models", "convert", adapter, "--out", target, "--base", folder, "--json").json["kind"] == "adapter"
    assert read_gguf_header(target).metadata["adapter.lora.alpha"] == 4.0


def test_mistakes_of_the_call_are_told(ondol, folder, tmp_path):
    ran = ondol("models", "convert", folder, "--out", tmp_path / "model.bin")
    assert (ran.code, "must end in .gguf." in ran.err) == (2, True)
    ran = ondol("models", "convert", folder, "--out", tmp_path / "model.gguf", "--base", folder)
    assert (ran.code, "--base belongs to a LoRA" in ran.err) == (2, True)
    ran = ondol("models", "convert", tmp_path / "nowhere", "--out", tmp_path / "model.gguf")
    assert (ran.code, "config.json is missing." in ran.err) == (4, True)
