"""`ondol agent`: a question that a model answers with tools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ondol.cli.agent_steps import ask_person, show_steps
from ondol.cli.options import (
    Adapter,
    Collection,
    Context,
    Device,
    Dtype,
    Home,
    Json,
    Model,
    Option,
    ShowThinking,
    model_options,
    settings_of,
)
from ondol.cli.output import print_json
from ondol.errors import NotFound
from ondol.registry import Entry, resolve

if TYPE_CHECKING:
    from ondol.agents.agent import Agent
    from ondol.settings import Settings

LOOP = {"agent": Entry("agent:make_agent", extra="agents")}
GROUPS = {
    "documents": ("search_documents",),
    "files": ("list_files", "find_in_files", "read_file"),
    "sql": ("list_tables", "query_database"),
    "web": ("search_web", "fetch_page"),
}
"""What options and `--tools` call several tools by."""
USUAL = "documents,calculator,dates"

Tools = Annotated[str | None, typer.Option("--tools", help=f"Tools by name, joined by commas; default {USUAL}.")]
Sql = Annotated[str | None, typer.Option("--sql", metavar="URL", help="Let it read a database: a file or an address.")]
Files = Annotated[
    list[Path] | None, typer.Option("--files", metavar="DIR", help="Let it read a folder; may be given again.")
]
Web = Annotated[
    str | None, typer.Option("--web", metavar="ENDPOINT", help="Let it ask a SearxNG server, and read pages.")
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask before a tool leaves the machine, until foreign text was read.")
]


def register(app: typer.Typer) -> None:
    app.command(epilog='Example:  ondol agent "How many hours in March?" --sql hours.db --model llama.cpp:qwen3-1.7b')(
        agent
    )


def agent(
    question: str = typer.Argument(help="A question in English or Korean."),
    tools: Tools = None, sql: Sql = None, files: Files = None, web: Web = None,
    model: Model = None,
    yes: Yes = False,
    max_calls: int = typer.Option(24, "--max-calls", min=1, max=499, help="Calls of tools at most."),
    show_thinking: ShowThinking = False,
    as_json: Json = False,
    collection: Collection = None,
    home: Home = None,
    context: Context = None,
    device: Device = None,
    dtype: Dtype = None,
    adapter: Adapter = None,
    option: Option = None,
) -> None:  # fmt: skip
    """Let a model answer with tools.

    They are documents, a calculator, dates, a database, folders and the web.

    It asks before a tool writes or leaves the machine, and stops at its limits.
    """
    make_agent = resolve("ondol.agents", LOOP, "agent", what="command")
    settings = settings_of(collection=collection, home=home, model=model, context=context, device=device, dtype=dtype)
    given = {"sql": sql, "files": files, "web": web}
    limits = {"tool_calls": max_calls, "model_calls": max(12, max_calls + 1), "allow": yes}
    with _open_agent(settings, model_options(adapter, option), make_agent, tools, given, limits) as opened:
        transcript = show_steps(opened, question, aloud=not as_json, show_thinking=show_thinking)
    if as_json:
        print_json({**transcript.to_json(), "model": transcript.model or settings.model})


@contextmanager
def _open_agent(
    settings: Settings, options: dict[str, Any], make_agent: Any, names: str | None, given: dict[str, Any],
    limits: dict[str, Any],
) -> Iterator[Agent]:  # fmt: skip
    from ondol.agents.config import AgentConfig
    from ondol.assemble import open_model

    with ExitStack() as stack:
        tools, embeddings = _open_tools(stack, settings, names, given)
        chat: Any = open_model(settings.model, settings=settings, **options)
        stack.callback(getattr(chat, "close", lambda: None))
        yield make_agent(chat, tools, config=AgentConfig(**limits), approve=ask_person, embeddings=embeddings)


def _open_tools(
    stack: ExitStack, settings: Settings, names: str | None, given: dict[str, Any]
) -> tuple[list[Any], Any]:
    """The tools, and the embedder of the documents where they are searched."""
    from ondol.agents import TOOLS

    wanted = [name.strip() for name in (USUAL if names is None else names).split(",") if name.strip()]
    wanted += [name for name, value in given.items() if value and name not in wanted]
    values: dict[str, Any] = {name: value for name, value in given.items() if value}
    if "documents" in wanted or "search_documents" in wanted:
        try:
            values["documents"] = _open_documents(stack, settings)
        except NotFound:
            if names is not None:
                raise
            wanted.remove("documents")
    tools = []
    for name in dict.fromkeys(tool for group in wanted for tool in GROUPS.get(group, (group,))):
        opener = resolve("ondol.agents", TOOLS, name, what="tool")
        tools.append(opener(*_arguments(name, values)))
    return tools, values["documents"].library.embeddings if "documents" in values else None


def _arguments(name: str, values: dict[str, Any]) -> list[Any]:
    """What a tool is made from: the value of its group's option, which must be given."""
    group = next((group for group, names in GROUPS.items() if name in names), "")
    if not group or name == "fetch_page":
        return []
    if group not in values:
        raise NotFound(
            "The tool '{name}' needs to know what it may read.", hint="Give it with --{group}.", name=name, group=group
        )
    return [values[group]]


def _open_documents(stack: ExitStack, settings: Settings) -> Any:
    from ondol.cli.retrieving import open_retriever
    from ondol.retrieve.config import RetrieveConfig

    return open_retriever(stack, settings, RetrieveConfig())
