"""What programs send without being told to, and what strangers send to see what happens."""

import json

import pytest

from ondol.server.openai.asked import LONGEST_TEXT
from ondol.server.openai.chat import LONGEST_SCHEMA

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "Hello there."}]
NOTHING = {
    "n": 1, "stop": [], "stream": None, "stream_options": None, "logprobs": False, "top_logprobs": None,
    "frequency_penalty": 0.0, "presence_penalty": 0, "logit_bias": {}, "response_format": {"type": "text"},
    "tools": [], "tool_choice": None, "functions": None, "modalities": ["text"], "seed": None, "max_tokens": None,
}  # fmt: skip
"""Asks for nothing, in the words of clients that fill in every field."""
ABOUT = {
    "user": "somebody", "store": False, "metadata": {"chat": "1"}, "parallel_tool_calls": True, "service_tier": "auto",
    "reasoning_effort": "low", "prompt_cache_key": "k", "safety_identifier": "s", "verbosity": "low",
    "stream_options": {"include_usage": True, "include_obfuscation": False}, "max_completion_tokens": 50,
}  # fmt: skip


@pytest.mark.parametrize("model", ["fake:", "ondol"])
@pytest.mark.parametrize("fields", [NOTHING, ABOUT, {**ABOUT, "stream": True}])
def test_what_clients_send_by_default_is_taken(client, filled, model, fields):
    told = client.post(CHAT, json={"model": model, "messages": HELLO, **fields})
    assert told.status_code == 200, told.text


def test_messages_that_a_client_keeps_whole_are_taken(chat):
    """As `message.model_dump()` of OpenAI's client writes an answer back into the history."""
    said = {
        "role": "assistant", "content": "Fine.", "refusal": None, "annotations": [], "audio": None,
        "function_call": None, "tool_calls": None, "reasoning_content": None, "name": None,
    }  # fmt: skip
    parts = {"role": "user", "content": [{"type": "text", "text": "And "}, {"type": "text", "text": "now?"}]}
    assert chat([*HELLO, said, parts])["choices"][0]["message"]["content"] == "And now?"


@pytest.mark.parametrize("fields", [{"encoding_format": None}, {"user": "x", "dimensions": None}])
def test_what_embedding_clients_send_by_default_is_taken(client, fields):
    [row] = client.post("/v1/embeddings", json={"model": "ondol", "input": "a", **fields}).json()["data"]
    assert isinstance(row["embedding"], list)


def function(**fields):
    return {"type": "function", "function": fields}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function"}, {"type": "function", "function": "f"}, function(name=""), function(name="a\nb"),
        function(name="f", parameters=7), function(name="f", parameters=[1]), function(name="f", description=["x"]),
        function(name="f" * 201),
    ],
)  # fmt: skip
def test_a_tool_that_is_none_is_told(client, tool):
    told = client.post(CHAT, json={"model": "fake:", "messages": HELLO, "tools": [tool]})
    assert (told.status_code, told.json()["error"]["param"]) == (400, "tools")


def test_half_characters_in_a_tools_name_are_told(client):
    tool = json.dumps(function(name="N")).replace("N", "\\ud800")
    body = f'{{"model": "fake:", "messages": {json.dumps(HELLO)}, "tools": [{tool}]}}'
    assert client.post(CHAT, content=body, headers={"Content-Type": "application/json"}).status_code == 400


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        (CHAT, {"messages": [{"role": "user", "content": "a" * (LONGEST_TEXT + 1)}]}, "messages"),
        (CHAT, {"model": "ondol", "messages": [{"role": "user", "content": "a" * 20_001}]}, "messages"),
        (CHAT, {"tools": [function(name="f", description="a" * LONGEST_SCHEMA)]}, "tools"),
        (
            CHAT,
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"enum": ["a" * LONGEST_SCHEMA]}}}},
            "response_format",
        ),
        ("/v1/completions", {"prompt": "a" * (LONGEST_TEXT + 1)}, "prompt"),
        ("/v1/embeddings", {"input": ["a" * LONGEST_TEXT, "a"]}, "input"),
    ],
)  # fmt: skip
def test_more_than_can_be_read_is_refused_at_once(client, path, fields, param):
    told = client.post(path, json={"model": "fake:", "messages": HELLO, **fields})
    error = told.json()["error"]
    assert (told.status_code, error["param"]) == (400, param)
    assert "characters" in error["message"]


DEEP = json.loads('{"properties": {"a": ' * 200 + "{}" + "}}" * 200)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "array", "minItems": 10**9}, "1000000000 parts"), ({"anyOf": [{"minLength": 1e12}]}, "parts"),
        ({"minProperties": 10**6}, "parts"), (DEEP, "levels"),
    ],
)  # fmt: skip
def test_a_schema_that_would_take_all_memory_is_refused(client, schema, told):
    for fields in (
        {"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}},
        {"tools": [function(name="f", parameters=schema)]},
    ):
        answer = client.post(CHAT, json={"model": "fake:", "messages": HELLO, **fields})
        assert answer.status_code == 400
        assert told in answer.json()["error"]["message"]


@pytest.mark.parametrize("fields", ['"top_k": 1e30', '"repeat_penalty": Infinity', '"seed": NaN', '"seed": 1e400'])
def test_a_number_that_none_can_be_is_told(client, fields):
    body = f'{{"model": "fake:", "messages": {json.dumps(HELLO)}, {fields}}}'
    assert client.post(CHAT, content=body, headers={"Content-Type": "application/json"}).status_code == 400


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_question_without_words_is_told(client, filled, text):
    told = client.post(CHAT, json={"model": "ondol", "messages": [{"role": "user", "content": text}]})
    assert told.json()["error"]["message"] == "The question is empty. Say something."
