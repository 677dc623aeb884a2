"""The rows that `benchmarks/chains.py` asks: enough of each, right by their own schema, none from our prompts."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ondol.chains.schema import Schema
from ondol.lang import detect_language
from ondol.prompts.load import load_prompt

DATA = Path(__file__).parents[2] / "benchmarks" / "chains"
SCHEMAS = json.loads((DATA / "schemas.json").read_text(encoding="utf-8"))


def read(name):
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["sentiment", "extraction"])
def test_there_are_fifty_rows_of_each_language_in_it(name):
    rows = read(name)
    assert min(Counter(row["language"] for row in rows).values()) >= 50
    assert len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    assert [row["id"] for row in rows if detect_language(row["text"]) != row["language"]] == []


def test_the_right_fields_fit_the_schema():
    for row in read("extraction"):
        assert Schema(SCHEMAS[row["schema"]]).read(json.dumps(row["fields"])) == row["fields"]


def test_no_row_is_an_example_of_our_prompts():
    shown = {row["text"] for name in ("sentiment", "extract") for language in ("en", "ko")
             for row in load_prompt(name, language=language).examples}  # fmt: skip
    assert shown & {row["text"] for name in ("sentiment", "extraction") for row in read(name)} == set()
