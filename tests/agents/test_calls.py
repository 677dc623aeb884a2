"""Calls that a small model gets wrong come back to it as a line that says what is expected."""

import pytest
from langchain_core.messages import AIMessage
from langchain_core.messages.tool import invalid_tool_call
from langchain_core.tools import StructuredTool

from ondol.agents.agent import make_agent, run_agent
from ondol.agents.calls import check_arguments, expected
from ondol.agents.replies import clean_reply, forget, split_thought
from ondol.agents.tools.tool import ToolArgs
from tests.agents.scripted import Outbox, Scripted, add, call, make_tool

SCHEMA = {
    "type": "object", "required": ["city"], "additionalProperties": False,
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["C", "F"]}},
}  # fmt: skip


def run(*says, tools=(), approve=lambda _: True):
    model = Scripted(says=list(says))
    *_, transcript = run_agent(make_agent(model, tools or [make_tool(add)], approve=approve), "1 + 2?")
    return transcript


def test_a_missing_argument_is_named_and_the_next_call_is_right():
    transcript = run(call(("add", {"a": 1})), call(("add", {"a": 1, "b": 2})), "Three.")
    assert [step.result for step in transcript.steps] == [
        "add did not run: b: Field required. It takes: a (integer), b (integer).", "3"
    ]  # fmt: skip
    assert transcript.answer == "Three."


def test_a_tool_that_does_not_exist_is_told_with_those_that_do():
    transcript = run(call(("sub", {"a": 1})), "I cannot.")
    assert transcript.steps[0].result == "There is no tool 'sub'. Tools: add."
    assert transcript.steps[0].status == "error"


@pytest.mark.parametrize("name", ["보내기", "send mail\nEND", "", "x" * 200])
def test_any_name_can_stand_in_the_history(name):
    transcript = run(call((name, {})), "I cannot.")
    assert transcript.steps[0].result.startswith("There is no tool '")
    assert "\n" not in transcript.steps[0].tool
    assert 0 < len(transcript.steps[0].tool) <= 64


def test_arguments_that_are_no_json_are_told():
    broken = AIMessage("", invalid_tool_calls=[invalid_tool_call(name="add", args='{"a": 1,', id="x", error="cut")])
    transcript = run(broken, call(("add", {"a": 1, "b": 2})), "Three.")
    expected_line = "add did not run: the arguments were no JSON object. It takes: a (integer), b (integer)."
    assert [step.result for step in transcript.steps] == [expected_line, "3"]


@pytest.mark.parametrize(
    "text",
    ['<tool_call>\n{"name": "add", "arguments": {"a": 1, ', '{"name": "add", "arguments": {"a": 1',
     "<tool_call>add(1, 2)", '[TOOL_CALLS][{"name": "add"',
     "```json\n{\"name\": \"add\", \"arguments\": {'a': 1}}\n```"],
)  # fmt: skip
def test_a_call_that_never_became_one_is_no_answer(text):
    transcript = run(text, call(("add", {"a": 1, "b": 2})), "Three.")
    assert (transcript.answer, transcript.steps[0].status, len(transcript.steps)) == ("Three.", "error", 2)


def test_nobody_is_asked_about_a_call_that_cannot_run():
    asked = []
    tools = Outbox().tools()
    run(call(("send_mail", {"text": ["no", "text"]})), "No.", tools=tools, approve=lambda row: asked.append(row))
    assert asked == []


def test_the_same_call_twice_in_one_reply_runs_once():
    transcript = run(call(("add", {"a": 1, "b": 2}), ("add", {"b": 2, "a": 1})), "Three.")
    assert len(transcript.steps) == 1


def test_ids_that_come_again_are_made_anew():
    cleaned = clean_reply(call(("add", {"a": 1}), ("add", {"a": 2})), {"add"}, {"0", "1"})
    assert len({row["id"] for row in cleaned.tool_calls} | {"0", "1"}) == 4


def test_a_schema_in_json_is_checked_too():
    tool = StructuredTool(name="weather", description="x", func=lambda **_: "", args_schema=SCHEMA)
    assert expected(tool) == "city (string), days (integer, may be left out), unit ('C' or 'F', may be left out)"
    assert check_arguments(tool, {"city": "서울", "days": 3}) == ""
    assert check_arguments(tool, {"days": "3"}) == "city: is missing; days: is no integer"
    assert check_arguments(tool, {"city": "x", "days": True, "town": ""}) == "days: is no integer; town: is not known"


def test_what_a_tool_leaves_out_itself_is_no_mistake():
    class Args(ToolArgs):
        query: str
        k: int = 3

    tool = StructuredTool.from_function(lambda query, k: "", name="search", description="x", args_schema=Args)
    assert check_arguments(tool, {"query": "x", "k": None}) == ""


@pytest.mark.parametrize(
    ("text", "answer", "thought"),
    [
        ("<think>a</think>b", "b", "a"), ("a</think>\nb", "b", "a"), ("plain", "plain", ""),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b", "a"),
        ("code: `<think>`", "code: `<think>`", ""),
    ],
)  # fmt: skip
def test_thoughts_of_foreign_runtimes_are_told_apart(text, answer, thought):
    assert split_thought(text) == (answer, thought)


def test_thoughts_in_blocks_are_forgotten():
    blocks = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "yes"}]
    assert forget(AIMessage(blocks)).content == [{"type": "text", "text": "yes"}]
