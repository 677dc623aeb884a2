"""Batches of long examples."""

import pytest

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.small_batches import suit_batch


@pytest.fixture
def config(tmp_path):
    return FinetuneConfig(name="x", base="hf:x", data=(DataSource(path=tmp_path / "a.csv"),), batch=8, accumulate=2)


@pytest.mark.parametrize(("tokens", "batch"), [(100, 8), (129, 4), (500, 2), (3000, 1)])
def test_long_examples_make_smaller_batches_and_steps_of_as_many(config, tokens, batch):
    suited = suit_batch(config, [tokens - 10, tokens + 10], "cpu")
    assert suited.batch == batch
    assert suited.batch * suited.accumulate == 16


def test_an_accelerator_takes_the_batch_as_it_is(config):
    assert suit_batch(config, [3000], "cuda") == config
