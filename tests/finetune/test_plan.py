"""Memory and time from a model's shape: they follow what a run changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.plan import count_facts, make_plan, reckon_memory
from ondol.finetune.planning import plan_run, read_plan
from ondol.fit.machine import Machine
from ondol.fit.shape import ModelShape
from ondol.model_store.store import ModelStore

LLAMA = ModelShape(
    name="8b", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, vocab=128_256, ff=14_336
)  # fmt: skip
MACHINE = Machine(memory_bytes=64 * 10**9, available_bytes=60 * 10**9, threads=8, bandwidth=1e11, flops=1e12)
RUN = FinetuneConfig(name="x", base="hf:x", data=(DataSource(path=Path("x.csv")),))
FACTS = count_facts([200] * 500, [60] * 500, [200] * 50, batch=8)


def plan(config, *, free_mb=58_000, facts=FACTS, **more):
    return make_plan(config, LLAMA, facts, MACHINE, steps=189, free_mb=free_mb, **more)


def test_an_8b_model_on_a_machine_of_64_gb():
    full, lora = plan(replace(RUN, method="full")), plan(RUN)
    assert full.memory_mb > 120_000
    assert not full.fits
    assert "--method lora" in full.change
    assert full.change_memory_mb < 58_000
    assert lora.trainable == pytest.approx(41.9e6, rel=0.01)
    assert lora.parts_mb["weights"] == pytest.approx(30_640, rel=0.01), "8.03 G numbers of four bytes"


def test_what_a_run_changes_changes_its_memory():
    def total(**changes):
        return sum(reckon_memory(replace(RUN, **changes), LLAMA, FACTS, device="cpu").values())

    assert total(checkpointing=True) < total()
    assert total(method="prefix") < total() < total(method="full")
    assert total(dtype="bfloat16") < total()
    assert total(rank=64) > total()


def test_more_work_takes_more_time():
    seconds = plan(RUN).seconds
    assert plan(replace(RUN, checkpointing=True)).seconds > seconds
    assert plan(replace(RUN, method="full")).seconds > seconds
    twice = make_plan(RUN, LLAMA, FACTS, MACHINE, steps=378, free_mb=58_000)
    assert twice.seconds == pytest.approx(2 * seconds, rel=0.1)
    assert twice.tokens == 2 * plan(RUN).tokens


def test_what_was_tried_counts_more_than_what_was_reckoned():
    tried = plan(RUN, tried=(70_000, 100.0))
    assert (tried.source, tried.memory_mb, tried.seconds, tried.fits) == ("probe", 70_000, 100.0, False)
    assert tried.change.startswith("--batch 1 --accumulate 8")
    assert plan(RUN, free_mb=100).change == "", "nothing makes it fit"


def test_a_small_base_is_tried_and_the_plan_is_kept_beside_the_run(make_config, tmp_path):
    row = plan_run(make_config(method="lora"), store=ModelStore(tmp_path), home=tmp_path, memory_gb=0)
    assert row["source"] == "probe"
    assert row["fits"]
    assert 0 < row["memory_mb"] < 5000
    assert row["seconds"] > 0
    assert read_plan(tmp_path / "adapters" / "small") == row


def test_a_base_that_is_not_here_is_planned_from_the_catalogue(make_config, tmp_path):
    config = make_config(base="llama.cpp:llama-3.1-8b-instruct", method="lora")
    row = plan_run(config, store=ModelStore(tmp_path), home=tmp_path, memory_gb=64)
    assert (row["source"], row["fits"]) == ("config", True)
    assert row["trainable"] == pytest.approx(41.9e6, rel=0.01)
    heavy = plan_run(replace(config, method="full"), store=ModelStore(tmp_path), home=tmp_path, memory_gb=64)
    assert not heavy["fits"]
    assert heavy["change"]
