"""Columns are told by their names, in both languages."""

import pytest

from ondol.errors import UsageError
from ondol.finetune.columns import map_columns


@pytest.mark.parametrize(
    ("columns", "templates"),
    [
        (["question", "answer"], {"question": "{question}", "answer": "{answer}"}),
        (["id", "질문", "답변"], {"question": "{질문}", "answer": "{답변}"}),
        (["instruction", "input", "output"], {"question": "{instruction}", "input": "{input}", "answer": "{output}"}),
        (["prompt", "completion"], {"question": "{prompt}", "answer": "{completion}"}),
        (["Q", "A", "label"], {"question": "{Q}", "answer": "{A}"}),
        (["System Prompt", "User", "Assistant"], {
            "question": "{User}", "answer": "{Assistant}", "system": "{System Prompt}"}),
        (["messages"], {"messages": "{messages}"}),
        (["conversations", "id"], {"messages": "{conversations}"}),
        (["text"], {"text": "{text}"}),
        (["음식이름", "음식설명"], {"question": "{음식이름}에 대해 설명해 주세요.", "answer": "{음식설명}"}),
        (["term", "definition"], {"question": "Explain this: {term}", "answer": "{definition}"}),
    ],
)  # fmt: skip
def test_names_tell_the_roles(columns, templates):
    assert map_columns(columns, {}, source="x.csv").templates == templates


def test_what_is_given_wins_and_may_be_a_template():
    mapping = map_columns(["요리", "맛", "answer"], {"question": "{요리}의 맛은?", "answer": "맛"}, source="x.csv")
    assert mapping.templates == {"question": "{요리}의 맛은?", "answer": "{맛}"}
    assert mapping.columns() == {"요리", "맛"}
    assert mapping.told() == "question = {요리}의 맛은? · answer = {맛}"


@pytest.mark.parametrize(
    ("columns", "given", "words"),
    [
        (["alpha", "beta"], {}, "x.csv has no column that is the question: its columns are alpha, beta."),
        (["질문", "점수"], {}, "x.csv has no column that is the answer"),
        (["질문", "답변"], {"answer": "답"}, "x.csv has no column '답'."),
        (["질문", "답변"], {"reply": "답변"}, "--map knows no role 'reply'."),
        (["질문", "답변"], {"question": "{질문"}, "The template '{질문' cannot be read"),
    ],
)
def test_what_cannot_be_mapped_is_told(columns, given, words):
    with pytest.raises(UsageError) as told:
        map_columns(columns, given, source="x.csv")
    assert words in told.value.message
    assert told.value.hint
