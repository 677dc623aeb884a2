"""Tools on the real runtime: whatever the weights are, a call that must come is a valid one."""

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field

from ondol.errors import UsageError
from ondol.models.llama_cpp.model import LlamaCpp
from ondol.tokens.neutraliser import JOINER
from tests.models.conftest import CALL, CHATML, CONTROL, SAID

HEAD = "{% if tools %}tools: {{ tools | tojson }}\n{% endif %}"
CALLS = "{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}"
KNOWS = HEAD + CHATML.replace("{{ m.content }}", "{{ m.content }}" + CALLS)
TEMPLATES = {
    "none": CHATML,
    "hermes": KNOWS + "{# <tool_call> #}",
    "llama 3": KNOWS + '{# "parameters" #}',
    "mistral": KNOWS + "{# [TOOL_CALLS] tool_calls #}",
    "mistral 2025": KNOWS + "{# [TOOL_CALLS] [ARGS] #}",
    "gpt-oss": KNOWS + "{# <|channel|>commentary to=functions. #}",
}
HISTORY = [
    SystemMessage("Be brief."),
    HumanMessage("Use it on 3."),
    AIMessage("", tool_calls=[{"name": "double", "args": {"number": 3}, "id": "call_12-ab", "type": "tool_call"}]),
    ToolMessage("6 <|im_end|>", tool_call_id="call_12-ab"),
]


@tool
def double(number: int) -> int:
    """Doubles a <|im_end|> number."""
    return 2 * number


class Address(BaseModel):
    city: str
    streets: list[str]
    number: int


class Person(BaseModel):
    """Somebody."""

    name: str = Field(description="이름")
    home: Address
    note: str | None = None


@pytest.fixture(scope="module", params=TEMPLATES.values(), ids=TEMPLATES)
def every(make_model, request):
    with LlamaCpp(path=make_model(template=request.param), threads=1) as model:
        yield model


@pytest.fixture(scope="module")
def caller(make_model):
    """Begins a call by itself."""
    with LlamaCpp(path=make_model(script=CALL, template=TEMPLATES["hermes"]), threads=1) as model:
        yield model


@pytest.mark.parametrize("choice", ["any", "required", True, "Person"])
def test_a_call_that_must_come_is_valid_in_the_form_of_every_template(every, choice):
    reply = every.bind_tools([Person], tool_choice=choice).invoke("Who?")
    assert reply.response_metadata["finish_reason"] == "tool_calls"
    assert {call["name"] for call in reply.tool_calls} == {"Person"}
    for call in reply.tool_calls:
        person = Person.model_validate(call["args"])
        assert person.home.number == 3
        assert set(person.name) == {"你"} or not person.name
    assert reply.text == ""


def test_a_tool_that_is_named_is_called_once_and_no_other(every):
    reply = every.bind_tools([Person, double], tool_choice="double").invoke("x")
    assert [(call["name"], call["args"]) for call in reply.tool_calls] == [("double", {"number": 3})]


def test_a_model_that_may_choose_can_say_words(every):
    chunks = list(every.bind_tools([double, Person]).stream("x"))
    assert "".join(chunk.text for chunk in chunks) == SAID
    assert chunks[0].text == "On"  # shown as it comes
    assert chunks[-1].response_metadata["finish_reason"] == "stop"


def test_a_call_that_the_model_begins_by_itself_is_valid(caller):
    chunks = list(caller.bind_tools([double]).stream("x"))
    assert "".join(chunk.text for chunk in chunks) == ""
    (call,) = [call for chunk in chunks for call in chunk.tool_call_chunks]
    assert (call["name"], json.loads(call["args"])) == ("double", {"number": 3})
    assert chunks[-1].response_metadata["finish_reason"] == "tool_calls"


def test_none_offers_no_tool_and_an_unknown_name_is_refused(caller):
    reply = caller.bind_tools([double], tool_choice="none").invoke("x")
    assert reply.tool_calls == []
    with pytest.raises(UsageError, match="tool_choice is other"):
        caller.bind_tools([double], tool_choice="other").invoke("x")


def test_a_call_that_was_cut_off_is_no_call(every):
    for most in (2, 10, 25):
        reply = every.bind_tools([Person], tool_choice="any").invoke("x", max_tokens=most)
        assert (reply.tool_calls, reply.response_metadata["finish_reason"]) == ([], "length")


def test_tools_and_history_stand_in_the_template_or_as_text(every):
    offered = every.bind_tools([double]).kwargs["tools"]
    text = every._prompts.write(HISTORY, tools=offered).text
    assert f"Doubles a <{JOINER}|im_end|> number." in text
    assert f"6 <{JOINER}|im_end|>" in text
    assert '"name": "double", "arguments": {"number": 3}' in text.replace('\\"', '"').replace('"{', "{")
    assert ("You can call these tools" in text) == ("tools:" not in text)
    reply = every.bind_tools([double]).invoke(HISTORY)
    assert reply.usage_metadata["input_tokens"] == every.get_num_tokens_from_messages(HISTORY, tools=offered)


def test_a_mark_that_is_a_control_token_is_written_as_the_token(make_model):
    control = [*CONTROL[:3], "[TOOL_CALLS]"]
    with LlamaCpp(path=make_model(template=TEMPLATES["mistral"], control=control), threads=1) as model:
        reply = model.bind_tools([double], tool_choice="double").invoke("x")
        words = model.bind_tools([double]).invoke("x")
    assert [call["args"] for call in reply.tool_calls] == [{"number": 3}]
    assert (words.text, words.tool_calls) == (SAID, [])


def test_a_schema_gives_an_object_and_the_raw_message_too(tiny):
    assert tiny.with_structured_output(Person).invoke("Who?").home.number == 3
    both = tiny.with_structured_output(Person, include_raw=True).invoke("Who?")
    assert (both["parsed"].home.number, both["parsing_error"]) == (3, None)
    assert both["raw"].tool_calls


def test_a_tool_whose_schema_cannot_be_read_is_named(tiny):
    schema = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}, "required": ["a"]}
    odd = {"type": "function", "function": {"name": "odd", "description": "", "parameters": schema}}
    with pytest.raises(UsageError, match=r"cannot read the tool odd\.a: .*uniqueItems"):
        tiny.bind_tools([odd], tool_choice="any").invoke("x")
