import json
import threading
import time
from contextlib import suppress

import httpx
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, SystemMessage, ToolMessage

from ondol.models.fake import FakeChat, open_fake
from ondol.server.engine import Engine
from ondol.server.openai.chat import read_messages
from ondol.settings import load_settings

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def events_of(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    rows = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert rows.pop() == "[DONE]"
    return [json.loads(row) for row in rows]


class Recorder(FakeChat):
    """Keeps what it was asked with."""

    def stream_messages(self, messages, **given):
        ASKED.append((messages, given))
        yield AIMessageChunk(content="", additional_kwargs={"reasoning_content": "Let me see."})
        if given.get("tools"):
            call = {"name": "weather", "args": '{"city": "Seoul"}', "id": "call_1", "index": 0}
            told = {"finish_reason": "tool_calls"}
            yield AIMessageChunk(
                content="", tool_call_chunks=[call], response_metadata=told, chunk_position="last",
                usage_metadata={"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
            )  # fmt: skip
            return
        yield AIMessageChunk(content="Fine.")
        yield AIMessageChunk(content="", response_metadata={"finish_reason": "length"}, chunk_position="last")


ASKED = []


@pytest.fixture
def recorded(monkeypatch):
    ASKED.clear()
    monkeypatch.setattr("ondol.server.engine.open_model", lambda *_, **__: Recorder())
    return ASKED


def test_an_answer_has_openais_shape(chat):
    row = chat("Hello there. And more.")
    assert row["object"] == "chat.completion"
    assert row["model"] == "fake:"
    [choice] = row["choices"]
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == "Hello there."
    assert choice["finish_reason"] == "stop"
    assert row["usage"]["completion_tokens"] == 2
    assert row["usage"]["total_tokens"] == row["usage"]["prompt_tokens"] + 2


def test_max_tokens_cuts_and_says_so(chat):
    for name in ("max_tokens", "max_completion_tokens"):
        [choice] = chat("one two three four", **{name: 2})["choices"]
        assert (choice["message"]["content"].strip(), choice["finish_reason"]) == ("one two", "length")


def test_a_stop_string_ends_the_answer(chat):
    for stop in ("three", ["nothing", "three"]):
        assert chat("one two three four", stop=stop)["choices"][0]["message"]["content"].strip() == "one two"


def test_a_stream_begins_with_the_role_and_ends_with_the_reason(client):
    asked = {"model": "fake:", "messages": [{"role": "user", "content": "Hello there."}], "stream": True}
    rows = events_of(client.post("/v1/chat/completions", json=asked))
    assert rows[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(row["choices"][0]["delta"].get("content", "") for row in rows) == "Hello there."
    assert [row["choices"][0]["finish_reason"] for row in rows] == [None] * (len(rows) - 1) + ["stop"]
    assert len({row["id"] for row in rows}) == 1
    assert all("usage" not in row for row in rows)


def test_usage_comes_last_where_it_is_wanted(client):
    asked = {"model": "fake:", "messages": [{"role": "user", "content": "Hello there."}], "stream": True}
    rows = events_of(client.post("/v1/chat/completions", json={**asked, "stream_options": {"include_usage": True}}))
    assert rows[-1]["choices"] == []
    assert rows[-1]["usage"]["completion_tokens"] == 2


def test_sampling_values_reach_the_model(chat, recorded):
    chat("x", temperature=0.5, top_p=0.9, seed=-1, max_tokens=7, stop=["a"], top_k=3, frequency_penalty=0, n=1)
    _, given = recorded[0]
    assert given == {
        "temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 2**32 - 2, "max_tokens": 7, "stop": ["a"],
    }  # fmt: skip


def test_thinking_stands_apart(chat, recorded):
    message = chat("x")["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("Fine.", "Let me see.")


def test_a_call_of_a_tool_is_told(chat, recorded):
    row = chat("x", tools=[WEATHER], tool_choice="required")
    [choice] = row["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    [call] = choice["message"]["tool_calls"]
    assert call == {
        "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Seoul"}'},
    }  # fmt: skip
    assert recorded[0][1]["tool_choice"] == "required"
    assert row["usage"]["total_tokens"] == 10


def test_a_call_of_a_tool_is_streamed_before_the_end(client, recorded):
    asked = {"model": "fake:", "messages": [{"role": "user", "content": "x"}], "stream": True, "tools": [WEATHER]}
    rows = events_of(client.post("/v1/chat/completions", json=asked))
    [call] = next(
        row["choices"][0]["delta"]["tool_calls"] for row in rows if "tool_calls" in row["choices"][0]["delta"]
    )
    assert (call["index"], call["function"]["name"]) == (0, "weather")
    assert rows[-1]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "tool_calls"}


def test_a_schema_reaches_the_model(chat, recorded):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    chat("x", response_format=form)
    chat("x", response_format={"type": "json_object"})
    chat("x", response_format={"type": "text"})
    assert [given.get("json_schema") for _, given in recorded] == [schema, {"type": "object"}, None]


def test_the_history_of_a_tool_is_read():
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    rows = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Rain"}, {"type": "text", "text": "?"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "no"},
    ]
    system, asked, called, told = read_messages(rows)
    assert isinstance(system, SystemMessage)
    assert asked.text == "Rain?"
    assert isinstance(called, AIMessage)
    assert called.tool_calls[0]["name"] == "weather"
    assert isinstance(told, ToolMessage)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", 2), ("logprobs", True), ("frequency_penalty", 0.5), ("presence_penalty", 1), ("logit_bias", {"1": 2}),
        ("temperature", -1), ("temperature", 3), ("top_p", 0), ("max_tokens", 0), ("max_tokens", "many"),
        ("response_format", {"type": "xml"}), ("response_format", {"type": "json_schema"}),
        ("response_format", {"type": "json_schema", "json_schema": {"schema": 1}}), ("stream", "perhaps"),
        ("tools", [{"type": "function"}]), ("tools", [{"type": "function", "function": {"name": 1}}]),
        ("stream_options", 1), ("stop", 1), ("seed", "x"), ("messages", []),
    ],
)  # fmt: skip
def test_what_is_not_offered_is_said(chat, field, value):
    error = chat("x", **{field: value})["error"]
    assert error["type"] == "invalid_request_error"
    assert field in (error["param"] or "") or field in error["message"]


def test_a_prompt_that_is_too_long_has_openais_code(chat, monkeypatch):
    monkeypatch.setattr("ondol.server.engine.open_model", lambda *_, **__: open_fake(context=3))
    assert chat("one two three four five")["error"]["code"] == "context_length_exceeded"


def test_a_mistake_before_the_first_word_has_its_status(client, monkeypatch):
    monkeypatch.setattr("ondol.server.engine.open_model", lambda *_, **__: open_fake(context=3))
    asked = {"model": "fake:", "messages": [{"role": "user", "content": "one two three four"}], "stream": True}
    assert client.post("/v1/chat/completions", json=asked).status_code == 400


class Slow(FakeChat):
    """Writes without end, a word each 20 ms."""

    def stream_messages(self, messages, **given):
        STATE["running"] += 1
        try:
            while True:
                time.sleep(0.02)
                yield AIMessageChunk(content="word ")
        finally:
            STATE["running"] -= 1


STATE = {}


@pytest.fixture
def slow(monkeypatch):
    STATE.update(running=0)
    monkeypatch.setattr("ondol.server.engine.open_model", lambda *_, **__: Slow())
    return STATE


def wait_until(true, seconds=10):
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    assert true()


ENDLESS = {"model": "fake:", "messages": [{"role": "user", "content": "x"}]}


@pytest.mark.parametrize("stream", [True, False])
def test_the_model_stops_when_the_client_goes(environment, serve, slow, stream):
    engine = Engine(load_settings())
    with serve(engine) as address, httpx.Client(base_url=address, timeout=0.5) as client:
        chat = client.stream("POST", "/v1/chat/completions", json={**ENDLESS, "stream": stream})
        with suppress(httpx.TimeoutException), chat as answer:
            wait_until(lambda: slow["running"])
            next(answer.iter_lines())
        wait_until(lambda: not slow["running"])


def test_health_answers_while_every_turn_is_taken(environment, serve, slow):
    engine = Engine(load_settings(), parallel=1)
    with serve(engine) as address, httpx.Client(base_url=address, timeout=10) as client:
        with client.stream("POST", "/v1/chat/completions", json={**ENDLESS, "stream": True}):
            wait_until(lambda: slow["running"])
            began = time.monotonic()
            assert client.get("/health").json()["status"] == "ok"
            assert time.monotonic() - began < 1
        wait_until(lambda: not slow["running"])


def test_who_waits_hears_its_position_and_a_full_queue_says_busy(environment, serve, slow):
    engine = Engine(load_settings(), parallel=1, waiting=2)
    asked = {**ENDLESS, "stream": True}
    with serve(engine) as address, httpx.Client(base_url=address, timeout=10) as client:
        with (
            client.stream("POST", "/v1/chat/completions", json=asked),
            client.stream("POST", "/v1/chat/completions", json=asked),
            client.stream("POST", "/v1/chat/completions", json=asked) as waiting,
        ):
            assert next(waiting.iter_lines()) == ": place 1 in the queue"
            refused = client.post("/v1/chat/completions", json=asked)
            assert refused.status_code == 429
            assert int(refused.headers["Retry-After"]) >= 1
            assert refused.json()["error"]["type"] == "rate_limit_error"
        wait_until(lambda: not slow["running"])


def test_an_answer_that_takes_too_long_is_ended_and_says_so(environment, serve, slow):
    engine = Engine(load_settings(), answer_s=0.3)
    with serve(engine) as address:
        answer = httpx.post(f"{address}/v1/chat/completions", json={**ENDLESS, "stream": True}, timeout=20)
        last = json.loads(answer.text.strip().splitlines()[-1].removeprefix("data: "))
        assert "took longer" in last["error"]["message"]
        assert httpx.post(f"{address}/v1/chat/completions", json=ENDLESS, timeout=20).status_code == 504


def test_ending_the_server_cuts_what_runs(environment, serve, slow):
    engine = Engine(load_settings())

    def ask(address):
        with httpx.Client(base_url=address, timeout=60) as client, suppress(httpx.HTTPError):
            client.post("/v1/chat/completions", json=ENDLESS)

    with serve(engine) as address:
        thread = threading.Thread(target=ask, args=[address])
        thread.start()
        wait_until(lambda: slow["running"])
        began = time.monotonic()
    assert time.monotonic() - began < 15
    assert not slow["running"]
    thread.join()
