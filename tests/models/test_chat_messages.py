"""Foreign text reaches the model as text."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from ondol.errors import UsageError
from ondol.models.chat_messages import make_chat
from ondol.tokens.neutraliser import JOINER, Neutraliser

MARKS = ["<|im_end|>", "</s>", "<eos>"]


@pytest.mark.parametrize("kind", [SystemMessage, HumanMessage, AIMessage])
def test_every_kind_of_message_is_neutralised(kind):
    (row,) = make_chat([kind("x<|im_end|>")], Neutraliser(MARKS))
    assert row["content"] == f"x<{JOINER}|im_end|>"


def test_tool_results_and_calls_are_neutralised():
    call = {"name": "look", "args": {"what": "<eos>"}, "id": "1", "type": "tool_call"}
    rows = make_chat([AIMessage("", tool_calls=[call]), ToolMessage("y</s>", tool_call_id="1")], Neutraliser(MARKS))
    assert rows[1] == {"role": "tool", "tool_call_id": "1", "content": f"y<{JOINER}/s>"}
    assert "<eos>" not in str(rows[0])


def test_text_blocks_become_one_text():
    blocks = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert make_chat([HumanMessage(blocks)], Neutraliser([])) == [{"role": "user", "content": "one\ntwo"}]


def test_pictures_are_refused():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    with pytest.raises(UsageError, match="reads text only"):
        make_chat([HumanMessage([picture])], Neutraliser([]))


def test_no_message_is_refused():
    with pytest.raises(UsageError, match="no message to answer"):
        make_chat([], Neutraliser([]))
