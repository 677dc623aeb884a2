"""Timing a live model and watching memory."""

import numpy as np
import pytest

from ondol.fit.bench import make_prompt, watch, write
from ondol.models.fake import FakeChat


def test_tokens_and_times_of_a_model_are_told():
    row = write(FakeChat(replies=("one two three four five six",)), prompt_tokens=100, tokens=4)
    assert row["tokens"] == 4
    assert row["prompt_tokens"] == pytest.approx(100, abs=25)
    assert row["first_token_ms"] >= 0


def test_a_model_that_says_nothing_has_no_speed():
    row = write(FakeChat(replies=("",)), prompt_tokens=50, tokens=4)
    assert (row["tokens"], row["tokens_per_s"], row["first_token_ms"]) == (0, None, None)


def test_the_prompt_is_as_long_as_asked():
    model = FakeChat()
    for count in (60, 500, 3000):
        assert len(model.get_token_ids(make_prompt(model, count))) == pytest.approx(count, abs=30)


def test_the_peak_of_a_block_is_seen_after_it_is_given_back():
    with watch() as seen:
        block = np.ones(50 * 2**20, np.uint8)
        del block
    assert seen.seconds > 0
    assert seen.peak >= seen.before
