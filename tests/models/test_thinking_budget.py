"""A thought that takes too long is closed, and the model answers with what it has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from ondol.models.thinking import FORMATS, HARMONY, THINK
from ondol.models.thinking_budget import LAST_WORDS, ending, write_within

ANSWER = "서울입니다. It is <think>Seoul</think>."


def last(read, written):
    usage = {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}
    return AIMessageChunk(
        content="", usage_metadata=usage, response_metadata={"finish_reason": "stop"}, chunk_position="last"
    )


class Model:
    """Thinks one character a token for as long as it is let."""

    def __init__(self, said):
        self.said, self.closed, self.resumed = said, 0, []

    def first(self):
        try:
            yield from (AIMessageChunk(content=char) for char in self.said)
            yield last(10, len(self.said))
        finally:
            self.closed += 1

    def resume(self, written, spent):
        self.resumed.append((written, spent))
        yield from (AIMessageChunk(content=char) for char in ANSWER)
        yield last(10 + spent, len(ANSWER))

    def write(self, budget, tags=THINK, *, opened=False):
        chunks = list(write_within(budget, self.first, self.resume, tags, opened=opened, count=len))
        thinking = "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in chunks)
        return thinking, "".join(chunk.text for chunk in chunks), chunks[-1]


@pytest.mark.parametrize("tags", FORMATS, ids=lambda tags: tags.open)
@given(budget=st.integers(1, 40), opened=st.booleans())
def test_the_thought_ends_after_its_tokens_in_every_format(tags, budget, opened):
    model = Model(("" if opened else tags.open) + "음 " * 50)
    thinking, answer, end = model.write(budget, tags, opened=opened)
    assert answer == ANSWER
    assert thinking.endswith(LAST_WORDS)
    assert budget - 1 <= len(thinking.removesuffix(LAST_WORDS)) <= budget
    assert end.response_metadata["thinking"] == "closed"
    assert model.closed == 1


def test_the_usage_counts_the_prompt_once_and_all_that_was_written():
    model = Model("<think>" + "a" * 50)
    usage = model.write(5)[2].usage_metadata
    ((written, spent),) = model.resumed
    assert (usage["input_tokens"], usage["output_tokens"]) == (10, len(written) + len(ANSWER))
    assert spent == len(written)


def test_a_short_thought_is_left_alone():
    model = Model("<think>ab</think>\n\nSeoul.")
    thinking, answer, end = model.write(5)
    assert (thinking, answer, model.resumed) == ("ab", "Seoul.", [])
    assert "thinking" not in end.response_metadata


def test_an_answer_without_thought_may_be_as_long_as_it_likes():
    model = Model("Seoul " * 50)
    assert model.write(5)[1] == "Seoul " * 50
    assert model.resumed == []


def test_half_a_closing_tag_is_let_to_end():
    model = Model("<think>abcde</think>Seoul.")
    assert model.write(7)[:2] == ("abcde", "Seoul.")


def test_no_budget_is_an_empty_thought_and_the_first_stream_is_never_begun():
    model = Model("")
    thinking, answer, _ = model.write(0)
    assert (thinking.strip(), answer, model.closed) == ("", ANSWER, 0)
    assert model.resumed[0][0] == "<think>\n\n</think>\n\n"
    model.write(0, opened=True)
    assert model.resumed[1][0] == "\n\n</think>\n\n"


def test_gpt_oss_goes_on_in_its_final_channel():
    assert ending(HARMONY, "").endswith("<|end|><|start|>assistant<|channel|>final<|message|>")


def test_closing_the_answer_closes_the_model():
    model = Model("<think>abc")
    stream = write_within(50, model.first, model.resume, THINK, opened=False, count=len)
    next(stream)
    stream.close()
    assert model.closed == 1
