"""Chat templates that refuse, on the server that renders them."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from ondol.errors import UnusableInput, UsageError
from ondol.models.llama_cpp.model import LlamaCpp
from tests.models.conftest import CHATML, SAID

REFUSE = "{{ raise_exception('%s') }}"
NO_SYSTEM = "{% for m in messages %}{% if m.role == 'system' %}" + REFUSE % "no system" + "{% endif %}{% endfor %}"
ALTERNATE = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    + REFUSE % "roles must alternate"
    + "{% endif %}{% endfor %}"
)
ALWAYS = "{% if messages[0].content == 'never' %}" + REFUSE % "not this word" + "{% endif %}"
TURNS = [SystemMessage("Be brief."), HumanMessage("One."), HumanMessage("Two.")]


@pytest.fixture(scope="module")
def strict(make_model):
    with LlamaCpp(path=make_model(template=NO_SYSTEM + ALTERNATE + ALWAYS + CHATML), threads=1) as model:
        yield model


def test_messages_are_joined_for_a_template_that_wants_turns(strict):
    text = strict._prompts.write(TURNS).text
    assert text.startswith("<|im_start|>user\nBe brief.")
    assert "One.\n\nTwo.<|im_end|>" in text
    assert strict.invoke(TURNS).text == SAID


def test_what_a_template_refuses_is_told_in_its_words(strict):
    with pytest.raises(UsageError, match="refuses these messages: not this word\n") as told:
        strict.invoke("never")
    assert told.value.hint.startswith("Begin with a human message")


@pytest.mark.parametrize("broken", ["{% for m in messages %}{{ m.content", "{{ messages | nothing_known }}"])
def test_a_template_that_cannot_be_read_is_told_when_the_file_is_opened(make_model, broken):
    with pytest.raises(UnusableInput, match="cannot read the chat template in"):
        LlamaCpp(path=make_model(template=broken), threads=1)


def test_a_template_that_loses_what_it_is_told_is_refused_when_the_file_is_opened(make_model):
    with pytest.raises(UnusableInput, match=r"leaves out what the model is told") as told:
        LlamaCpp(path=make_model(template="{{ foo.bar.baz }}"), threads=1)
    assert "newer file" in told.value.hint


def test_a_template_that_does_not_end_is_given_up(make_model, monkeypatch):
    monkeypatch.setattr("ondol.gguf.server.RENDER_S", 0.05)
    long = "{% if messages[0].content == 'long' %}{% for i in range(100000) %}{% endfor %}{% endif %}"
    with (
        LlamaCpp(path=make_model(template=CHATML + long), threads=1) as model,
        pytest.raises(UnusableInput, match=r"chat template took longer than 0\.05 s"),
    ):
        model.invoke("long")


def test_the_last_words_of_the_assistant_are_gone_on_with(tiny):
    begun = [HumanMessage("x"), AIMessage("It"), AIMessage("is On")]
    assert tiny._prompts.write(begun).text.endswith("<|im_start|>assistant\nIt\n\nis On")
    assert tiny.invoke(begun).text == SAID.removeprefix("On")


def test_an_answer_that_was_begun_is_behind_the_thinking(make_model):
    thinks = CHATML.replace("assistant\n", "assistant\n<think>\n")
    with LlamaCpp(path=make_model(template=thinks), threads=1) as model:
        begun = [HumanMessage("x"), AIMessage("On")]
        assert model._prompts.write(begun).text.endswith("<think>\n</think>\n\nOn")
        reply = model.invoke(begun)
    assert (reply.text, reply.additional_kwargs) == (SAID.removeprefix("On"), {})


def test_only_the_assistants_words_are_no_question(tiny):
    with pytest.raises(UsageError, match="no message to answer"):
        tiny.invoke([AIMessage("Hello.")])
