"""Extraction: an object that fits the schema, or an error that names the field."""

import pytest

from ondol.chains.extract import extract
from ondol.chains.schema import Schema
from ondol.errors import BackendError, UsageError
from ondol.tokens.budget import ContextOverflow

ORDER = {
    "type": "object",
    "properties": {
        "customer": {"type": "string"},
        "items": {"type": "array", "items": {"type": "object", "properties": {"count": {"type": "integer"}}}},
    },
    "required": ["customer"],
}


def test_the_object_is_returned_and_the_model_is_held_to_the_schema(say):
    model = say('{"customer": "Ada", "items": [{"count": 2}]}')
    assert extract(model, schema=ORDER).invoke("Two for Ada.") == {"customer": "Ada", "items": [{"count": 2}]}
    assert model.settings[0]["json_schema"] == ORDER
    assert "customer (string); items (list of object with count (integer))" in model.asked[0]


def test_a_korean_text_is_read_with_the_korean_prompt(say):
    model = say('{"customer": "한도윤"}')
    assert extract(model, schema=ORDER).invoke("한도윤 님 두 개요.") == {"customer": "한도윤"}
    assert "JSON 객체" in model.asked[0]


def test_a_base_model_continues_examples(say):
    model = say(' {"customer": "Ada"}\n\nFields: more', base=True)
    assert extract(model, schema=ORDER).invoke("For Ada.") == {"customer": "Ada"}
    assert model.asked[0].endswith("Text: For Ada.\nJSON:")
    assert model.asked[0].count("\nJSON: {") == 3


def test_words_and_fences_around_the_object_are_passed_over(say):
    assert extract(say('Here:\n```json\n{"customer": "A"}\n```'), schema=ORDER).invoke("x") == {"customer": "A"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"customer": 3}', "customer: 3 is not of type 'string'"),
        ('{"customer": "A", "items": [{"count": 1}, {"count": "two"}]}', "items[1].count: 'two' is not of type"),
        ("{}", "the object: 'customer' is a required property"),
        ("none", "The answer holds no JSON object: 'none'."),
        ('{"customer": "A', "The answer holds no JSON object"),
    ],
)
def test_an_answer_that_does_not_fit_names_the_field(say, said, told):
    with pytest.raises(BackendError) as error:
        extract(say(said), schema=ORDER).invoke("x")
    assert told in error.value.message


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"properties": {"a": {"type": "strin"}}}, "The schema is not valid at '$.properties.a.type'"),
        ({"type": "string"}, "The schema names no properties."),
    ],
)
def test_a_schema_that_is_none_is_told(schema, told):
    with pytest.raises(UsageError) as error:
        Schema(schema)
    assert told in error.value.message


def test_a_reference_to_elsewhere_is_refused_and_not_fetched():
    schema = Schema({"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}})
    with pytest.raises(UsageError, match="The schema refers to something else"):
        schema.read('{"a": 1}')


def test_a_runtime_that_cannot_hold_to_a_schema_is_asked_without(say):
    class Free(type(say())):
        def stream_messages(self, messages, *, stop=None, **sampling):
            if sampling.get("json_schema"):
                raise UsageError("hf cannot hold an answer to a {what}.", what="json_schema")
            return super().stream_messages(messages, stop=stop, **sampling)

    assert extract(Free(replies=('{"customer": "Ada"}',)), schema=ORDER).invoke("x") == {"customer": "Ada"}


def test_a_text_longer_than_the_window_is_refused_not_cut(say):
    with pytest.raises(ContextOverflow):
        extract(say("{}", context=120), schema=ORDER).invoke("word " * 200)
