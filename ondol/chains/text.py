"""What a step reads, as one text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage

from ondol.answer.answer import Answer
from ondol.errors import UnusableInput, UsageError
from ondol.lang import detect_language, nfc

TextLike = str | Document | Answer | BaseMessage | Sequence[Document] | Sequence[BaseMessage] | Mapping[str, Any]
SPEAKERS = {"en": {"human": "User", "ai": "Assistant"}, "ko": {"human": "사용자", "ai": "도우미"}}


def text_of(value: TextLike) -> str:
    """One text: pages and documents with an empty line between them, a conversation with who speaks.

    Raises:
        UnusableInput: there is no text.
        UsageError: it is nothing that holds a text.
    """
    text = nfc(_text(value)).strip()
    if not text:
        raise UnusableInput("The text is empty.", hint="Give a file or a row with text in it.")
    return text


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case Document():
            return str(value.page_content)
        case BaseMessage():
            return str(value.text)
        case Answer():
            return value.answer
        case Mapping() if "text" in value:
            return _text(value["text"])
        case Sequence() if value and all(isinstance(row, Document) for row in value):
            return "\n\n".join(_titled(value))
        case Sequence() if value and all(isinstance(row, BaseMessage) for row in value):
            return _conversation(value)
    raise UsageError(
        "A step takes a text, documents or messages, not {kind}.", hint='Or a mapping with "text".',
        kind=type(value).__name__,
    )  # fmt: skip


def _titled(documents: Iterable[Document]) -> Iterable[str]:
    """Texts in order; where several sources follow each other, the title stands above each."""
    rows = list(documents)
    several = len({row.metadata.get("source") for row in rows}) > 1
    last: Any = None
    for row in rows:
        source, title = row.metadata.get("source"), row.metadata.get("title")
        yield f"{title}\n{row.page_content}" if several and title and source != last else row.page_content
        last = source


def _conversation(messages: Sequence[BaseMessage]) -> str:
    names = SPEAKERS[detect_language(" ".join(row.text for row in messages))]
    return "\n".join(f"{names[row.type]}: {row.text}" for row in messages if row.type in names and row.text)
