"""How a model is asked for a tool call: a chat model with its tools, a base model with worked examples."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from tool_calls_score import FOLDER

from ondol.agents import TOOLS
from ondol.agents.prompt import system_text
from ondol.models.contract import LocalChatModel
from ondol.models.tool_prompt import tools_as_text
from ondol.models.tool_text import read_calls
from ondol.registry import resolve

MAX_TOKENS = 200
"""Of a reply; a longer one is cut off, and a call in it is not whole."""
TABLES = {
    "products": ("name TEXT, category TEXT, price INTEGER, stock INTEGER", [
        ("lamp", "home", 32000, 14), ("rake", "garden", 18500, 40), ("hose", "garden", 27500, 9),
        ("kettle", "kitchen", 41000, 22), ("spoon", "kitchen", 2500, 310), ("spade", "garden", 23000, 3)]),
    "orders": ("product TEXT, buyer TEXT, pieces INTEGER, day TEXT", [
        ("lamp", "Mina Orr", 2, "2025-02-03"), ("rake", "Joon Bae", 1, "2025-02-07"),
        ("lamp", "Ada Finch", 1, "2025-03-11"), ("spoon", "Mina Orr", 12, "2025-03-20")]),
    "직원": ("이름 TEXT, 부서 TEXT, 급여 INTEGER, 입사일 TEXT", [
        ("한가람", "영업", 3900000, "2019-04-01"), ("문보라", "개발", 5100000, "2016-09-12"),
        ("서이든", "영업", 4300000, "2021-01-04"), ("정다온", "총무", 3600000, "2023-07-17")]),
    "휴가": ("이름 TEXT, 시작일 TEXT, 일수 INTEGER", [
        ("한가람", "2025-01-06", 3), ("문보라", "2025-02-10", 5), ("한가람", "2025-05-02", 2)]),
}  # fmt: skip
EXAMPLES = [
    ("How much is 64 divided by 5?", "calculator", {"expression": "64 / 5"}),
    ("내 문서에서 주차 규정을 찾아 주세요.", "search_documents", {"query": "주차 규정"}),
    ("Which day is 3 weeks after 2023-02-14?", "dates",
     {"operation": "add", "date": "2023-02-14", "amount": 3, "unit": "weeks"}),
    ("데이터베이스에서 개발 부서 직원의 이름을 보여 주세요.", "query_database",
     {"query": "SELECT 이름 FROM 직원 WHERE 부서 = '개발'"}),
    ("What is in the file notes/todo.txt?", "read_file", {"path": "notes/todo.txt"}),
    ("https://example.net/menu 페이지를 읽어 주세요.", "fetch_page", {"url": "https://example.net/menu"}),
    ("Search the web for bus times in Solbat.", "search_web", {"query": "bus times Solbat"}),
]  # fmt: skip
"""For base models; none is a task."""


class AnyName(frozenset[str]):
    """Holds every name, so that a call of a tool that nobody offered is still read as a call."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)


class Nothing(BaseRetriever):
    """Documents nobody looks at: the tools are shown and never run."""

    def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:  # noqa: ARG002
        return []


def make_database(path: Path | str) -> sqlite3.Connection:
    database = sqlite3.connect(path)
    for name, (columns, rows) in TABLES.items():
        database.execute(f'CREATE TABLE "{name}" ({columns})')
        database.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    database.commit()
    return database


def make_tools(folder: Path) -> list[BaseTool]:
    """The agents' own tools, on an empty folder and the database in `folder`."""
    notes = folder / FOLDER
    notes.mkdir(exist_ok=True)
    database = folder / "shop.db"
    about = "Tables: " + ", ".join(f"{name}({_names(columns)})" for name, (columns, _) in TABLES.items()) + "."
    return [
        _tool("search_documents", Nothing()), _tool("calculator"), _tool("dates"),
        _tool("query_database", database, about=about), _tool("list_tables", database), _tool("read_file", [notes]),
        _tool("list_files", [notes]), _tool("fetch_page"), _tool("search_web", "http://127.0.0.1:8888"),
    ]  # fmt: skip


def ask_for_call(model: LocalChatModel, question: str, tools: Sequence[BaseTool], *, grammar: bool) -> dict[str, Any]:
    """The reply's `text` and its `calls`, rows of name and args.

    With `grammar`, llama.cpp holds the reply to a call of one of the tools; without, the same prompt is given as plain
    text, and calls are read from what was written.
    """
    offered = [convert_to_openai_tool(tool) for tool in tools]
    if model.is_base:
        schema = {"json_schema": call_schema(offered)} if grammar else {}
        reply = model.complete(completion_prompt(question, offered), stop=["\n\n"], max_tokens=MAX_TOKENS, **schema)
        return _told(reply.text.strip())
    if not grammar:
        reply = model.invoke(chat_as_text(question, offered), max_tokens=MAX_TOKENS)
        return _told(reply.text)
    bound = model.bind_tools(tools, tool_choice="required", max_tokens=MAX_TOKENS)
    reply = bound.invoke([SystemMessage(system_text(question)), HumanMessage(question)])
    return {"text": reply.text, "calls": _rows(reply)}


def chat_as_text(question: str, offered: list[dict[str, Any]]) -> list[BaseMessage]:
    """What models whose template knows no tools are told of them."""
    rows = [{"role": "system", "content": system_text(question)}, {"role": "user", "content": question}]
    kinds = {"system": SystemMessage, "user": HumanMessage}
    return [kinds[row["role"]](row["content"]) for row in tools_as_text(rows, offered)]


def completion_prompt(question: str, offered: list[dict[str, Any]]) -> str:
    """The tools a line each, worked examples, and the question; the reply is one line of JSON."""
    lines = [f"{tool['name']}({_parameters(tool)}): {tool['description']}" for tool in map(_function, offered)]
    shown = [(asked, json.dumps({"name": name, "arguments": given}, ensure_ascii=False))
             for asked, name, given in EXAMPLES]  # fmt: skip
    worked = "\n\n".join(f"Question: {asked}\nCall: {call}" for asked, call in shown)
    return "Tools:\n" + "\n".join(lines) + f"\n\n{worked}\n\nQuestion: {question}\nCall:"


def call_schema(offered: list[dict[str, Any]]) -> dict[str, Any]:
    """One call as JSON, with the names that `tool_text` reads."""
    return {"anyOf": [
        {"type": "object", "required": ["name", "arguments"], "additionalProperties": False,
         "properties": {"name": {"const": tool["name"]}, "arguments": tool["parameters"]}}
        for tool in map(_function, offered)
    ]}  # fmt: skip


def _tool(name: str, *given: Any, **named: Any) -> BaseTool:
    tool: BaseTool = resolve("ondol.agents", TOOLS, name, what="tool")(*given, **named)
    return tool


def _told(text: str) -> dict[str, Any]:
    calls = read_calls(text, AnyName())[1]
    return {"text": text, "calls": [{"name": call["name"], "args": call["args"]} for call in calls]}


def _rows(reply: AIMessage) -> list[dict[str, Any]]:
    return [{"name": call["name"], "args": call["args"]} for call in reply.tool_calls]


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    function: dict[str, Any] = tool["function"]
    return function


def _parameters(function: dict[str, Any]) -> str:
    rows = function["parameters"].get("properties", {})
    return ", ".join(name + ("=" + "|".join(row["enum"]) if "enum" in row else "") for name, row in rows.items())


def _names(columns: str) -> str:
    return ", ".join(column.split()[0] for column in columns.split(", "))
