"""`models bench`: any spec, beside what was reckoned."""

import pytest

from ondol.settings import load_settings


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
