"""Thinking never stands in the answer, and can be bounded."""

import pytest
from langchain_core.messages import HumanMessage

from ondol.errors import UsageError
from ondol.models.hf.model import HuggingFace
from ondol.models.thinking import BREAK
from ondol.models.thinking_budget import LAST_WORDS

TEMPLATE = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: {{ start }}"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>\n{% endif %}"
)


@pytest.fixture(scope="module")
def thinker(make_script):
    script = ["<think>", "hm", "mm", " so", "</think>", "Yes", "."]
    return HuggingFace(path=make_script(script, template=TEMPLATE), threads=1)


def test_thinking_stands_beside_the_answer(thinker):
    reply = thinker.invoke("x")
    assert (reply.text, reply.additional_kwargs["reasoning_content"]) == ("Yes.", "hmmm so")
    assert [block["type"] for block in reply.content_blocks] == ["reasoning", "text"]
    assert reply.usage_metadata["output_tokens"] == 8


def test_thinking_that_the_prompt_began_is_thinking(make_script):
    opening = TEMPLATE.replace("{{ start }}", "<think>\n")
    model = HuggingFace(path=make_script(["hm", " so", "</think>", "Yes", "."], template=opening), threads=1)
    reply = model.invoke("x")
    assert (reply.text, reply.additional_kwargs["reasoning_content"]) == ("Yes.", "hm so")


@pytest.mark.parametrize(("tokens", "thought"), [(0, BREAK), (1, f"Yes{LAST_WORDS}"), (2, f"Yes.{LAST_WORDS}")])
def test_thinking_ends_with_the_words_that_qwen_was_trained_on(make_script, tokens, thought):
    opening = TEMPLATE.replace("{{ start }}", "<think>\n")
    model = HuggingFace(path=make_script(["Yes", ".", "</think>"], template=opening), threads=1)
    reply = model.invoke("x", thinking_tokens=tokens, max_tokens=200)
    assert reply.additional_kwargs["reasoning_content"] == thought
    assert reply.text.startswith("Yes.")


def test_a_text_that_ends_inside_the_thinking_says_so(thinker):
    reply = thinker.invoke("x", max_tokens=3)
    assert (reply.text, reply.response_metadata["finish_reason"]) == ("", "length")
    assert reply.response_metadata["thinking"] == "truncated"


def test_the_template_is_asked_not_to_think(thinker):
    text = thinker._prompts.write([HumanMessage("x")], think=False).text
    assert text.endswith("<think></think>\n")


def test_a_model_that_cannot_think_is_not_asked_to(tiny):
    with pytest.raises(UsageError, match="was not taught to think"):
        tiny.invoke("x", think=True)
    assert tiny.invoke("x", think=False).text
