"""Whole runs on small random networks: each method, what is kept, and what is refused."""

import json

import pytest
import torch
from langchain_core.messages import HumanMessage

from ondol.errors import NotFound, UnusableInput, UsageError
from ondol.finetune.folder import read_about, read_log
from ondol.models.hf.model import HuggingFace

ROWS = [(f"Question {n}?", f"Answer {n % 7}.") for n in range(60)]


def csv_of(path, rows):
    path.write_text("question,answer\n" + "".join(f"{question},{answer}\n" for question, answer in rows), "utf-8")
    return path


TWO = [("What warms the floor?", "Smoke."), ("무엇이 데우나요?", "연기.")]


@pytest.mark.parametrize(
    ("kind", "method", "rate"),
    [("Llama", "lora", 1e-2), ("Llama", "full", 3e-3), ("Llama", "prefix", 5e-2), ("Gemma3Text", "prefix", 5e-2)],
)
def test_each_method_learns_saves_and_is_served_as_it_was_trained(
    kind, method, rate, make_base, make_config, train, tmp_path
):
    base = make_base(kind)
    data = csv_of(tmp_path / "two.csv", TWO)
    about = train(make_config(base=f"hf:{base}", data=data, method=method, epochs=120, rate=rate, prefix_tokens=16))
    assert about["status"] == "done"
    assert about["train_nll"] < 4, "a random network begins at 5.6"
    folder = tmp_path / "small"
    adapter = None if method == "full" else folder / "adapter"
    with HuggingFace(path=folder / "model" if method == "full" else base, adapter=adapter, threads=1) as model:
        told = [model.answer_logprob([HumanMessage(question)], answer) for question, answer in TWO]
        said = model.invoke([HumanMessage(TWO[0][0])], max_tokens=40)
    assert -sum(nats for nats, _ in told) / sum(count for _, count in told) == pytest.approx(about["train_nll"], 1e-3)
    if method == "full":
        assert (said.text, said.response_metadata["finish_reason"]) == ("Smoke.", "stop")


def test_a_run_tells_what_it_did(make_config, train, tmp_path):
    config = make_config(data=csv_of(tmp_path / "x.csv", ROWS), epochs=2, batch=8, evaluations=3, valid_share=0.2)
    about = train(config)
    folder = tmp_path / "small"
    assert read_about(folder) == json.loads(json.dumps(about))
    assert (about["examples"], about["held_out"], about["steps"]) == (48, 12, 12)
    assert about["targets"] == sorted(["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
    assert about["tokens_per_second"] > 0
    assert about["peak_mb"] > 0
    rows = read_log(folder)
    assert [row["step"] for row in rows if "loss" in row] == [*range(1, 13)]
    assert len([row for row in rows if "valid_nll" in row]) == 3
    held = [json.loads(line) for line in (folder / "held_out.jsonl").read_text("utf-8").splitlines()]
    assert sum(row["nats"] for row in held) / sum(row["tokens"] for row in held) == pytest.approx(
        about["valid_nll"], 1e-4
    )
    assert sum(row["base_nats"] for row in held) > sum(row["nats"] for row in held)
    assert (folder / "loss.svg").read_text().startswith("<svg")
    assert not (folder / "checkpoints").exists()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(make_config, train, tmp_path):
    from safetensors.torch import load_file

    config = make_config(data=csv_of(tmp_path / "x.csv", ROWS), epochs=1)
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        train(config, name=name, seed=seed)
    one, same, other = (
        load_file(tmp_path / n / "adapter" / "adapter_model.safetensors") for n in ("one", "same", "other")
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_accumulated_batches_change_the_weights_as_one_batch_would(make_config, train, tmp_path):
    from safetensors.torch import load_file

    config = make_config(data=csv_of(tmp_path / "x.csv", ROWS[:32]), epochs=1, valid_share=0.0, dtype="float32")
    train(config, name="one", batch=8)
    train(config, name="four", batch=2, accumulate=4)
    one, four = (load_file(tmp_path / n / "adapter" / "adapter_model.safetensors") for n in ("one", "four"))
    for name, value in one.items():
        torch.testing.assert_close(four[name], value, rtol=1e-3, atol=1e-5)


def test_checkpointing_changes_nothing_but_memory(make_config, train, tmp_path):
    from safetensors.torch import load_file

    config = make_config(data=csv_of(tmp_path / "x.csv", ROWS[:16]), epochs=1, valid_share=0.0)
    train(config, name="plain")
    train(config, name="again", checkpointing=True)
    one, two = (load_file(tmp_path / n / "adapter" / "adapter_model.safetensors") for n in ("plain", "again"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, rtol=1e-4, atol=1e-6)


def test_the_best_weights_are_kept_and_a_run_that_gets_worse_ends(make_config, train, tmp_path):
    rows = [(f"Question {n}?", f"{n * 7919 % 1000}") for n in range(40)]  # nothing to be learnt for others
    config = make_config(
        data=csv_of(tmp_path / "x.csv", rows), method="full", rate=2e-2, epochs=30, batch=4, evaluations=30, patience=2,
        valid_share=0.25,
    )  # fmt: skip
    about = train(config)
    measured = [row["valid_nll"] for row in read_log(tmp_path / "small") if "valid_nll" in row]
    assert about["steps"] < 30 * 8
    assert about["best_step"] < about["steps"]
    assert about["valid_nll"] == pytest.approx(min(measured), abs=2e-4)


def test_a_base_without_a_template_is_taught_one_that_both_runtimes_use(make_base, make_config, train, tmp_path):

    base = make_base(template="")
    data = csv_of(tmp_path / "two.csv", [("Who?", "She."), ("Where?", "Here.")])
    about = train(make_config(base=f"hf:{base}", data=data, epochs=150, rate=2e-2))
    assert about["gguf"] == "small.gguf"
    with (
        HuggingFace(path=base, threads=1) as plain,
        HuggingFace(path=base, adapter=tmp_path / "small" / "adapter", threads=1) as tuned,
    ):
        assert plain.is_base
        assert not tuned.is_base
        assert tuned.invoke([HumanMessage("Who?")], max_tokens=20).text == "She."


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ({"base": "openai:gpt"}, UsageError, "cannot be trained here"),
        ({"base": "hf:nobody"}, NotFound, "nobody"),
        ({"method": "qlora"}, UsageError, "qlora needs CUDA"),
        ({"targets": ("query_key",)}, UsageError, "no linear layers called 'query_key'"),
        ({"method": "prefix", "checkpointing": True}, UsageError, "cannot be combined with checkpointing"),
        ({"method": "prefix", "packing": "flat"}, UsageError, "cannot stand behind each other"),
        ({"max_tokens": 8}, UnusableInput, "None of the 4 examples can be learnt"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(values, kind, words, make_config, train, tmp_path):
    with pytest.raises(kind) as told:
        train(make_config(**values))
    assert words in told.value.message
    assert told.value.hint
    assert not (tmp_path / "small" / "checkpoints").exists()
