"""A random LoRA does in llama.cpp what it does in transformers."""

import json
import warnings

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ondol.convert.adapter import write_gguf_adapter
from ondol.convert.config import read_base_config
from ondol.convert.model import write_gguf
from ondol.errors import NotFound, UnusableInput
from ondol.models.hf.model import HuggingFace
from ondol.models.llama_cpp.model import LlamaCpp

PROMPT, CONTINUATIONS = "The whole floor is", (" warm", " in", " a", "1", ".", " room", "x", "!")
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FUSED = ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"]


def write_adapter(base, folder, **how):
    """A LoRA with random numbers in both matrices."""
    network = AutoModelForCausalLM.from_pretrained(base)
    torch.manual_seed(3)
    config = LoraConfig(**{"r": 4, "lora_alpha": 8, "target_modules": ALL, "task_type": "CAUSAL_LM", **how})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft asks transformers in a way that it deprecates
        joined = get_peft_model(network, config)
        for name, weight in joined.named_parameters():
            if "lora_" in name:
                weight.data = torch.randn_like(weight) * 0.15
        joined.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("Llama", {}),
        ("Llama", {"use_rslora": True}),
        ("Llama", {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"layers.1.self_attn.k_proj": 16}}),
        ("Mistral", {}),
        ("Qwen2", {}),
        ("Qwen3", {}),
        ("Phi3", {"target_modules": FUSED}),
        ("Gemma", {}),
        ("Gemma3Text", {}),
    ],
    ids=["Llama", "Llama rsLoRA", "Llama patterns", "Mistral", "Qwen2", "Qwen3", "Phi3", "Gemma", "Gemma3"],
)
def test_both_runtimes_agree_on_a_converted_adapter(kind, how, make_folder, tmp_path):
    base = make_folder(kind)
    adapter = write_adapter(base, tmp_path / "adapter", **how)
    write_gguf(base, tmp_path / "base.gguf", dtype="f32")
    write_gguf_adapter(adapter, tmp_path / "adapter.gguf", base_config=read_base_config(base))
    tuned = measure(HuggingFace(path=base, adapter=adapter, threads=1, dtype="float32"))
    plain = measure(HuggingFace(path=base, threads=1, dtype="float32"))
    adapters = {str(tmp_path / "adapter.gguf"): 1.0}
    with LlamaCpp(path=tmp_path / "base.gguf", threads=1, kv_type="f32", adapters=adapters) as model:
        assert measure(model) == pytest.approx(tuned, abs=0.04)
    assert np.abs(np.subtract(tuned, plain)).mean() > 0.3


def measure(model):
    return [model.logprob(PROMPT, text) for text in CONTINUATIONS]


def test_a_gguf_of_the_base_is_enough_to_convert_an_adapter(make_folder, tmp_path):
    base = make_folder("Llama")
    adapter = write_adapter(base, tmp_path / "adapter")
    write_gguf(base, tmp_path / "base.gguf")
    for name, found in (("of-folder", base), ("of-gguf", tmp_path / "base.gguf")):
        write_gguf_adapter(adapter, tmp_path / f"{name}.gguf", base_config=read_base_config(found))
    assert (tmp_path / "of-folder.gguf").read_bytes() == (tmp_path / "of-gguf.gguf").read_bytes()


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"use_dora": True}, "DoRA scales the base's own weights"),
        ({"modules_to_save": ["lm_head"]}, "it brings whole layers of its own"),
        ({"target_modules": ["q_proj", "lm_head"]}, "it holds base_model.model.lm_head.base_layer"),
        (
            {"target_modules": ["q_proj", "embed_tokens"]},
            "it holds base_model.model.model.embed_tokens",
        ),
    ],
)
def test_what_llama_cpp_cannot_add_is_to_be_merged(how, reason, make_folder, tmp_path):
    base = make_folder("Llama")
    adapter = write_adapter(base, tmp_path / "adapter", **how)
    with pytest.raises(UnusableInput) as told:
        write_gguf_adapter(adapter, tmp_path / "adapter.gguf", base_config=read_base_config(base))
    assert "llama.cpp cannot add this adapter to an open model" in told.value.message
    assert reason in told.value.message
    assert "Merge it" in told.value.hint
    assert not (tmp_path / "adapter.gguf").exists()


def test_another_kind_of_adapter_is_refused(tmp_path):
    (tmp_path / "adapter_config.json").write_text(json.dumps({"peft_type": "IA3"}))
    with pytest.raises(UnusableInput, match="it is of the kind IA3"):
        write_gguf_adapter(tmp_path, tmp_path / "adapter.gguf", base_config={"model_type": "llama"})
    with pytest.raises(NotFound, match=r"config.json is missing"):
        read_base_config(tmp_path)
