"""Thinking on the real runtime: the tiny model writes one sentence, and its template says that it thinks."""

import pytest
from langchain_core.tools import tool

from ondol.errors import UsageError
from ondol.models.llama_cpp.model import LlamaCpp
from tests.models.conftest import CHATML, SAID, SCRIPT

THINKS = CHATML.replace("assistant\n", "assistant\n<think>\n")
MAY = CHATML.replace("assistant\n", "assistant\n{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}")


@pytest.fixture(scope="module")
def thinker(make_model):
    with LlamaCpp(path=make_model(template=THINKS), threads=1, max_tokens=400) as opened:
        yield opened


@tool
def magic_function(input: int) -> int:  # noqa: A002 - the name that LangChain's suite asks for
    """Applies a magic function."""
    return input + 2


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


def test_a_forced_call_and_json_come_behind_the_thinking(make_model):
    said = [*SCRIPT, "</think>"]
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    with LlamaCpp(path=make_model(template=THINKS, script=said), threads=1) as model:
        called = model.bind_tools([magic_function], tool_choice="any").invoke("x")
        held = model.invoke("x", json_schema=schema)
        free = model.bind_tools([magic_function]).invoke("x")
    assert [call["args"] for call in called.tool_calls] == [{"input": 3}]
    assert thought(called) == thought(held) == thought(free) == SAID
    assert (called.text, held.text, free.text) == ("", '{"n": 3}', "")


def test_a_budget_of_thinking_leaves_the_call_its_form(thinker):
    message = thinker.bind_tools([magic_function], tool_choice="any").invoke("x", thinking_tokens=3)
    assert [call["args"] for call in message.tool_calls] == [{"input": 3}]
    assert thought(message).startswith("Ondol")


def test_a_grammar_of_the_users_own_ends_the_thinking_at_once(thinker):
    message = thinker.invoke("x", grammar='root ::= "Ondol"')
    assert (message.text, thought(message).strip()) == ("Ondol", "")


@pytest.fixture(scope="module")
def harmony_path(make_model):
    marks = ["<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>", "<|call|>"]
    template = (
        "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{% endfor %}{# <|im_end|> #}"
        "{% if tools %}{{ tools | tojson }}{% endif %}{# <|channel|>analysis<|message|> to=functions. "
        "<|channel|>commentary to=functions. #}<|start|>assistant"
    )
    script = ["<|channel|>", "analysis", "<|message|>", "hm", "<|end|>", "<|start|>", "assistant"]
    control = ["<unk>", "<|im_start|>", "<|im_end|>", *marks]
    return make_model(template=template, script=script, control=control)


def test_gpt_oss_thinks_and_calls_in_channels_of_control_tokens(harmony_path):
    with LlamaCpp(path=harmony_path, threads=1) as model:
        message = model.bind_tools([magic_function], tool_choice="any").invoke("x")
    assert thought(message) == "hm"
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("magic_function", {"input": 3})]
    assert message.text == ""
