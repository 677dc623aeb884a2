"""LangChain messages → what a chat template takes, with nothing in a text that the model would obey as a mark."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import BaseMessage, convert_to_openai_messages

from ondol.errors import UsageError
from ondol.tokens.neutraliser import Neutraliser

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
    chat: list[dict[str, Any]] = clean_texts(rows, neutralise)
    return chat


def clean_texts(value: Any, neutralise: Neutraliser) -> Any:
    """`value` with every text in it neutralised; names of fields stay."""
    if isinstance(value, str):
        return neutralise(value)
    if isinstance(value, list):
        return [clean_texts(item, neutralise) for item in value]
    return {key: clean_texts(item, neutralise) for key, item in value.items()} if isinstance(value, dict) else value
