"""`models bench`: any spec, beside what was reckoned."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from ondol.cli.models_bench import predict
from ondol.settings import load_settings
from tests.cli.gguf_models import write_gguf
from tests.models.openai_api import openai_servers as servers

LLAMA = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
         "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 1000}  # fmt: skip


def test_a_model_that_is_not_in_this_process_is_timed_without_a_prediction(ondol):
    row = ondol("models", "bench", "fake:one two three four", "--tokens", 3, "--prompt-tokens", 40, "--json").json
    assert set(row) >= {"load_s", "prompt_tokens_per_s", "tokens_per_s", "first_token_ms", "memory_bytes"}
    assert (row["tokens"], row["predicted"]) == (3, None)
    assert ondol("models", "bench", "fake:one two").out.startswith("fake:one two: loaded in 0.")


def test_a_misspelt_runtime_is_told(ondol):
    ran = ondol("models", "bench", "lama.cpp:x")
    assert ran.code == 4
    assert "Did you mean 'llama.cpp'?" in ran.err


def test_a_bare_name_is_one_of_llama_cpp(ondol):
    ran = ondol("models", "bench", "gemma-3-270m")
    assert ran.code == 4
    assert "The model 'gemma-3-270m' is not on this machine." in ran.err


def test_fit_and_bench_reckon_the_same_for_a_folder(ondol, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "home").mkdir()  # keeps the machine's figures, which differ from one measurement to the next
    (folder / "config.json").write_text(json.dumps(LLAMA))
    save_file({"a": np.zeros((1000, 64), np.float16)}, folder / "model.safetensors")
    [row] = ondol("models", "fit", folder, "--json").json["models"]
    told = predict(f"hf:{folder}", load_settings(), 4096)
    assert row["runtime"] == "hf"
    assert {name: row[name] for name in told} == told


def test_the_prediction_counts_the_options_of_the_server(tmp_path):
    spec, settings = f"llama.cpp:{write_gguf(tmp_path / 'm.gguf')}", load_settings()

    def memory(**options):
        return predict(spec, settings, 512, options=options)["memory_bytes"]

    kv = 512 * 2 * 64 * 2  # two layers, 64 numbers of two bytes for each token
    assert memory(parallel=3) - memory() == 2 * kv
    assert memory() - memory(kv_type="q8_0") == kv - kv * 34 // 64


def test_what_cannot_be_reckoned_is_measured_all_the_same():
    assert predict("hf:owner/repo", load_settings(), 512) is None


def test_the_memory_of_a_server_is_not_told(ondol):
    with servers.scripted({"/v1/chat/completions": servers.say({"content": "Yes"})}) as (url, _):
        ran = ondol("models", "bench", f"openai:m@{url}", "--tokens", 2)
    assert ran.code == 0, ran.err
    assert "  memory       –" in ran.out


HERE = load_settings().home / "models"


@pytest.mark.weights
def test_memory_and_speed_are_what_was_reckoned(ondol, tmp_path):
    files = list(HERE.glob("smollm2-135m-instruct/*.gguf"))
    if not files:
        pytest.skip("run ondol models pull smollm2-135m-instruct")
    row = ondol("models", "bench", f"llama.cpp:{files[0]}", "--tokens", 8, "--prompt-tokens", 600, "--json").json
    assert row["tokens"] == 8
    assert row["prompt_tokens"] == pytest.approx(600, rel=0.1)
    # what other tests of this process have left in memory is not counted; allocator leftovers blur the rest
    assert row["predicted"]["memory_bytes"] / row["memory_bytes"] == pytest.approx(1, abs=0.3)
    assert row["predicted"]["tokens_per_s"] > 0
