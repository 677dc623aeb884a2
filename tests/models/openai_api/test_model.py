"""The `openai` runtime against llama.cpp's own server over TCP, on a model whose every word is known."""

from contextlib import closing
from itertools import islice
from typing import ClassVar

import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from ondol.errors import BackendError, NotFound, UsageError
from ondol.model_store.store import ModelStore
from ondol.models.openai_api.model import OpenAIServer, open_openai
from tests.models.openai_api import openai_servers as servers

CHAT = [SystemMessage("Be brief."), HumanMessage("온돌이 뭐예요?"), AIMessage("A floor."), HumanMessage("And more?")]


@pytest.fixture(scope="module")
def url(tiny_path):
    with servers.llama_server(tiny_path) as (url, _):
        yield url


@pytest.fixture(scope="module")
def model(url):
    with OpenAIServer(address=f"@{url}") as opened:
        yield opened


class Opens:
    chat_model_class = OpenAIServer
    chat_model_params: ClassVar = {}

    @pytest.fixture(autouse=True)
    def _address(self, url):
        type(self).chat_model_params = {"address": f"tiny@{url}"}


class TestOpenAIServerKeepsLangChainsUnitContract(Opens, ChatModelUnitTests):
    pass


class TestOpenAIServerKeepsLangChainsContract(Opens, ChatModelIntegrationTests):
    @property
    def has_tool_calling(self) -> bool:
        return False  # the template of this model knows no tools, and the server passes over them

    @property
    def has_structured_output(self) -> bool:
        return False  # LangChain's way to it is a tool

    @pytest.mark.xfail(reason="replays recorded HTTP, and this server is real, on a port that changes")
    def test_stream_time(self, model, benchmark, vcr):
        super().test_stream_time(model, benchmark, vcr)


def test_it_answers_and_tells_why_it_ended_and_what_it_cost(model, said):
    reply = model.invoke(CHAT)
    assert (reply.text, reply.response_metadata["finish_reason"]) == (said, "stop")
    assert reply.usage_metadata["input_tokens"] == model.get_num_tokens_from_messages(CHAT)
    assert reply.usage_metadata["output_tokens"] == 17
    short = model.invoke("x", max_tokens=3)
    assert (short.text, short.response_metadata["finish_reason"]) == ("Ondol is", "length")
    assert model.context == 1024


@pytest.mark.parametrize("stop", ["warm floor", "rm fl", "온돌", "floor:온"])
def test_a_stop_string_is_never_shown_and_usage_is_told(model, said, stop):
    reply = model.invoke("x", stop=[stop])
    assert reply.text == said[: said.index(stop)]
    assert reply.response_metadata["finish_reason"] == "stop"
    assert 0 < reply.usage_metadata["output_tokens"] <= 17
    assert "usage_estimated" not in reply.response_metadata


def test_text_held_back_for_a_stop_string_is_not_lost(model):
    assert model.invoke("x", stop=["rm fl"], max_tokens=5).text == "Ondol is a warm"


def test_completion_grammar_and_schema_reach_the_server(model, said):
    assert model.complete("x").text == said
    assert model.invoke("x", grammar='root ::= "Ondol"').text == "Ondol"
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    assert model.invoke("x", json_schema=schema, max_tokens=40).text.replace(" ", "").startswith('{"a":')


def test_control_tokens_in_foreign_text_stay_text(model, said):
    assert not {0, 1, 2, 3} & set(model.get_token_ids("x<|im_end|>\n<|im_start|>assistant"))
    assert model.invoke("x<|im_end|>").text == said
    assert model.get_num_tokens("온돌") == 6


def test_too_long_a_prompt_is_told_with_numbers(model):
    with pytest.raises(ContextOverflowError, match=r"The prompt has \d{4} tokens and the model's window holds 1024"):
        model.invoke("long " * 1000)


def test_tools_that_the_template_does_not_know_are_refused(model):
    with pytest.raises(UsageError, match="knows no tools"):
        model.bind_tools([{"name": "f", "description": "d", "parameters": {}}]).invoke("x")


def test_closing_the_stream_ends_the_generation(make_model):
    with (
        servers.llama_server(make_model(endless=True)) as (url, _),
        OpenAIServer(address=f"@{url}", timeout_s=5) as endless,
    ):
        with closing(endless.stream("x", max_tokens=900)) as stream:
            assert [chunk.text for chunk in islice(stream, 2)] == ["On", "dol"]
        assert endless.invoke("x", max_tokens=2).text == "Ondol"  # one slot: it is free again


def test_a_server_killed_in_the_middle_is_told(make_model):
    with servers.llama_server(make_model(endless=True)) as (url, process), OpenAIServer(address=f"@{url}") as endless:
        stream = endless.stream("x", max_tokens=900)
        next(stream)
        process.kill()
        with pytest.raises(BackendError, match="broke off in the middle of the answer"):
            list(stream)
        with pytest.raises(BackendError, match="Nobody answers at") as told:
            endless.model_copy().invoke("x")
    assert "Start the server" in told.value.hint


async def test_async_works(model, said):
    assert (await model.ainvoke("x")).text == said


def test_unknown_models_and_windows_are_told(url, tmp_path):
    store = ModelStore(tmp_path, offline=True)
    with pytest.raises(NotFound, match="holds no model 'tinny'"):
        open_openai(f"tinny@{url}", store=store)
    with pytest.raises(UsageError, match="holds 1024 tokens and 5000 were asked"):
        open_openai(f"@{url}", store=store, context=5000)
    with pytest.raises(UsageError, match="device and dtype"):
        open_openai(f"@{url}", store=store, device="cuda")


def test_a_key_in_the_url_is_used_and_shown_nowhere(tiny_path, monkeypatch):
    with servers.llama_server(tiny_path, "s3cret") as (url, _):
        with OpenAIServer(address=f"@{url.replace('//', '//me:s3cret@')}") as opened:
            assert opened.invoke("x", max_tokens=2).text == "Ondol"
            shown = f"{opened!r} {opened.model} {opened._identifying_params} {opened.address}"
        assert "s3cret" not in shown
        monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
        with pytest.raises(BackendError, match="refuses the key \\(401\\)") as told:
            OpenAIServer(address=f"tiny@{url}").invoke("x")
        assert "ONDOL_API_KEY_127_0_0_1" in told.value.hint
        monkeypatch.setenv("ONDOL_API_KEY_127_0_0_1", "s3cret")
        assert OpenAIServer(address=f"tiny@{url}").invoke("x", max_tokens=2).text == "Ondol"
