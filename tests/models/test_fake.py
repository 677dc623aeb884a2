"""The fake is a whole chat model whose every word is known."""

from typing import ClassVar

import pytest
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from ondol.errors import UsageError
from ondol.models.fake import FakeChat, open_fake


class TestFakeKeepsLangChainsUnitContract(ChatModelUnitTests):
    chat_model_class = FakeChat
    chat_model_params: ClassVar = {}
    has_tool_calling = False  # it refuses tools, and with them structured output
    has_structured_output = False


class TestFakeKeepsLangChainsContract(ChatModelIntegrationTests):
    chat_model_class = FakeChat
    chat_model_params: ClassVar = {}
    has_tool_calling = False
    has_structured_output = False


def test_it_repeats_the_first_sentence_of_the_last_question():
    messages = [HumanMessage("Not this."), SystemMessage("Nor this."), HumanMessage("온돌이란 무엇인가요? 짧게요.")]
    assert open_fake().invoke(messages).text == "온돌이란 무엇인가요?"


def test_a_decimal_point_ends_no_sentence():
    assert open_fake().complete("Pi is 3.14 today. Or not.").text == "Pi is 3.14 today."


def test_scripted_replies_come_in_turn():
    model = FakeChat(replies=("one", "two"))
    assert [model.invoke("x").text for _ in range(3)] == ["one", "two", "one"]
    assert open_fake("Some reply.").invoke("x").text == "Some reply."


def test_it_streams_word_by_word_and_counts_words():
    *words, last = open_fake("a warm floor").stream("what is it")
    assert [word.text for word in words] == ["a", " warm", " floor"]
    assert last.usage_metadata == {"input_tokens": 3, "output_tokens": 3, "total_tokens": 6}
    assert last.response_metadata["finish_reason"] == "stop"


def test_stop_and_max_tokens_end_it():
    model = open_fake("a warm floor of stone")
    assert model.invoke("x", stop=["m fl"]).text == "a war"
    short = model.invoke("x", max_tokens=2)
    assert (short.text, short.response_metadata["finish_reason"]) == ("a warm", "length")
    assert open_fake("a warm floor", stop=["floor"]).invoke("x").text == "a warm "


def test_a_setting_it_does_not_know_is_refused():
    with pytest.raises(UsageError, match="temprature=1"):
        open_fake("x", temprature=1)
