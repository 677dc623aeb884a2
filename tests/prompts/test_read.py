"""A prompt's file: front matter, parts, examples; everything that is wrong is told."""

import hashlib

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from ondol.errors import UsageError
from ondol.prompts.read import read_prompt

GREET = """---
name: greet
version: 2
variables: [who]
model: {max_tokens: 40}
stop: ["\\n"]
examples:
  - {who: Ada, answer: "Hello {Ada}."}
---
## system
You greet.
## user
Greet {who} with {{braces}}.
## completion
Name: {who}
Greeting:
"""


@pytest.fixture
def prompt(tmp_path):
    def write(text, name="greet.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return read_prompt(path)

    return write


def test_parts_become_messages_and_text_to_continue(prompt):
    greet = prompt(GREET)
    assert greet.write_chat(who="Mina") == [SystemMessage("You greet."), HumanMessage("Greet Mina with {braces}.")]
    assert greet.write_completion(who="Mina\n Orr") == (
        "Name: Ada\nGreeting: Hello {Ada}.\n\nName: Mina Orr\nGreeting:"
    )
    assert (greet.version, greet.settings, greet.stop) == (2, {"max_tokens": 40}, ("\n",))


def test_the_template_is_langchains_and_composes(prompt):
    template = prompt(GREET).to_langchain()
    assert template.input_variables == ["who"]
    assert template.invoke({"who": "Mina"}).messages[-1].content == "Greet Mina with {braces}."


def test_examples_are_shown_to_tuned_models_where_the_file_says_so(prompt):
    greet = prompt(GREET.replace("stop:", "chat_examples: true\nstop:"))
    assert greet.write_chat(who="Mina")[1:3] == [HumanMessage("Greet Ada with {braces}."), AIMessage("Hello {Ada}.")]


def test_the_hash_is_that_of_the_text_and_changes_with_it(prompt):
    assert prompt(GREET).hash == hashlib.sha256(GREET.encode()).hexdigest()
    assert prompt(GREET).hash != prompt(GREET + " ").hash


def test_language_comes_from_the_file_the_folder_or_the_text(prompt):
    assert prompt("---\nname: x\nlanguage: ko\n---\nHello").language == "ko"
    assert prompt("---\nname: x\n---\nHello", "ko/x.md").language == "ko"
    assert prompt("---\nname: x\n---\n{name}님께 인사하십시오.").language == "ko"


def test_a_text_without_parts_is_the_users_message(prompt):
    assert prompt("---\nname: x\n---\nSay {word}.").write_chat(word="hi") == [HumanMessage("Say hi.")]


def test_a_file_without_front_matter_is_no_prompt(prompt):
    assert prompt("# Notes\n\nNothing {here}.") is None


def test_missing_and_unknown_values_are_named(prompt):
    greet = prompt(GREET)
    with pytest.raises(UsageError, match="The prompt 'greet' misses a value: who"):
        greet.write_chat()
    with pytest.raises(UsageError, match="has no place for: name, when"):
        greet.write_completion(who="x", when="now", name="y")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\nversion: 1\n---\nx", "'name' is missing"),
        ("---\nname: x\nversion: one\n---\nx", "'version' must be a whole number"),
        ("---\nname: x\nvariables: [a]\n---\nx", "'a' stands in no place of the text"),
        ("---\nname: x\nvariables: []\n---\n{b}", "the text has a place 'b' that is not among the variables"),
        ("---\nname: x\n---\n{", "a brace in 'user' has no partner"),
        ("---\nname: x\n---\n{a.__class__}", "'{a.__class__}' in 'user' is no place"),
        ("---\nname: x\n---\n{a!r}", "is no place"),
        ("---\nname: x\nexamples: [{a: b}]\n---\n{a}", "example 1 must hold: a, answer"),
        ("---\nname: x\ntemperature: 1\n---\nx", "'temperature' is not known"),
        ("---\nname: x\nlanguage: fr\n---\nx", "'language' is en or ko"),
        ("---\nname: x\n---\n", "there is no text"),
        ("---\nname: [\n---\nx", "is not a prompt"),
        ("---\n- x\n---\nx", "the front matter is no list of names with values"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(prompt, text, problem):
    with pytest.raises(UsageError) as told:
        prompt(text)
    assert problem in told.value.message
