"""What would run a model, with which numbers, and against which memory it is judged."""

from dataclasses import replace

import pytest

from ondol.fit.config_json import read_config
from ondol.fit.machine import Machine
from ondol.fit.memory import Use
from ondol.fit.report import judge
from ondol.fit.shape_sources import read_entry
from ondol.model_store.catalogue import load_catalogue

CATALOGUE = load_catalogue()
PLAIN = Machine(memory_bytes=24 * 10**9, available_bytes=20 * 10**9, threads=2, bandwidth=30e9, flops=150e9)
WITH_GPU = replace(PLAIN, gpu="NVIDIA T4", gpu_bytes=10 * 10**9)
FOLDER = read_config(
    {"model_type": "llama", "num_hidden_layers": 28, "hidden_size": 3072, "num_attention_heads": 24,
     "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128256, "tie_word_embeddings": True},
    name="mine", stated_parameters=3_212_749_824, weight_bytes=6_425_499_648, quant="BF16",
)  # fmt: skip


def told(shape, use, machine, **options):
    row = judge(shape, use, machine, **options).row()
    return row["runtime"], row["quant"], row["device"], row["fits"]


def test_a_folder_is_reckoned_as_transformers_would_load_it():
    assert told(FOLDER, Use(), PLAIN) == ("hf", "F32", "cpu", "tight")
    assert judge(FOLDER, Use(), PLAIN).row()["weight_bytes"] == pytest.approx(4 * FOLDER.parameters, rel=0.01)
    assert judge(FOLDER, Use(), replace(PLAIN, available_bytes=16 * 10**9)).row()["instead"] == "BF16"
    assert told(FOLDER, Use(quant="Q4_K_M"), PLAIN)[:2] == ("llama.cpp", "Q4_K_M")
    assert told(read_entry(CATALOGUE["qwen3-8b"]), Use(), PLAIN)[:2] == ("llama.cpp", "Q4_K_M")


def test_where_a_gpu_is_the_folder_must_fit_into_its_memory():
    assert told(FOLDER, Use(), WITH_GPU) == ("hf", "BF16", "cuda", "no")
    roomy = replace(WITH_GPU, gpu_bytes=24 * 10**9)
    assert told(FOLDER, Use(), roomy) == ("hf", "BF16", "cuda", "yes")
    # the measured bandwidth is the processor's
    assert judge(FOLDER, Use(), roomy).generation is None
    assert told(read_entry(CATALOGUE["qwen3-8b"]), Use(), WITH_GPU)[2:] == ("cpu", "yes")


@pytest.mark.parametrize(("method", "quant"), [("full", "F32"), ("lora", "BF16"), ("qlora", "NF4")])
def test_tuning_names_the_numbers_it_computes_with(method, quant):
    row = judge(read_entry(CATALOGUE["qwen3-8b"]), Use(method=method), PLAIN, pretend_bytes=64 * 10**9).row()
    assert (row["quant"], row["runtime"]) == (quant, "hf")


def test_qlora_needs_cuda():
    small = read_entry(CATALOGUE["qwen3-0.6b"])
    row = judge(small, Use(method="qlora", context=1024), PLAIN).row()
    assert (row["fits"], row["needs"], row["instead"]) == ("no", "CUDA", "lora")
    row = judge(small, Use(method="qlora", context=1024), WITH_GPU).row()
    assert (row["fits"], row["needs"], row["device"]) == ("yes", "", "cuda")
    large = judge(read_entry(CATALOGUE["qwen3-8b"]), Use(method="full"), PLAIN)
    assert large.instead is None or large.instead.method == "lora"
