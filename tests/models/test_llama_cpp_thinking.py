"""Thinking on the real runtime: the tiny model writes one sentence, and its template says that it thinks."""

import pytest

from ondol.errors import UsageError
from ondol.models.llama_cpp import LlamaCpp
from tests.models.conftest import CHATML, SAID

THINKS = CHATML.replace("assistant\n", "assistant\n<think>\n")
MAY = CHATML.replace("assistant\n", "assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}")


@pytest.fixture(scope="module")
def thinker(make_model):
    with LlamaCpp(path=make_model(template=THINKS), threads=1, max_tokens=400) as opened:
        yield opened


def thought(message):
    return message.additional_kwargs.get("reasoning_content", "")


def test_a_prompt_that_opens_the_thinking_gives_no_answer_without_a_closing_tag(thinker):
    message = thinker.invoke("x")
    assert (thought(message), message.content) == (SAID, "")
    assert message.response_metadata["thinking"] == "truncated"
    assert message.content_blocks[0] == {"type": "reasoning", "reasoning": SAID}


def test_a_budget_closes_the_thinking_and_the_model_answers(thinker):
    message = thinker.invoke("x", thinking_tokens=3)
    assert thought(message).startswith("Ondol")
    assert not thought(message).startswith(SAID)
    assert message.content == SAID
    assert message.response_metadata["thinking"] == "closed"


def test_thinking_enters_no_history(thinker):
    message = thinker.invoke("x", thinking_tokens=3)
    with_thought = thinker.get_num_tokens_from_messages([("human", "x"), message, ("human", "y")])
    message.additional_kwargs.clear()
    assert thinker.get_num_tokens_from_messages([("human", "x"), message, ("human", "y")]) == with_thought


def test_a_model_that_may_think_is_told_not_to(make_model):
    with LlamaCpp(path=make_model(template=MAY), threads=1, max_tokens=60) as model:
        message = model.invoke("x", think=False)
    assert (thought(message), message.content) == ("", SAID)


def test_a_model_without_thinking_says_so(make_model):
    with LlamaCpp(path=make_model(), threads=1) as model, pytest.raises(UsageError, match="does not think"):
        model.invoke("x", think=True)


def test_tools_are_refused_with_the_alternative(make_model):
    with LlamaCpp(path=make_model(), threads=1) as model, pytest.raises(UsageError, match="take no tools yet"):
        model.bind_tools([{"title": "f", "description": "d", "type": "object", "properties": {}}]).invoke("x")
