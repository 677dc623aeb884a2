"""The `openai` runtime against a server that says what a test writes down: what llama.cpp's own server never does."""

import pytest
from langchain_core.exceptions import ContextOverflowError

from ondol.errors import BackendError, NotFound, Offline, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.openai_api.model import OpenAIServer, estimate_tokens, open_openai
from ondol.tokens.openai_address import find_key, read_url, split_name
from tests.models.openai_api import openai_servers as servers

say, CHAT = servers.say, "/v1/chat/completions"
TOOL = {"name": "add", "description": "d", "parameters": {"type": "object", "properties": {}}}
HI = say({"content": "Hi"})


@pytest.fixture
def opened():
    """`opened(answers, **options)` → model and script."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(answers, **options):
            url, script = stack.enter_context(servers.scripted(answers))
            return stack.enter_context(OpenAIServer(address=f"m@{url}", **{"retries": 0, **options})), script

        yield start


def ollama(**more):
    return {
        "/v1/models": {"data": [{"id": "m:latest", "owned_by": "library"}]},
        "/api/version": {"version": "0.12.6"}, "/api/generate": {"done": True}, CHAT: HI,
        "/api/ps": {"models": [{"name": "m:latest", "context_length": 4096}]}, **more,
    }  # fmt: skip


def test_tool_calls_are_streamed_and_two_with_one_index_stay_two(opened):
    calls = [{"index": 0, "id": "a", "function": {"name": "add", "arguments": '{"x":'}},
             {"index": 0, "function": {"arguments": "1}"}},
             {"index": 0, "id": "b", "function": {"name": "add", "arguments": "{}"}}]  # fmt: skip
    model, script = opened({CHAT: say(*({"tool_calls": [call]} for call in calls))})
    reply = model.bind_tools([TOOL], tool_choice="any").invoke("x")
    assert [(call["id"], call["args"]) for call in reply.tool_calls] == [("a", {"x": 1}), ("b", {})]
    assert reply.response_metadata["finish_reason"] == "tool_calls"
    assert script.bodies(CHAT)[0]["tool_choice"] == "required"
    model.bind_tools([TOOL], tool_choice="add").invoke("x")
    assert script.bodies(CHAT)[1]["tool_choice"] == {"type": "function", "function": {"name": "add"}}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_no_part_of_the_answer(opened, field):
    model, _ = opened({CHAT: say({field: "hm "}, {field: "ok"}, {"content": "Yes"})})
    reply = model.invoke("x")
    assert (reply.text, reply.additional_kwargs["reasoning_content"]) == ("Yes", "hm ok")


def test_think_tags_that_a_server_leaves_in_the_text_are_split_off():
    names = {
        "/v1/models": {"data": [{"id": "deepseek-r1"}]},
        CHAT: say(*({"content": c} for c in "<think>hm</think>Yes")),
    }
    with servers.scripted(names) as (url, _), OpenAIServer(address=f"@{url}") as model:
        reply = model.invoke("x", stop=["hm"])
    assert (reply.text.strip(), reply.additional_kwargs["reasoning_content"].strip()) == ("Yes", "hm")


def test_an_r1_behind_a_server_that_splits_or_that_did_not_think_answers_once():
    for deltas in ([{"reasoning": "hm"}, {"content": "Yes"}], [{"content": "Yes"}]):
        answers = {"/v1/models": {"data": [{"id": "deepseek-r1"}]}, CHAT: say(*deltas)}
        with servers.scripted(answers) as (url, _), OpenAIServer(address=f"@{url}") as model:
            assert model.invoke("x").text == "Yes"


def test_a_fifth_stop_string_is_found_here_and_usage_says_it_is_estimated(opened):
    model, script = opened({CHAT: say({"content": "one fi"}, {"content": "ve two"})})
    reply = model.invoke("x", stop=["a1", "a2", "a3", "a4", "five"])
    assert reply.text == "one "
    assert reply.response_metadata["usage_estimated"]
    assert script.bodies(CHAT)[0]["stop"] == ["a1", "a2", "a3", "a4"]


def test_a_server_that_takes_no_stream_options_is_asked_without(opened):
    def answer(body):
        return (400, {"error": {"message": "unknown field stream_options"}}) if "stream_options" in body else HI

    model, script = opened({CHAT: answer})
    assert [model.invoke("x").text for _ in range(2)] == ["Hi", "Hi"]
    assert len(script.bodies(CHAT)) == 3


@pytest.mark.parametrize(
    ("answer", "kind", "told", "hint"),
    [
        ((429, {"error": {"message": "slow"}}, {"Retry-After": "7"}), BackendError, "no more requests now", "in 7"),
        ((403, {"error": {"message": "no"}}), BackendError, "refuses the key", "ONDOL_API_KEY_127_0_0_1"),
        ((404, {"error": {"message": "gone"}}), NotFound, "does not know this: gone", "/v1"),
        ((500, {"error": {"message": "boom"}}), BackendError, r"failed \(500\): boom", "log"),
        ((503, {"error": {"message": "Loading"}}), BackendError, "not ready", "load"),
        ((302, {}, {"Location": "http://evil.example/"}), BackendError, "another address", "evil"),
        (b"data: {oops\n\n", BackendError, "else than JSON", "/v1"),
        (b"data: 7\n\n", BackendError, "else than JSON", "/v1"),
        (b"", BackendError, "broke off before it answered", "log"),
        ((200, b"<html>hello</html>", {"Content-Type": "text/html"}), BackendError, "else than JSON", "/v1"),
        ((502, b"<html>hello</html>", {"Content-Type": "text/html"}), BackendError, r"\(502\): Bad Gateway", "behind"),
        ((502, b"", {}), BackendError, r"is a gateway .* \(502\): Bad Gateway", "behind"),
        (b'data: {"error": {"message": "out of memory"}}\n\n', BackendError, "failed: out of memory", "log"),
        (say({"content": "Hal"}, finish=None, usage=False), BackendError, "in the middle of the answer", "again"),
        ((400, {"error": {"message": "temperature is odd"}}), BackendError, "refuses the request", "Leave out"),
    ],
)  # fmt: skip
def test_each_failure_is_told_in_one_way(opened, answer, kind, told, hint):
    model, _ = opened({CHAT: answer})
    with pytest.raises(kind, match=told) as error:
        model.invoke("x")
    assert hint in error.value.hint


@pytest.mark.parametrize(
    "event",
    [
        {"choices": "x"},
        {"choices": ["x"]},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": ["x"]}}]},
        {"choices": [{"delta": {"tool_calls": [7]}}]},
        {"choices": [{"delta": {"tool_calls": [{"index": "a", "function": {}}]}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": "f"}]}}]},
        {"choices": [], "usage": "x"},
        {"choices": [], "usage": {"prompt_tokens": "many"}},
        {"choices": [], "timings": [1]},
    ],
)
def test_an_event_of_another_shape_is_told(opened, event):
    model, _ = opened({CHAT: [event, *HI]})
    with pytest.raises(BackendError, match="something else than JSON"):
        model.invoke("x")


def test_json_nested_without_end_is_told(opened):
    model, _ = opened({CHAT: b"data: " + b"[" * 100_000 + b"\n\n"})
    with pytest.raises(BackendError, match="something else than JSON"):
        model.invoke("x")


def test_a_list_of_models_of_another_shape_is_told(opened):
    with pytest.raises(BackendError, match="something else than JSON"):
        opened({"/v1/models": {"data": 7}})


def test_a_tokenizer_of_another_shape_is_told(opened):
    model, _ = opened({"/props": {"default_generation_settings": {"n_ctx": "big"}}, "/tokenize": {"tokens": 7},
                       "/v1/chat/completions/input_tokens": {"tokens": 7}})  # fmt: skip
    assert model.context == 0
    for count in (model.get_token_ids, lambda text: model.get_num_tokens_from_messages([("user", text)])):
        with pytest.raises(BackendError, match="something else than JSON"):
            count("x")


@pytest.mark.parametrize(
    "wrong",
    [{"timeout_s": "abc"}, {"timeout_s": -1}, {"timeout_s": float("nan")}, {"retries": -3}, {"context": "long"}],
)
def test_options_that_cannot_be_are_told_before_the_server_is_asked(tmp_path, wrong):
    with pytest.raises(UsageError, match=f"cannot be opened like this: {next(iter(wrong))}=") as told:
        open_openai("m@http://127.0.0.1:1", store=ModelStore(tmp_path), **wrong)
    assert "-o NAME=VALUE" in told.value.hint


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8500 in the messages)",
    ],
)
def test_overflow_of_vllm_and_openai_is_told_with_numbers(opened, message):
    model, _ = opened({CHAT: (400, {"error": {"message": message, "code": "context_length_exceeded"}})})
    with pytest.raises(ContextOverflowError, match="has 9000 tokens and the model's window holds 8192"):
        model.invoke("x")


def test_a_busy_server_is_asked_again_but_not_after_the_first_token(opened):
    answers = iter([(503, {}), HI, say({"content": "Hal"}, finish=None)])
    model, script = opened({CHAT: lambda _: next(answers)}, retries=2)
    assert model.invoke("x").text == "Hi"
    with pytest.raises(BackendError):
        model.invoke("x")
    assert len(script.bodies(CHAT)) == 3


def test_ollama_that_holds_too_little_is_refused_with_the_remedy(opened):
    model, _ = opened(ollama())
    assert (model.context, model.invoke("x").text) == (4096, "Hi")
    with pytest.raises(UsageError, match="Ollama holds 4096 tokens of m:latest and 8192 were asked for") as told:
        opened(ollama(), context=8192)
    assert "OLLAMA_CONTEXT_LENGTH=8192" in told.value.hint
    assert "num_ctx 8192" in told.value.hint


def test_ollama_is_not_allowed_to_cut_a_prompt(opened):
    long = (400, {"error": "the input length exceeds the context length"})
    model, script = opened(ollama(**{"/api/chat": long}))
    with pytest.raises(ContextOverflowError, match="window holds 4096"):
        model.invoke("온돌 " * 2000)
    assert script.bodies("/api/chat")[0]["truncate"] is False
    assert script.bodies(CHAT) == []
    fits, script = opened(ollama(**{"/api/chat": {"prompt_eval_count": 3000}}))
    assert fits.invoke("온돌 " * 2000).text == "Hi"


def test_what_ollama_passes_over_is_refused(opened):
    model, _ = opened(ollama())
    with pytest.raises(UsageError, match="passes over top_k"):
        model.invoke("x", top_k=3)
    with pytest.raises(UsageError, match="tool_choice"):
        model.bind_tools([TOOL], tool_choice="any").invoke("x")
    with pytest.raises(UsageError, match="takes no grammar"):
        model.invoke("x", grammar="root ::= x")


def test_no_server_is_asked_that_nobody_named(monkeypatch, tmp_path):
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UsageError, match="No server is named for the model 'gpt'") as told:
        open_openai("gpt", store=ModelStore(tmp_path))
    assert "OPENAI_BASE_URL" in told.value.hint
    with pytest.raises(Offline, match=r"https://api\.openai\.com/v1 is not on this machine"):
        open_openai("gpt@https://api.openai.com/v1", store=ModelStore(tmp_path, offline=True))
    with pytest.raises(BackendError, match=r"Nobody answers at http://127\.0\.0\.1:1/v1"):
        open_openai("m@http://127.0.0.1:1", store=ModelStore(tmp_path), retries=0)


def test_openais_key_goes_to_openai_and_to_the_configured_server_only(monkeypatch):
    for name, value in {"OPENAI_API_KEY": "mine", "OPENAI_BASE_URL": "http://gpu.lan:8000/v1",
                        "ONDOL_OPENAI_API_KEY": "other", "ONDOL_API_KEY_OPENROUTER_AI": "router"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    keys = {url: find_key(read_url(url))[0] for url in (
        "https://api.openai.com/v1", "http://api.openai.com/v1", "http://gpu.lan:8000/x", "http://gpu.lan:9000/v1",
        "https://openrouter.ai/api/v1", "http://127.0.0.1:8000/v1", "https://me:p%40ss@api.openai.com/v1")}  # fmt: skip
    assert list(keys.values()) == ["mine", "other", "mine", "other", "router", "", "p@ss"]
    assert split_name("m")[1].url == "http://gpu.lan:8000/v1"


def test_what_the_environment_says_of_openai_stays_here(opened, monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: yes")
    model, script = opened({CHAT: HI})
    model.invoke("x")
    for _, _, headers in script.asked:
        assert headers["authorization"] == "Bearer none"
        assert not {"openai-organization", "x-secret"} & {name.lower() for name in headers}


def test_the_estimate_never_counts_too_few_for_korean():
    assert estimate_tokens("온돌") == 6
    assert estimate_tokens("warm floor") == 2 + 1 + 3
