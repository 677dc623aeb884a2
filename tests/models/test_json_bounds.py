import json

from hypothesis import given
from hypothesis import strategies as st

from ondol.models.json_bounds import CHARACTERS, LONGEST, bound_schema

TEXT = {"type": "string"}


def test_fields_share_the_characters_of_the_tokens():
    bound = bound_schema({"type": "object", "properties": {"a": TEXT, "b": TEXT}}, 100)
    a, b = (bound["properties"][name]["maxLength"] for name in "ab")
    assert a == b
    assert 60 < a < 100 * CHARACTERS / 2
    assert bound["additionalProperties"] is False


def test_a_list_has_few_items_and_each_its_share():
    bound = bound_schema({"type": "array", "items": TEXT}, 100)
    assert bound["maxItems"] * bound["items"]["maxLength"] <= 100 * CHARACTERS


def test_bounds_that_are_there_stay():
    schema = {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 7}}
    bound = bound_schema(schema, 10)
    assert (bound["maxItems"], bound["items"]) == (2, {"type": "string", "maxLength": 7})
    for fixed in ({"enum": ["a"]}, {"const": 1}, {"type": "string", "pattern": "a+"}):
        assert bound_schema({"type": "array", "items": fixed}, 10)["items"] == fixed


def test_minima_are_kept():
    assert bound_schema({"type": "string", "minLength": 900}, 10)["maxLength"] == 900
    assert bound_schema({"type": "array", "minItems": 90, "items": TEXT}, 10)["maxItems"] == 90
    assert bound_schema({"type": "integer", "minimum": 10**20}, 10)["maximum"] >= 10**20


def test_a_field_that_is_only_required_may_still_come():
    schema = {"type": "object", "properties": {"a": TEXT}, "required": ["b"]}
    assert "additionalProperties" not in bound_schema(schema, 10)


def test_parts_by_name_and_by_choice_are_bound_too():
    bound = bound_schema({"$ref": "#/$defs/X", "$defs": {"X": {"anyOf": [TEXT, {"type": "null"}]}}}, 100)
    assert bound["$defs"]["X"]["anyOf"][0]["maxLength"] > 0


schemas = st.recursive(
    st.sampled_from([TEXT, {"type": "integer"}, {"type": ["string", "null"]}, {}, {"type": "array"}]),
    lambda inner: st.one_of(
        inner.map(lambda row: {"type": "array", "items": row}),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(lambda row: {"type": "object", "properties": row}),
        st.lists(inner, min_size=1, max_size=3).map(lambda rows: {"anyOf": rows}),
    ),
    max_leaves=8,
)


@given(schemas, st.integers(1, 10**6))
def test_no_schema_fails_and_every_text_has_an_end(schema, tokens):
    bound = bound_schema(schema, tokens)
    for row in _every(bound):
        if "string" in (row.get("type") or ()):
            assert 0 < row["maxLength"] <= LONGEST
        if row.get("type") == "array":
            assert row["maxItems"] > 0
    json.dumps(bound)


def _every(value):
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _every(inner)
