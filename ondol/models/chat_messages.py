"""LangChain messages → what a chat template takes, with nothing in a text that the model would obey as a mark."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from ondol.errors import UsageError
from ondol.lang import nfc

JOINER = "\u2060"
"""Word joiner: has no width, ends no line, and stands in no token; it is taken out of every answer again."""

PLAIN_TEMPLATE = """\
{%- for message in messages -%}
{%- if message.role == 'system' %}{{ message.content }}

{% else %}{{ message.role | capitalize }}: {{ message.content }}
{% endif -%}
{%- endfor -%}
{%- if add_generation_prompt %}Assistant:{% endif -%}"""
"""For models without a template of their own: `User: …`, `Assistant: …`, the system message on top without a name."""

PLAIN_MARKS = ("\nUser:", "\nAssistant:", "\nTool:")
"""Line starts that change who speaks in the plain template: they end an answer, and foreign text may not hold them."""


class Neutraliser:
    """Puts a word joiner behind the first character of every mark, so that `<|im_end|>` is six ordinary tokens.

    llama.cpp turns the text of a control token into the token wherever it stands. A reader sees no difference.
    """

    def __init__(self, marks: Iterable[str]) -> None:
        self._marks = frozenset(mark for mark in marks if len(mark) > 1)
        self._lengths = sorted({len(mark) for mark in self._marks})
        self._starts = re.compile("|".join(re.escape(start) for start in sorted({mark[0] for mark in self._marks})))

    def __call__(self, text: str) -> str:
        """`text` composed (NFC), lone surrogates replaced, without marks."""
        # a pair of surrogates is one character written in two; a lone one cannot be encoded
        text = nfc(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        return self._starts.sub(self._break, text) if self._marks else text

    def _break(self, start: re.Match[str]) -> str:
        text, at = start.string, start.start()
        return start[0] + JOINER if any(text[at : at + n] in self._marks for n in self._lengths) else start[0]


def restore(text: str) -> str:
    """A model that quotes neutralised text gives the joiner back; people must get what stood in the source."""
    return text.replace(JOINER, "")


def make_chat(messages: list[BaseMessage], neutralise: Neutraliser) -> list[dict[str, Any]]:
    """Messages as the server takes them, every text in them neutralised.

    Raises:
        UsageError: there is no message, or one holds something else than text.
    """
    rows = convert_to_openai_messages(messages, text_format="string")
    if not isinstance(rows, list) or not rows:
        raise UsageError("There is no message to answer.", hint="Give at least one human message.")
    if any(not isinstance(row.get("content") or "", str) for row in rows):
        raise UsageError("This model reads text only; a message holds something else.", hint="Leave pictures out.")
    chat: list[dict[str, Any]] = _map_texts(rows, neutralise)
    return chat


def _map_texts(value: Any, neutralise: Neutraliser) -> Any:
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, list):
        return [_map_texts(item, neutralise) for item in value]
    return {name: _map_texts(item, neutralise) for name, item in value.items()} if isinstance(value, dict) else value
