"""Memory and verdicts: against published sizes, and against what was measured here in November 2026."""

from dataclasses import replace

import pytest

from ondol.errors import NotFound, UsageError
from ondol.fit.machine import Machine
from ondol.fit.memory import Use, adapter_parameters, estimate_memory, kv_bytes
from ondol.fit.quant import find_quant, weight_bytes
from ondol.fit.report import describe_change, judge
from ondol.fit.shape_sources import read_entry
from ondol.fit.speed import estimate_speed
from ondol.model_store.catalogue import load_catalogue

CATALOGUE = load_catalogue()
MACHINE = Machine(memory_bytes=24 * 10**9, available_bytes=20 * 10**9, threads=2, bandwidth=30e9, flops=150e9)
MIB = 2**20


def shape_of(name):
    return read_entry(CATALOGUE[name])


@pytest.mark.parametrize(
    ("name", "quant", "gigabytes"),
    [
        ("llama-3.1-8b-instruct", "Q4_K_M", 4.92),
        ("llama-3.1-8b-instruct", "Q8_0", 8.54),
        ("llama-3.1-8b-instruct", "Q6_K", 6.60),
        ("llama-3.2-1b-instruct", "Q4_K_M", 0.808),
        ("llama-3.3-70b-instruct", "Q4_K_M", 42.5),
        ("qwen3-30b-a3b", "Q4_K_M", 18.6),
        ("gemma-3-270m", "Q4_K_M", 0.253),
        ("smollm2-135m-instruct", "Q4_1", 0.0984),
    ],
)
def test_weights_are_as_large_as_published_files(name, quant, gigabytes):
    assert weight_bytes(shape_of(name), quant) / 1e9 == pytest.approx(gigabytes, rel=0.05)


@pytest.mark.parametrize(
    ("name", "file_bytes", "kv", "context", "measured_mib"),
    [  # growth of the process to its peak with a prompt of 700 tokens; xllamacpp 2026.10, 1 thread
        ("smollm2-135m-instruct", 98_362_432, "f16", 1024, 165),
        ("smollm2-135m-instruct", 98_362_432, "f16", 8192, 323),
        ("smollm2-135m-instruct", 98_362_432, "q8_0", 8192, 239),
        ("smollm2-135m-instruct", 98_362_432, "q4_0", 4096, 168),
        ("gemma-3-270m", 253_113_024, "f16", 1024, 353),
        ("gemma-3-270m", 253_113_024, "f16", 16384, 634),
        ("gemma-3-270m", 253_113_024, "q8_0", 16384, 503),
        ("gemma-3-270m", 253_113_024, "q4_0", 16384, 430),
    ],
)
def test_prediction_is_within_fifteen_percent_of_what_was_measured(name, file_bytes, kv, context, measured_mib):
    shape = replace(shape_of(name), weight_bytes=file_bytes)
    predicted = estimate_memory(shape, Use(context=context, kv=kv)).total
    assert predicted / (measured_mib * MIB) == pytest.approx(1, abs=0.15)


def test_the_cache_grows_with_context_slots_and_width_of_its_numbers():
    shape = shape_of("llama-3.1-8b-instruct")
    assert kv_bytes(shape, Use(context=8192)) == 2**30
    assert kv_bytes(shape, Use(context=8192, slots=4)) == 4 * 2**30
    assert kv_bytes(shape, Use(context=8192, kv="q4_0")) == 2**30 * 9 // 32


def test_only_transformers_keeps_just_the_window():
    shape = shape_of("gemma-3-1b-it")
    whole, short = Use(context=8192), Use(context=8192, runtime="hf")
    assert kv_bytes(shape, whole) == 26 * 8192 * 512 * 2
    assert kv_bytes(shape, short) == (4 * 8192 + 22 * 512) * 512 * 2


def test_an_8b_model_on_64_gb_has_an_answer_for_every_method():
    shape = shape_of("llama-3.1-8b-instruct")
    found = {
        method: judge(shape, Use(method=method, context=2048), MACHINE, pretend_bytes=64 * 10**9)
        for method in ("inference", "lora", "qlora", "full")
    }
    assert [found[method].fits for method in found] == ["yes", "yes", "yes", "no"]
    assert found["full"].memory > 120e9
    assert found["full"].instead.method == "lora"
    assert found["qlora"].memory < found["lora"].memory < found["full"].memory


def test_what_would_fit_is_the_least_change():
    shape = shape_of("qwen3-30b-a3b")
    tight = judge(shape, Use(context=4096), replace(MACHINE, available_bytes=int(18.8e9)))
    assert describe_change(tight.use, tight.instead) == "context 2048"
    small = judge(shape, Use(context=4096), replace(MACHINE, available_bytes=16 * 10**9))
    assert describe_change(small.use, small.instead) == "Q3_K_M"
    assert judge(shape, Use(), replace(MACHINE, available_bytes=10**9)).instead is None


def test_little_room_is_told():
    shape = shape_of("qwen3-8b")
    assert judge(shape, Use(), replace(MACHINE, available_bytes=int(6.5e9))).fits == "tight"
    assert judge(shape, Use(), MACHINE).fits == "yes"


def test_a_context_never_exceeds_the_models_own():
    assert judge(shape_of("phi-4"), Use(context=10**6), MACHINE).use.context == 16384


def test_an_adapter_of_rank_16_on_llama_8b_has_42_million_numbers():
    assert adapter_parameters(shape_of("llama-3.1-8b-instruct"), 16) == 41_943_040  # as peft counts them


def test_idle_experts_cost_memory_and_no_time():
    dense, sparse = shape_of("qwen3-14b"), shape_of("qwen3-30b-a3b")
    assert estimate_memory(sparse, Use()).total > estimate_memory(dense, Use()).total
    fast, slow = estimate_speed(sparse, Use(), MACHINE), estimate_speed(dense, Use(), MACHINE)
    assert fast.generation > 2 * slow.generation
    assert fast.prompt > 2 * slow.prompt


def test_another_machines_speed_is_not_told():
    assert judge(shape_of("qwen3-8b"), Use(), MACHINE, pretend_bytes=64 * 10**9).row()["tokens_per_s"] is None


def test_what_cannot_be_reckoned_is_told_all_at_once():
    with pytest.raises(UsageError, match=r"the KV type is 'f15'.*the method is 'dream'"):
        Use(kv="f15", method="dream")
    with pytest.raises(NotFound, match="No quantisation is called 'Q6_KK'") as told:
        find_quant("Q6_KK")
    assert "Did you mean 'Q6_K'?" in told.value.hint
