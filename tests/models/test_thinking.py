"""Thinking never becomes part of an answer, and no word of an answer is lost, however a stream is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from ondol.models.thinking import (
    FORMATS,
    HARMONY,
    R1,
    THINK,
    ThinkingSplitter,
    opened_by,
    split_thinking,
    strip_thinking,
    tags_for,
)

ANSWER = "온돌은 바닥을 데웁니다. <b>It is</b> warm [1]."
THOUGHT = "\nThe user asks about 온돌… 2 < 3, so </thin is no tag.\n"


def cut(text, places):
    """`text` as a stream that was cut at `places`."""
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [AIMessageChunk(content=text[a:b]) for a, b in pairwise(edges)]


def read(chunks, tags, *, opened=False, finish="stop"):
    last = AIMessageChunk(content="", response_metadata={"finish_reason": finish}, chunk_position="last")
    found = list(split_thinking(iter([*chunks, last]), tags, opened=opened))
    thinking = "".join(chunk.additional_kwargs.get("reasoning_content", "") for chunk in found)
    return thinking, "".join(chunk.text for chunk in found), found[-1]


@pytest.mark.parametrize("tags", FORMATS, ids=lambda tags: tags.open)
@given(places=st.lists(st.integers(0, 400), max_size=60))
def test_thinking_and_answer_come_apart_wherever_the_stream_is_cut(tags, places):
    text = f"{tags.open}{THOUGHT}{tags.close}\n\n{ANSWER}"
    assert read(cut(text, places), tags)[:2] == (THOUGHT, ANSWER)


@given(places=st.lists(st.integers(0, 400), max_size=60), opened=st.booleans())
def test_r1_may_leave_out_the_opening_tag(places, opened):
    thinking, answer, _ = read(cut(f"{THOUGHT}</think>\n\n{ANSWER}", places), THINK if opened else R1, opened=opened)
    assert (thinking, answer) == (THOUGHT, ANSWER)


@given(places=st.lists(st.integers(0, 400), max_size=60))
def test_gpt_oss_changes_channels(places):
    text = f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}"
    assert read(cut(text, places), HARMONY)[:2] == (THOUGHT, ANSWER)


@given(places=st.lists(st.integers(0, 400), max_size=60))
def test_an_answer_that_quotes_the_tags_keeps_them(places):
    quoted = "The file says <think>hidden</think>, which is text."
    assert read(cut(quoted, places), THINK)[:2] == ("", quoted)


def test_an_empty_thought_of_qwen3_is_no_thought():
    assert read(cut("<think>\n\n</think>\n\nSeoul.", [3, 9, 14]), THINK)[:2] == ("\n\n", "Seoul.")


def test_a_thought_that_was_cut_off_is_told_and_does_not_leak():
    thinking, answer, last = read(cut(f"<think>{THOUGHT}", [4, 30]), THINK, finish="length")
    assert (thinking, answer, last.response_metadata["thinking"]) == (THOUGHT, "", "truncated")


def test_a_model_that_only_its_name_says_to_think_may_answer_at_once():
    assert read(cut(ANSWER, [5]), R1)[1] == ANSWER


def test_the_start_of_a_tag_at_the_very_end_is_text():
    assert read(cut("2 <", [1]), THINK)[:2] == ("", "2 <")
    assert strip_thinking("<think>so</think> <thi") == "<thi"


def test_the_last_chunk_keeps_its_usage():
    usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
    last = AIMessageChunk(content="", usage_metadata=usage, chunk_position="last")
    assert list(split_thinking(iter([last]), THINK))[-1].usage_metadata == usage


def test_a_chunk_with_a_tool_call_keeps_it_and_says_its_text_once():
    call = {"name": "look", "args": "{}", "id": "1", "index": 0}
    chunk = AIMessageChunk(content="<think>a</think>b", tool_call_chunks=[call])
    found = list(split_thinking(iter([chunk]), THINK))
    assert "".join(part.text for part in found) == "b"
    assert [part["name"] for out in found for part in out.tool_call_chunks] == ["look"]


def test_a_cut_thought_is_told_without_a_last_chunk_too():
    found = list(split_thinking(iter([AIMessageChunk(content="<think>a")]), THINK))
    assert found[-1].response_metadata == {"thinking": "truncated"}


@pytest.mark.parametrize("tags", FORMATS, ids=lambda tags: tags.open)
def test_a_finished_text_shows_its_format(tags):
    assert strip_thinking(f"{tags.open}음…{tags.close}\n\n{ANSWER}") == ANSWER


def test_closing_the_stream_closes_its_source():
    closed = []

    def source():
        try:
            yield AIMessageChunk(content="<think>a")
            yield AIMessageChunk(content="b")
        finally:
            closed.append(True)

    stream = split_thinking(source(), THINK)
    next(stream)
    stream.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("template", "name", "tags"),
    [
        ("{% if '</think>' in content %}…{{ '<think>' }}", "any", THINK),
        ("<|start|>…<|channel|>analysis<|message|>…<|end|>", "any", HARMONY),
        ("<|im_start|>user", "deepseek-r1-but-tuned", None),
        ("{% set content = content.split('</think>')[-1] %}", "any", R1),
        ("", "DeepSeek-R1-Distill-Qwen-7B", R1),
        ("", "gpt-oss:20b", HARMONY),
        ("", "qwen3:8b", THINK),
        ("", "llama3.1", None),
    ],
)
def test_the_template_says_which_tags_and_else_the_name(template, name, tags):
    assert tags_for(template, name) == tags


def test_a_prompt_can_end_inside_the_thinking():
    assert opened_by("<｜User｜>hi<｜Assistant｜><think>\n", THINK)
    assert not opened_by("<|im_start|>assistant\n<think>\n\n</think>\n\n", THINK)
    assert not opened_by("<think>", None)


def test_the_splitter_says_whether_it_is_inside():
    splitter = ThinkingSplitter(THINK)
    splitter.feed("<think>a")
    assert splitter.inside
    splitter.feed("</think>")
    assert not splitter.inside
