"""The loop: tools are called, their results come back, and the answer is checked."""

import sqlite3

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.retrievers import BaseRetriever
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from ondol.agents.agent import Called, make_agent, run_agent
from ondol.agents.tools.documents import make_search_documents
from ondol.agents.transcript import ToolStep, Transcript
from ondol.answer.answer import Thought
from ondol.errors import UsageError
from ondol.models.fake import FakeChat
from tests.agents.scripted import Scripted, add, call, make_tool

RULES = {
    "en": "Article 12 (Overtime)\nThe rate for overtime is 1.5 times the hourly wage. Meals are not paid for.",
    "ko": "제12조(연장근로)\n연장근로에는 시간급의 1.5배를 지급한다. 식대는 따로 지급하지 않는다.",
}


class Rules(BaseRetriever):
    language: str = "en"

    def _get_relevant_documents(self, query, *, run_manager=None):
        place = {"document_id": "rules", "source": "rules.txt", "title": "", "heading": "", "page": None, "start": 100}
        return [Document(id="rules:0", page_content=RULES[self.language], metadata=place)]


@pytest.fixture
def hours(tmp_path):
    """A tool that asks a table of hours."""
    path = tmp_path / "hours.db"
    with sqlite3.connect(path) as database:
        database.execute("create table hours (name text, overtime real)")
        database.executemany("insert into hours values (?, ?)", [("Han", 4.5), ("Lee", 10.0), ("한도윤", 2.0)])
    database.close()

    def query(statement: str) -> str:
        """Ask the table hours(name, overtime)."""
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            rows = database.execute(statement).fetchall()
        database.close()
        return "\n".join(" | ".join(map(str, row)) for row in rows)

    return make_tool(query, untrusted=True)


def test_hours_from_a_table_and_the_article_from_the_documents(hours):
    model = Scripted(
        says=[
            call(("query", {"statement": "select sum(overtime) from hours"}), thought="A sum first."),
            call(("search_documents", {"query": "overtime rate"})),
            "The overtime is 16.5 hours in all. Article 12 sets the rate for overtime: 1.5 times the hourly wage [1]. "
            "Meals are paid for [1].",
        ]
    )
    agent = make_agent(model, [hours, make_search_documents(Rules())])
    *steps, transcript = run_agent(agent, "Sum the overtime hours and cite the article that sets the rate.")
    assert [type(step) for step in steps] == [Thought, Called, ToolStep, Called, ToolStep]
    assert steps[2].result == "16.5"
    assert transcript.answer == (
        "The overtime is 16.5 hours in all. Article 12 sets the rate for overtime: 1.5 times the hourly wage [1]. "
        "Meals are paid for."
    )
    (citation,) = transcript.citations
    assert (citation.mark, citation.source) == (1, "rules.txt")
    assert RULES["en"][citation.start - 100 : citation.end - 100] == citation.quote
    assert "1.5 times the hourly wage" in citation.quote
    assert transcript.dropped_marks == [1]


def test_the_same_in_korean(hours):
    model = Scripted(
        says=[
            call(("query", {"statement": "select sum(overtime) from hours"}), ("search_documents", {"query": "연장"})),
            "연장근로는 모두 16.5시간입니다. 연장근로에는 시간급의 1.5배를 지급합니다. [21] 식대는 지급합니다 [21].",
        ]
    )
    agent = make_agent(model, [hours, make_search_documents(Rules(language="ko"))])
    *_, transcript = run_agent(agent, "연장근로 시간의 합과 수당을 정한 조항을 알려 주세요.")
    assert transcript.answer == (
        "연장근로는 모두 16.5시간입니다. 연장근로에는 시간급의 1.5배를 지급합니다 [21]. 식대는 지급합니다."
    )
    assert [citation.quote for citation in transcript.citations] == ["연장근로에는 시간급의 1.5배를 지급한다."]
    assert model.seen[0][0].text.startswith("당신은 도구를")


def test_what_create_agent_returns_is_returned_and_runs_by_itself():
    agent = make_agent(Scripted(says=[call(("add", {"a": 1, "b": 2})), "Three."]), [make_tool(add)])
    assert isinstance(agent, CompiledStateGraph)
    messages = agent.invoke({"messages": [("human", "1 + 2?")]})["messages"]
    assert [row.text for row in messages] == ["1 + 2?", "", "3", "Three."]


async def test_it_runs_asynchronously_too():
    def save(text: str) -> str:
        """Save."""
        raise AssertionError

    model = Scripted(says=[call(("add", {"a": 1, "b": 2}), ("save", {"text": "x"}), ("sub", {})), "Three."])
    agent = make_agent(model, [make_tool(add), make_tool(save, effect="write")])
    messages = (await agent.ainvoke({"messages": [("human", "1 + 2?")]}))["messages"]
    assert [row.status for row in messages if isinstance(row, ToolMessage)] == ["success", "error", "error"]
    assert messages[-1].text == "Three."


def test_calls_beside_each_other_all_come_back():
    calls = [("add", {"a": number, "b": 1}) for number in range(5)]
    *_, transcript = run_agent(make_agent(Scripted(says=[call(*calls), "Done."]), [make_tool(add)]), "Add.")
    assert [step.result for step in transcript.steps] == ["1", "2", "3", "4", "5"]
    assert [step.arguments["a"] for step in transcript.steps] == [0, 1, 2, 3, 4]


def test_a_tool_that_raises_is_a_result_that_says_so():
    def broken(a: int) -> str:
        """Break."""
        raise ZeroDivisionError("no such hour")

    model = Scripted(says=[call(("broken", {"a": 1})), "It failed."])
    *_, transcript = run_agent(make_agent(model, [make_tool(broken)]), "Try.")
    (step,) = transcript.steps
    assert (step.status, step.result) == ("error", "The tool failed: ZeroDivisionError: no such hour")
    assert transcript.answer == "It failed."


def test_thinking_stays_out_of_answer_and_history():
    model = Scripted(says=[call(("add", {"a": 1, "b": 2}), thought="Add them."), "<think>So three.</think>Three."])
    agent = make_agent(model, [make_tool(add)])
    *steps, transcript = run_agent(agent, "1 + 2?")
    assert [step.text for step in steps if isinstance(step, Thought)] == ["Add them.", "So three."]
    assert (transcript.answer, transcript.thinking) == ("Three.", "Add them.\n\nSo three.")
    given = [row for row in model.seen[1] if isinstance(row, AIMessage)]
    assert all("reasoning_content" not in row.additional_kwargs for row in given)


def test_a_model_of_ondol_that_writes_its_calls_as_text_is_understood():
    class Fake(FakeChat):
        def stream_messages(self, messages, *, stop=None, tools=None, tool_choice=None, **sampling):
            return super().stream_messages(messages, stop=stop, **sampling)

    said = '<think>Hm.</think>I add.\n<tool_call>\n{"name": "add", "arguments": {"a": 1, "b": 2}}\n</tool_call>'
    *_, transcript = run_agent(make_agent(Fake(replies=(said, "Three.")), [make_tool(add)]), "1 + 2?")
    assert [(step.tool, step.result) for step in transcript.steps] == [("add", "3")]
    assert (transcript.answer, transcript.model) == ("Three.", "fake")
    assert transcript.usage["completion_tokens"] > 1


def test_a_thread_goes_on_in_its_checkpointer():
    model = Scripted(says=[call(("add", {"a": 1, "b": 2})), "Three.", "Still three."])
    agent = make_agent(model, [make_tool(add)], checkpointer=InMemorySaver())
    thread = {"configurable": {"thread_id": "1"}}
    *_, first = run_agent(agent, "1 + 2?", config=thread)
    *_, second = run_agent(agent, "And now?", config=thread)
    assert (first.answer, second.answer, second.steps) == ("Three.", "Still three.", [])
    assert [row.text for row in model.seen[-1][1:]] == ["1 + 2?", "", "3", "Three.", "And now?"]


def test_the_transcript_is_json():
    agent = make_agent(Scripted(says=[call(("add", {"a": 1, "b": 2})), "Three."]), [make_tool(add)])
    *_, transcript = run_agent(agent, "1 + 2?")
    assert isinstance(transcript, Transcript)
    row = transcript.to_json()
    assert set(row) == {"question", "answer", "stopped", "steps", "approvals", "citations", "dropped_marks", "limits",
                        "model", "usage", "thinking"}  # fmt: skip
    assert row["steps"][0].keys() >= {"tool", "arguments", "result", "status", "seconds", "untrusted", "approval"}


def test_a_model_without_tools_is_refused():
    with pytest.raises(UsageError, match="cannot call tools"):
        make_agent(FakeListChatModel(responses=["x"]), [])


def test_an_empty_question_is_refused():
    with pytest.raises(UsageError, match="The question is empty"):
        list(run_agent(make_agent(Scripted(says=["x"]), []), "  "))
