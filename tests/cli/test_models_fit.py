"""`models fit`: rows, verdicts and mistakes, without weights or network."""

import json

import pytest

from ondol.cli.columns import width_of
from ondol.cli.models_choice import filter_models
from ondol.model_store.store import ModelStore
from ondol.settings import load_settings


@pytest.fixture(autouse=True)
def machine(tmp_path):
    """Figures of a slow machine with this machine's name, so that nothing is measured."""
    from ondol.fit.machine import measure_machine

    home = tmp_path / "home"
    home.mkdir()
    kept = measure_machine(home)
    row = {"threads": 2, "bandwidth": 20e9, "flops": 1e11, "gpu": "", "gpu_bytes": 0, "key": kept.key}
    (home / "machine.json").write_text(json.dumps(row))


def test_without_a_name_the_whole_catalogue_is_reckoned(ondol):
    rows = ondol("models", "fit", "--json", "--offline").json["models"]
    assert len(rows) >= 20
    assert {row["fits"] for row in rows} <= {"yes", "tight", "no"}
    assert all(row["memory_bytes"] == sum(row["parts"].values()) for row in rows)
    assert all(row["tokens_per_s"] > 0 for row in rows)


def test_an_8b_model_on_a_64_gb_machine_is_answered_for_every_method(ondol):
    told = {}
    for method in ("inference", "lora", "qlora", "full"):
        [row] = ondol("models", "fit", "llama-3.1-8b-instruct", "--memory", 64, "--method", method, "--json").json[
            "models"
        ]
        told[method] = row["fits"], row["instead"]
    assert told == {"inference": ("yes", ""), "lora": ("yes", ""), "qlora": ("yes", ""), "full": ("no", "lora")}


def test_the_table_is_aligned_and_names_what_would_fit(ondol, monkeypatch):
    ran = ondol("models", "fit", "qwen3-8b", "qwen3-0.6b", "--memory", 5)
    head, large, small, last = ran.out.splitlines()
    assert "no; would fit: " in large
    column = width_of(head[: head.index("fits")])
    assert large[column:].startswith("no")
    assert small[column:].startswith("yes")
    assert last.startswith("Free memory: 4.6 GB. Reckoned for 4096 tokens")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["qwen-8b"], 4, "Did you mean 'qwen3-8b'?"),
        (["qwen3-8b", "--kv", "f15"], 2, "the KV type is 'f15', known are"),
        (["qwen3-8b", "--method", "dream"], 2, "the method is 'dream', known are inference, lora, qlora, full"),
        (["qwen3-8b", "--quant", "Q4_K_X"], 4, "No quantisation is called 'Q4_K_X'."),
        (["hub:owner/repo", "--offline"], 6, "stands on the hub and ondol is offline"),
        (["kanana-1.5-2.1b-instruct"], 4, "hub:kakaocorp/kanana-1.5-2.1b-instruct-2505"),
        (["./nothing"], 4, "nothing"),
    ],
)
def test_mistakes_are_told_with_what_to_do(ondol, arguments, code, told):
    ran = ondol("models", "fit", *arguments)
    assert ran.code == code
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_folder_of_the_users_own_is_reckoned(ondol, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    config = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 1000}
    (folder / "config.json").write_text(json.dumps(config))
    [row] = ondol("models", "fit", folder, "--json").json["models"]
    assert (row["name"], row["fits"]) == ("mine", "yes")


def test_the_help_lists_every_type_of_the_cache(ondol):
    from ondol.fit.quant import KV_BYTES
    from ondol.gguf.server import KV_TYPES

    told = ondol("models", "fit", "--help").out
    assert set(KV_BYTES) == set(KV_TYPES)
    assert all(name in told for name in KV_BYTES)


def test_what_a_machine_lacks_is_told(ondol):
    ran = ondol("models", "fit", "qwen3-0.6b", "--method", "qlora", "--context", 1024)
    assert "NF4" in ran.out
    assert "no; needs CUDA; would fit: lora" in ran.out


def test_with_a_gpu_both_memories_are_told(ondol, tmp_path):
    file = tmp_path / "home" / "machine.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "gpu": "NVIDIA T4", "gpu_bytes": 16 * 10**9}))
    folder = tmp_path / "mine"
    folder.mkdir()
    config = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "vocab_size": 1000}
    (folder / "config.json").write_text(json.dumps(config))
    rows = ondol("models", "fit", folder, "qwen3-0.6b", "--json").json["models"]
    assert [(row["device"], row["quant"]) for row in rows] == [("cuda", "BF16"), ("cpu", "Q8_0")]
    told = ondol("models", "fit", folder, "qwen3-0.6b").out
    assert "Memory of the GPU, where transformers would run: 14.7 GB." in told
    assert "Free memory: " in told


def test_rows_are_filtered_by_language_kind_thinking_and_memory():
    settings = load_settings()
    rows = ModelStore(settings.home).list_models()

    def names(**filters):
        return {row["name"] for row in filter_models(rows, settings, **filters)}

    assert names() == {row["name"] for row in rows}
    assert names(embeddings=True) == {"multilingual-e5-small", "all-minilm-l6-v2"}
    assert names(embeddings=True, korean=True) == {"multilingual-e5-small"}
    assert {"exaone-4.0-1.2b", "qwen3-8b"} <= names(korean=True, reasoning=True)
    assert "llama-3.1-8b-instruct" not in names(korean=True)
    fitting = names(chat=True, fits=True)
    assert "smollm2-135m-instruct" in fitting
    assert "kanana-1.5-2.1b-instruct" not in fitting
