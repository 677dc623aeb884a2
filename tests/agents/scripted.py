"""A model that says what it is told to say, and tools that note what they did."""

from collections.abc import Callable
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import StructuredTool
from pydantic import Field


class Scripted(BaseChatModel):
    """Says `says` in turn and the last of them for ever; a function gets the messages."""

    says: Any
    seen: list[Any] = Field(default_factory=list)
    offered: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools, **_):
        self.offered[:] = tools
        return self

    def _generate(self, messages, stop=None, run_manager=None, **_):
        self.seen.append(messages)
        said = self.says(messages) if callable(self.says) else self.says[min(len(self.seen), len(self.says)) - 1]
        message = said if isinstance(said, AIMessage) else AIMessage(said)
        return ChatResult(generations=[ChatGeneration(message=message.model_copy(update={"id": None}))])


def call(*wanted, text="", thought=""):
    """A reply with calls, `("add", {"a": 1})`."""
    calls = [tool_call(name=name, args=args, id=str(number)) for number, (name, args) in enumerate(wanted)]
    return AIMessage(text, tool_calls=calls, additional_kwargs={"reasoning_content": thought} if thought else {})


def make_tool(run: Callable[..., Any], *, effect: str | None = "read", untrusted: bool | None = None, **more: Any):
    """A tool from a function; its name and description are those of the function."""
    told = {"effect": effect, "untrusted": untrusted}
    metadata = {key: value for key, value in told.items() if value is not None}
    return StructuredTool.from_function(run, metadata=metadata, description=run.__doc__ or run.__name__, **more)


def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


class Outbox:
    """Tools that write and send, and what they did."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []

    def tools(self) -> list[StructuredTool]:
        def send_mail(text: str = "") -> str:
            self.done.append(("send_mail", text))
            return "sent"

        def write_file(text: str = "") -> str:
            self.done.append(("write_file", text))
            return "written"

        def delete_file(text: str = "") -> str:
            self.done.append(("delete_file", text))
            return "deleted"

        def fetch_page(text: str = "") -> str:
            self.done.append(("fetch_page", text))
            return "fetched"

        def unmarked(text: str = "") -> str:
            self.done.append(("unmarked", text))
            return "done"

        effects = {send_mail: "network", write_file: "write", delete_file: "write", fetch_page: "network",
                   unmarked: None}  # fmt: skip
        return [make_tool(run, effect=effect) for run, effect in effects.items()]
