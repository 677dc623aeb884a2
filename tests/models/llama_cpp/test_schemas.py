"""JSON schemas and grammars on the real runtime: obeyed, or refused before a word is written."""

import json

import pytest

from ondol.errors import UsageError
from ondol.models.llama_cpp.model import LlamaCpp
from tests.models.conftest import CONTROL

PEOPLE = {
    "type": "object",
    "properties": {"names": {"type": "array", "items": {"type": "string"}}, "about": {"type": "string"},
                   "age": {"type": "integer"}},
    "required": ["names", "about", "age"],
}  # fmt: skip
BAD = {
    "json_schema.age": {**PEOPLE, "properties": {**PEOPLE["properties"], "age": {"type": "years"}}},
    "json_schema.names.items": {"type": "object", "properties": {"names": {"type": "array", "items": {"not": {}}}}},
    r"json_schema.anyOf\[1\]": {"anyOf": [{"type": "null"}, {"type": "string", "format": "odd"}]},
    "json_schema": {"$ref": "#/nowhere"},
}


@pytest.mark.parametrize("most", [80, 128, 512])
def test_json_is_whole_although_the_model_would_never_end_it(endless, most):
    reply = endless.invoke("x", json_schema=PEOPLE, max_tokens=most)
    assert set(json.loads(reply.text)) == {"names", "about", "age"}
    assert reply.response_metadata["finish_reason"] == "stop"
    assert reply.text.startswith('{"names": ["')


def test_a_completion_is_held_to_a_schema_too(tiny):
    assert json.loads(tiny.complete("x", json_schema={"enum": ["ja", "nein"]}).text) in ("ja", "nein")


def test_response_format_is_openais_name_for_it(tiny):
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"const": "온돌"}}}
    assert tiny.invoke("x", response_format=form).text == '"온돌"'
    assert tiny.invoke("x", response_format={"type": "json_object"}).text.startswith("{")
    with pytest.raises(UsageError, match="it takes OpenAI's json_schema"):
        tiny.invoke("x", response_format={"type": "xml"})


@pytest.mark.parametrize(("place", "schema"), BAD.items(), ids=BAD)
def test_a_schema_that_cannot_be_read_is_refused_with_its_part(tiny, place, schema):
    with pytest.raises(UsageError, match=f"it cannot read {place}: "):
        tiny.invoke("x", json_schema=schema)


UNREADABLE = ["root ::= ( open", "root ::= nobody", "other ::= [a]", "%llguidance {}\nstart: NOBODY",
              "%llguidance {}\nbegin: [a]"]  # fmt: skip


@pytest.mark.parametrize("grammar", UNREADABLE)
def test_a_grammar_that_cannot_be_read_is_refused(tiny, grammar):
    for ask in (tiny.invoke, tiny.complete):
        with pytest.raises(UsageError, match="cannot read the grammar"):
            ask("x", grammar=grammar)


def test_the_look_at_a_grammar_costs_no_second_reading_and_is_done_once(tiny):
    schema = {"enum": ["one", "two"]}
    first = tiny.invoke("A prompt that nobody has given before.", json_schema=schema).usage_metadata
    assert first["input_token_details"]["cache_read"] >= first["input_tokens"] - 1
    known = set(tiny._probe._good)
    tiny.invoke("Another one.", json_schema=schema)
    assert tiny._probe._good == known


def test_models_that_come_and_go_are_each_held_in_their_own_vocabulary(make_model):
    """Without `keep` of gguf/guided.py, 28 of 48 such answers were wrong."""
    paths = [make_model(control=[*CONTROL, *(f"<|{j}|>" for j in range(i * 3))]) for i in range(3)]
    for path in paths * 3:
        with LlamaCpp(path=path, threads=1) as model:
            schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
            assert model.invoke("x", json_schema=schema).text == '{"n": 3}'
