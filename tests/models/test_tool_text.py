import json
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from ondol.models.thinking import HARMONY, split_thinking
from ondol.models.tool_text import ToolReader, call_chunks, read_calls, split_calls

ARGS = {"city": "서울", "days": 3}
BODY = json.dumps(ARGS, ensure_ascii=False)
FORMS = {
    "hermes": f'<tool_call>\n{{"name": "weather", "arguments": {BODY}}}\n</tool_call>',
    "hermes cut at its end": f'<tool_call>{{"name": "weather", "arguments": {BODY}}}',
    "llama 3": f'{{"name": "weather", "parameters": {BODY}}}',
    "llama 3 tagged": f'<|python_tag|>{{"name": "weather", "parameters": {BODY}}}',
    "bare": f'{{"name": "weather", "arguments": {BODY}}}',
    "bare list": f'[{{"name": "weather", "arguments": {BODY}}}]',
    "fenced": f'```json\n{{"name": "weather", "arguments": {BODY}}}\n```',
    "openai": json.dumps({"type": "function", "function": {"name": "weather", "arguments": BODY}}),
    "mistral": f'[TOOL_CALLS][{{"name": "weather", "arguments": {BODY}}}]',
    "mistral 2025": f"[TOOL_CALLS]weather[ARGS]{BODY}",
    "gpt-oss": f"<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{BODY}<|call|>",
    "gpt-oss without its form": f"<|channel|>commentary to=functions.weather<|message|>{BODY}",
    "gpt-oss, tool first": f" to=functions.weather<|channel|>commentary <|constrain|>json<|message|>{BODY}<|call|>",
}
TWICE = {
    "hermes": f"{FORMS['hermes']}\n{FORMS['hermes']}",
    "llama 3": f"{FORMS['llama 3']}; {FORMS['llama 3']}",
    "mistral": FORMS["mistral"][:-1] + ", " + FORMS["mistral"].removeprefix("[TOOL_CALLS]["),
    "mistral 2025": FORMS["mistral 2025"] * 2,
    "gpt-oss": f"{FORMS['gpt-oss']}<|start|>assistant{FORMS['gpt-oss']}",
}
NAMES = {"weather"}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_call_is_read_in_every_form(text):
    rest, calls = read_calls(text, NAMES)
    assert (rest, [(call["name"], call["args"]) for call in calls]) == ("", [("weather", ARGS)])


@pytest.mark.parametrize("text", TWICE.values(), ids=TWICE)
def test_several_calls_have_ids_of_their_own(text):
    _, calls = read_calls(text, NAMES)
    assert [call["args"] for call in calls] == [ARGS, ARGS]
    assert len({call["id"] for call in calls}) == 2
    assert all(len(call["id"]) == 9 and call["id"].isalnum() for call in calls)


@pytest.mark.parametrize("kind", FORMS)
def test_marks_inside_an_argument_are_words(kind):
    quoted = {
        "city": '<tool_call>{"name": "a"}</tool_call>[TOOL_CALLS]b[ARGS]{} to=functions.c<|message|>{}',
        "days": 3,
    }
    body = json.dumps(quoted, ensure_ascii=False)
    text = FORMS[kind].replace(json.dumps(BODY), json.dumps(body)).replace(BODY, body)
    rest, calls = read_calls(text, NAMES)
    assert (rest.strip(), [call["args"] for call in calls]) == ("", [quoted])


@pytest.mark.parametrize(
    "text",
    ['{"name": "Kim", "arguments": {}}', '{"city": "Seoul"}', "[1, 2]", "Plain.", '<tool_call>{"name": "wea', "{", ""],
)
def test_what_is_no_call_stays_text(text):
    assert read_calls(text, NAMES) == (text, [])


@pytest.mark.parametrize("text", ["<tool_call>" * 3000, "[" * 100_000, '{"a":' * 100_000])
def test_hostile_text_is_text(text):
    assert read_calls(text, NAMES) == (text, [])


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
@given(data=st.data())
def test_a_stream_cut_anywhere_shows_the_words_and_never_the_call(text, data):
    words = "" if text[0] in "{[`" and not text.startswith("[TOOL") else "Let me look: a < b. "
    whole = words + text
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=8)))
    reader = ToolReader(NAMES)
    shown = "".join(reader.feed(whole[a:b]) for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True))
    rest, calls = reader.rest()
    assert (shown + rest).strip() == words.strip()
    assert [call["args"] for call in calls] == [ARGS]


@given(st.lists(st.text(alphabet='<tool_call>[]{}"AT x', max_size=6)))
def test_without_tools_every_text_is_shown_at_once(pieces):
    reader = ToolReader(frozenset())
    assert [reader.feed(piece) for piece in pieces] == pieces
    assert reader.rest() == ("", [])


@given(data=st.data())
def test_an_answer_of_gpt_oss_is_taken_apart_wherever_its_stream_is_cut(data):
    said = (
        f"<|channel|>analysis<|message|>Ask <the> tool.<|end|><|start|>assistant<|channel|>commentary<|message|>"
        f"One moment.<|end|><|start|>assistant{FORMS['gpt-oss']}"
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, len(said) - 1), max_size=8)))
    pieces = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    chunks = [*(AIMessageChunk(content=piece) for piece in pieces), AIMessageChunk(content="", chunk_position="last")]
    whole = reduce(add, split_calls(split_thinking(iter(chunks), HARMONY), NAMES))
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [("weather", ARGS)]
    assert (whole.text, whole.additional_kwargs) == ("One moment.", {"reasoning_content": "Ask <the> tool."})
    assert whole.response_metadata["finish_reason"] == "tool_calls"


def test_calls_that_a_server_has_read_itself_pass():
    call = {"name": "weather", "args": BODY, "id": "a", "index": 0, "type": "tool_call_chunk"}
    told = {"response_metadata": {"finish_reason": "tool_calls"}, "chunk_position": "last"}
    chunks = [AIMessageChunk(content="", tool_call_chunks=[call]), AIMessageChunk(content="", **told)]
    whole = reduce(add, split_calls(iter(chunks), NAMES))
    assert ([row["args"] for row in whole.tool_calls], whole.text) == ([ARGS], "")


def test_chunks_carry_arguments_as_json():
    _, calls = read_calls(FORMS["hermes"], NAMES)
    (chunk,) = call_chunks(calls)
    assert (chunk["name"], json.loads(chunk["args"]), chunk["index"]) == ("weather", ARGS, 0)
