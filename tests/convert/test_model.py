"""What transformers computes and what llama.cpp computes from the converted file are the same."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from ondol.convert.model import write_gguf
from ondol.errors import BackendError, Damaged, NotFound, UnusableInput, UsageError
from ondol.gguf.file import read_gguf_header
from ondol.models.hf.model import HuggingFace
from ondol.models.llama_cpp.model import LlamaCpp

KINDS = ["Llama", "Mistral", "Qwen2", "Qwen3", "Phi3", "Gemma", "Gemma2", "Gemma3Text"]
LONG = "The floor is warm in Korea, and the whole room is warm. " * 3
CONTINUATION = " a warm floor"
EXACT = 0.02
"""Nats per token. The kernels of llama.cpp round to half in places; up to 0.004 was seen."""


@pytest.fixture
def convert(tmp_path):
    """`convert(folder, dtype)` → both models."""
    opened = []

    def open_both(folder, dtype="f16"):
        target = tmp_path / f"{dtype}.gguf"
        write_gguf(folder, target, dtype=dtype)
        model = HuggingFace(path=folder, threads=1, dtype="float32", max_tokens=12, temperature=0)
        opened.append(LlamaCpp(path=target, threads=1, context=512, kv_type="f32", max_tokens=12, temperature=0))
        return model, opened[-1]

    yield open_both
    for model in opened:
        model.close()


def check_logprob(model, other, *, near=EXACT):
    for prompt in ("Ondol is", LONG):
        assert other.get_token_ids(prompt) == model.get_token_ids(prompt)
        count = len(model.get_token_ids(CONTINUATION))
        told = other.logprob(prompt, CONTINUATION)
        assert told == pytest.approx(model.logprob(prompt, CONTINUATION), abs=near * count)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["f32", "f16"])
def test_both_runtimes_say_the_same_of_a_converted_model(kind, dtype, make_folder, convert):
    model, other = convert(make_folder(kind), dtype)
    check_logprob(model, other)
    said, reply = model.invoke("Is it warm?"), other.invoke("Is it warm?")
    assert (reply.text, reply.usage_metadata["input_tokens"]) == (said.text, said.usage_metadata["input_tokens"])
    for streaming in (model, other):
        pieces = [chunk.text for chunk in streaming.stream("Is it warm?")]
        assert "".join(pieces) == said.text
        assert len(pieces) > 2


@pytest.mark.parametrize(("dtype", "near"), [("bf16", 0.05), ("q8_0", 0.2)])
def test_smaller_number_formats_stay_close(dtype, near, make_folder, convert):
    model, other = convert(make_folder("Llama"), dtype)
    check_logprob(model, other, near=near)


@pytest.mark.parametrize(
    ("kind", "rope"),
    [
        ("Llama", {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}),
        ("Llama", {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                   "original_max_position_embeddings": 64, "rope_theta": 10000.0}),
        ("Qwen2", {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 128,
                   "rope_theta": 10000.0}),
        ("Phi3", {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.75}),
    ],
    ids=["linear", "llama3", "yarn", "partial"],
)  # fmt: skip
def test_rotary_scaling_is_carried_over(kind, rope, make_folder, convert):
    more = {"head_dim": 32} if kind == "Llama" else {}
    sizes = {"hidden_size": 128} if rope["rope_type"] != "llama3" else {}
    check_logprob(*convert(make_folder(kind, rope_parameters=rope, **more, **sizes)))


def test_long_and_short_factors_of_phi_are_carried_over(make_folder, convert):
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0 + n / 8 for n in range(8)],
            "long_factor": [2.0 + n for n in range(8)], "original_max_position_embeddings": 512}  # fmt: skip
    more = {"max_position_embeddings": 1024, "original_max_position_embeddings": 512}
    check_logprob(*convert(make_folder("Phi3", rope_parameters=rope, **more)))


def test_biases_and_tied_embeddings_are_carried_over(make_folder, convert):
    model, other = convert(make_folder("Llama", attention_bias=True, mlp_bias=True, tie_word_embeddings=True))
    check_logprob(model, other)


def test_weights_in_bfloat16_and_in_several_files_are_read(make_folder, convert):
    folder = make_folder("Qwen2")
    network = HuggingFace(path=folder, threads=1, dtype="bfloat16")._network
    network.save_pretrained(folder, max_shard_size="50KB")
    (folder / "model.safetensors").unlink()
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    check_logprob(*convert(folder))


def test_where_llama_cpp_knows_no_window_the_context_ends_at_it(make_folder, tmp_path):
    for kind, context in (("Mistral", 128), ("Gemma3Text", 512), ("Qwen2", 512)):
        write_gguf(make_folder(kind), tmp_path / "model.gguf")
        rows = read_gguf_header(tmp_path / "model.gguf").metadata
        assert rows[f"{rows['general.architecture']}.context_length"] == context


def change(folder: Path, name: str = "config.json", **values) -> Path:
    rows = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**rows, **values}))
    return folder


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model_type": "mamba"}, "ondol cannot convert the architecture 'mamba' to GGUF."),
        ({"quantization_config": {"bits": 4}}, "are quantised already."),
        ({"hidden_act": "relu"}, "llama.cpp does not know llama with the activation 'relu'."),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "does not know this model's rotary scaling 'dynamic'."),
        ({"rms_norm_eps": None}, "config.json lacks rms_norm_eps."),
    ],
)
def test_what_llama_cpp_does_not_know_is_refused_by_name(values, message, make_folder, tmp_path):
    folder = change(make_folder("Llama"), **values)
    with pytest.raises(UnusableInput) as told:
        write_gguf(folder, tmp_path / "model.gguf")
    assert message in told.value.message
    assert list(tmp_path.iterdir()) == []


def test_another_pattern_of_windows_is_refused(make_folder, tmp_path):
    folder = change(make_folder("Gemma3Text"), layer_types=["full_attention"] * 6)
    with pytest.raises(UnusableInput, match=r"attention differs from what llama.cpp knows as gemma3"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_heads_that_do_not_fit_the_weights_are_told(make_folder, tmp_path):
    folder = change(make_folder("Llama"), num_key_value_heads=3)
    with pytest.raises(Damaged, match=r"32 rows cannot be divided among 3 heads"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_a_missing_tensor_is_told(make_folder, tmp_path):
    folder = make_folder("Llama")
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(Damaged, match=r"lacks 1 of its tensors, model.layers.1.mlp.up_proj.weight among them"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_a_tensor_without_a_place_is_told(make_folder, tmp_path):
    folder = make_folder("Llama")
    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "model.layers.0.extra.weight": np.ones(2, np.float32)}, folder / "model.safetensors")
    with pytest.raises(UnusableInput, match=r"no place for the tensor model.layers.0.extra.weight of llama"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_weights_that_are_no_plain_floats_are_refused(make_folder, tmp_path):
    folder = make_folder("Llama")
    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "model.norm.weight": np.ones(64, np.int8)}, folder / "model.safetensors")
    with pytest.raises(UnusableInput, match=r"holds model.norm.weight as I8"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_values_too_large_for_half_are_refused_and_leave_no_file(make_folder, tmp_path):
    folder = make_folder("Llama")
    tensors = load_file(folder / "model.safetensors")
    tensors["lm_head.weight"] = tensors["lm_head.weight"] * 1e6
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(UnusableInput, match=r"output.weight holds values too large for f16"):
        write_gguf(folder, tmp_path / "model.gguf")
    assert list(tmp_path.iterdir()) == []


def test_pickles_are_not_opened(make_folder, tmp_path):
    folder = make_folder("Llama")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnusableInput, match="is a pickle"):
        write_gguf(folder, tmp_path / "model.gguf")


def test_mistakes_of_the_call_are_told(make_folder, tmp_path):
    folder = make_folder("Llama")
    with pytest.raises(UsageError, match="There is no dtype 'q4'"):
        write_gguf(folder, tmp_path / "model.gguf", dtype="q4")
    with pytest.raises(NotFound, match=r"config.json is missing"):
        write_gguf(tmp_path, tmp_path / "model.gguf")
    (tmp_path / "file").touch()
    with pytest.raises(BackendError, match="cannot be written"):
        write_gguf(folder, tmp_path / "file" / "model.gguf")
