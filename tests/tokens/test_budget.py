"""What is sent to a model fits its window, and what had to go is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from ondol.errors import UsageError
from ondol.tokens.budget import MARKS, ContextOverflow, Dropped, fit


@pytest.fixture(scope="module")
def count():
    """A byte-level tokenizer without merges: a Hangul syllable is three tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return lambda text: len(tokenizer.encode(text).ids)


def turn(text):
    return [HumanMessage(text), AIMessage(text)]


def test_korean_is_counted_with_the_tokenizer(count):
    assert fit(system="", question="온돌은?", count=count, context=100, answer_tokens=10).tokens == 10 + MARKS


def test_everything_stays_in_a_large_window(count):
    history = [*turn("a"), *turn("b")]
    budget = fit(
        system="s", question="q", chunks=["x", "y"], history=history, memory=["m"], count=count, context=1000,
        answer_tokens=100,
    )  # fmt: skip
    assert (budget.chunks, budget.history, budget.memory) == ([0, 1], history, ["m"])
    assert (budget.dropped, budget.told) == ([], "")


def test_chunks_go_before_history_and_history_before_memory(count):
    budget = fit(
        system="", question="q", chunks=["c" * 50, "d" * 30], history=[*turn("old"), *turn("new")], memory=["m" * 20],
        count=count, context=MARKS + 1 + 80 + 22 + 5, answer_tokens=0,
    )  # fmt: skip
    assert budget.chunks == [0, 1]
    assert [message.text for message in budget.history] == ["new", "new"]
    assert budget.dropped == [Dropped("history", 1, 22), Dropped("memory", 1, 20)]


def test_a_chunk_that_is_too_long_makes_room_for_a_shorter_one(count):
    budget = fit(system="", question="q", chunks=["c" * 500, "온돌"], count=count, context=MARKS + 10, answer_tokens=0)
    assert budget.chunks == [1]


def test_a_tool_call_stays_with_its_result(count):
    call = AIMessage("", tool_calls=[{"name": "look", "args": {"at": "온돌"}, "id": "1"}])
    asked = [HumanMessage("look"), call, ToolMessage("바닥", tool_call_id="1"), AIMessage("floor")]
    lengths = {
        len(fit(system="", question="q", history=[*asked, *turn("b")], count=count, context=n, answer_tokens=0).history)
        for n in range(10, 400)
    }
    assert lengths == {0, 2, 6}


def test_what_cannot_fit_is_told_with_its_numbers(count):
    with pytest.raises(ContextOverflow) as caught:
        fit(system="s" * 10, question="온돌" * 10, tools=[{"name": "t"}], count=count, context=60, answer_tokens=20)
    values = caught.value.values
    assert (values["system"], values["question"], values["tools"]) == (10 + MARKS, 60 + MARKS, len('{"name": "t"}'))
    assert values["cut"] == values["needed"] + 20 - 60
    assert isinstance(caught.value, UsageError)
    assert isinstance(caught.value, ContextOverflowError)


@given(
    chunks=st.lists(st.text(max_size=30), max_size=5), old=st.lists(st.text(max_size=30), max_size=5),
    memory=st.lists(st.text(max_size=30), max_size=3), context=st.integers(40, 400),
)  # fmt: skip
def test_the_prompt_never_grows_over_the_window(chunks, old, memory, context):
    history = [message for text in old for message in turn(text)]
    budget = fit(
        system="s", question="q", chunks=chunks, history=history, memory=memory, count=len, context=context,
        answer_tokens=20,
    )  # fmt: skip
    used = 2 + 2 * MARKS + sum(len(chunks[n]) for n in budget.chunks) + sum(map(len, budget.memory))
    used += sum(len(message.text) + MARKS for message in budget.history)
    assert used == budget.tokens <= context - 20
    gone = {part.kind: part.count for part in budget.dropped}
    assert gone.get("chunks", 0) + len(budget.chunks) == len(chunks)
    assert gone.get("history", 0) * 2 + len(budget.history) == len(history)
