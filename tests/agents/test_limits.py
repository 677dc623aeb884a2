"""Every run comes to an end that says why, and tells what was found."""

import time

import pytest
from langchain_core.messages import AIMessage

from ondol.agents.agent import Called, make_agent, run_agent
from ondol.agents.config import AgentConfig
from ondol.errors import UsageError
from ondol.models.fake import FakeChat
from ondol.tokens.budget import ContextOverflow
from tests.agents.scripted import Scripted, add, call, make_tool


def endless():
    """Another call each time, for ever."""
    numbers = iter(range(10_000))
    return Scripted(says=lambda _: call(("add", {"a": next(numbers), "b": 1})))


def run(model, tools=(), question="How many?", **config):
    agent = make_agent(model, tools or [make_tool(add)], config=AgentConfig(**config))
    *_, transcript = run_agent(agent, question)
    return transcript


def test_an_endless_loop_stops_at_its_replies_with_what_was_found():
    transcript = run(endless(), model_calls=4)
    assert transcript.stopped == {"limit": "model_calls", "message": "The limit of 4 replies of the model is reached."}
    assert transcript.answer.splitlines() == [
        "Stopped: The limit of 4 replies of the model is reached.", "Found so far:",
        "- add: 1", "- add: 2", "- add: 3", "- add: 4",
    ]  # fmt: skip
    assert transcript.limits["model_calls"] == {"used": 4, "most": 4}


@pytest.mark.slow
def test_the_most_replies_that_can_be_set_stay_below_the_limit_of_the_graph():
    transcript = run(endless(), model_calls=500, tool_calls=600)
    assert transcript.stopped["limit"] == "model_calls"
    assert len(transcript.steps) == 500


def test_calls_of_tools_are_counted_and_the_one_too_many_does_not_run():
    model = Scripted(says=[call(*(("add", {"a": n, "b": k}) for n in range(3))) for k in range(9)])
    transcript = run(model, tool_calls=7)
    assert transcript.stopped["message"] == "The limit of 7 calls of tools is reached."
    assert [step.status for step in transcript.steps] == ["success"] * 6 + ["error"] * 3
    assert transcript.steps[-1].result == "This call did not run: The limit of 7 calls of tools is reached."


def test_the_same_call_again_and_again_ends_the_run():
    transcript = run(Scripted(says=[call(("add", {"b": 2, "a": 1})), call(("add", {"a": 1, "b": 2}))]))
    assert transcript.stopped["message"] == "The model asked 3 times for the same call of add."
    assert [step.result for step in transcript.steps if step.status == "success"] == ["3", "3"]


def test_a_stop_is_told_in_the_language_of_the_question():
    transcript = run(endless(), question="모두 몇 시간인가요?", model_calls=2)
    assert transcript.answer.startswith(
        "중단했습니다: 모델의 응답이 한도인 2번에 이르렀습니다.\n지금까지 찾은 것:\n- add: 1"
    )


def test_time_is_looked_at_between_steps():
    def slow(a: int) -> str:
        """Take a while."""
        time.sleep(0.3)
        return "late"

    model = Scripted(says=[call(("slow", {"a": 1})), "An answer."])
    transcript = run(model, [make_tool(slow)], seconds=1e-9 + 1)
    assert transcript.stopped is None
    transcript = run(Scripted(says=lambda _: call(("slow", {"a": time.time_ns()}))), [make_tool(slow)], seconds=1)
    assert transcript.stopped["message"] == "The time of 1 seconds is up."
    assert "- slow: late" in transcript.answer


def test_a_reply_that_is_being_written_ends_at_its_next_token():
    class Slow(FakeChat):
        def stream_messages(self, messages, *, stop=None, tools=None, tool_choice=None, **sampling):
            for chunk in super().stream_messages(messages, stop=stop, **sampling):
                time.sleep(0.2)
                yield chunk

    start = time.perf_counter()
    transcript = run(Slow(replies=("word " * 60,)), seconds=1)
    assert transcript.stopped["limit"] == "seconds"
    assert time.perf_counter() - start < 5


def test_time_that_a_person_takes_is_not_counted():
    def approve(_):
        time.sleep(1.2)
        return True

    def save(text: str) -> str:
        """Save."""
        return "saved"

    model = Scripted(says=[call(("save", {"text": "x"})), "Saved."])
    agent = make_agent(model, [make_tool(save, effect="write")], approve=approve, config=AgentConfig(seconds=1))
    *_, transcript = run_agent(agent, "Save it.")
    assert (transcript.stopped, transcript.answer) == (None, "Saved.")
    assert transcript.approvals[0]["waited"] > 1


def test_wrong_calls_in_a_row_end_the_run():
    numbers = iter(range(99))
    transcript = run(Scripted(says=lambda _: call((f"tool_{next(numbers)}", {}))), mistakes=2)
    assert transcript.stopped["message"] == "The model made calls that cannot run, 3 replies in a row."
    assert transcript.answer == f"Stopped: {transcript.stopped['message']}"


def test_an_answer_without_a_word_is_told():
    transcript = run(Scripted(says=[call(("add", {"a": 1, "b": 2})), "  "]))
    assert transcript.stopped["message"] == "The model wrote no answer."
    assert transcript.answer.endswith("- add: 3")


def test_a_full_window_is_told():
    def say(messages):
        if any(isinstance(row, AIMessage) for row in messages):
            raise ContextOverflow("full")
        return call(("add", {"a": 1, "b": 2}))

    transcript = run(Scripted(says=say))
    assert transcript.stopped["limit"] == "window"
    assert transcript.answer.endswith("- add: 3")


def test_each_question_of_a_thread_has_the_whole_limits():
    model = Scripted(says=[call(("add", {"a": 1, "b": 2})), "Three."] * 3)
    agent = make_agent(model, [make_tool(add)], config=AgentConfig(model_calls=2, same_call=1))
    *steps, first = run_agent(agent, "One?")
    assert [type(step) for step in steps] == [Called, type(first.steps[0])]
    history = agent.invoke({"messages": [("human", "One?")]})["messages"]
    *_, second = run_agent(agent, "Two?", history=history)
    assert (second.stopped, len(second.steps)) == (None, 1)


def test_what_was_found_does_not_come_back_to_the_model():
    model = endless()
    agent = make_agent(model, [make_tool(add)], config=AgentConfig(model_calls=2))
    history = agent.invoke({"messages": [("human", "One?")]})["messages"]
    assert "Found so far" in history[-1].text
    *_, _ = run_agent(agent, "Two?", history=history)
    replies = [row.text for row in model.seen[2] if isinstance(row, AIMessage)]
    assert replies[-1] == "The limit of 2 replies of the model is reached."


@pytest.mark.parametrize("wrong", [{"model_calls": 0}, {"model_calls": 501}, {"seconds": 0}, {"result_chars": -1}])
def test_limits_that_cannot_be_are_refused(wrong):
    with pytest.raises(UsageError, match=f"These limits of an agent cannot be: {next(iter(wrong))}="):
        AgentConfig(**wrong)
