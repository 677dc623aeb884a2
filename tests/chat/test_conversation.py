"""Turns of a conversation: kept, taken back, answered again, interrupted."""

import signal
import sqlite3

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from ondol.answer.answer import Answer, Thought
from ondol.chat.conversation import INTERRUPTED
from ondol.chat.graph import NEAREST, NEAREST_CHARS
from ondol.chat.threads import ThreadStore
from ondol.errors import UsageError
from ondol.models.contract import ContextOverflow
from ondol.models.fake import FakeChat


def told(conversation):
    return [(type(message).__name__, message.text) for message in conversation.messages]


def test_a_thread_is_written_down_with_its_first_question(talk, store):
    conversation = talk("Yes.")
    assert store.list() == []
    conversation.say("Is it warm?")
    assert [(thread.name, thread.turns) for thread in store.list()] == [("Is it warm?", 1)]


def test_what_was_said_is_there_again_after_the_process(talk, store):
    conversation = talk("따뜻합니다.")
    conversation.say("온돌은 어때요?")
    conversation.close()
    with ThreadStore(store.path.parent) as again:
        found = again.messages(again.find("온돌"))
    assert [message.text for message in found] == ["온돌은 어때요?", "따뜻합니다."]


def test_the_model_reads_the_turns_before(talk):
    conversation = talk()
    conversation.say("The stove is warm.")
    read = conversation.say("And now?").usage["prompt_tokens"]
    assert read == len("The stove is warm. The stove is warm. And now?".split())


def test_turns_that_do_not_fit_are_left_out_and_told(talk):
    conversation = talk("Well, that is a long story of many words.", context=30)
    assert conversation.say("one two three four five six seven").left_out == ""
    answer = conversation.say("eight nine ten eleven twelve thirteen")
    assert "1 earlier turns" in answer.left_out


def test_a_question_that_cannot_fit_stays_and_can_be_answered_later(talk):
    conversation = talk("Short.", context=8)
    with pytest.raises(ContextOverflow):
        conversation.say("a b c d e f g h i j k l")
    assert conversation.unanswered == "a b c d e f g h i j k l"
    conversation.chat.model = FakeChat(replies=("Long enough.",))
    assert conversation.retry().answer == "Long enough."
    assert conversation.unanswered == ""


def test_a_question_without_an_answer_is_not_read_by_the_model(talk):
    conversation = talk("Short.", context=12)
    with pytest.raises(ContextOverflow):
        conversation.say("a b c d e f g h i j k l m n o p")
    answer = conversation.say("hi")
    assert answer.usage["prompt_tokens"] == 1
    assert [text for _, text in told(conversation)] == ["a b c d e f g h i j k l m n o p", "", "hi", "Short."]


def test_an_interrupted_answer_is_kept_as_far_as_it_came(talk):
    conversation = talk("One two three four.")

    def stop(piece):
        if piece == " three":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conversation.say("Count!", listen=stop)
    assert told(conversation) == [("HumanMessage", "Count!"), ("AIMessage", "One two three")]
    assert conversation.messages[-1].response_metadata["finish_reason"] == INTERRUPTED
    assert conversation.say("Go on.").answer == "One two three four."


def test_retry_replaces_the_last_answer(talk):
    conversation = talk("First.", "Second.")
    conversation.say("Well?")
    assert conversation.retry().answer == "Second."
    assert told(conversation) == [("HumanMessage", "Well?"), ("AIMessage", "Second.")]


def test_an_answer_stands_until_there_is_a_new_one(talk):
    conversation = talk("Precious.")
    conversation.say("Well?")
    conversation.chat.model = FakeChat(replies=("No.",), context=1)
    with pytest.raises(ContextOverflow):
        conversation.retry()
    assert told(conversation) == [("HumanMessage", "Well?"), ("AIMessage", "Precious.")]

    def stop(piece):
        raise KeyboardInterrupt

    conversation.chat.model = FakeChat(replies=("No.",))
    with pytest.raises(KeyboardInterrupt):
        conversation.retry(listen=stop)
    assert told(conversation) == [("HumanMessage", "Well?"), ("AIMessage", "Precious.")]


def test_a_question_is_kept_before_the_model_is_opened(talk):
    def stop():
        raise KeyboardInterrupt

    conversation = talk("Yes.")
    conversation.chat.prepare = stop
    with pytest.raises(KeyboardInterrupt):
        conversation.say("Well?")
    assert told(conversation) == [("HumanMessage", "Well?"), ("AIMessage", "")]
    conversation.chat.prepare = None
    assert conversation.retry().answer == "Yes."


@pytest.mark.parametrize("step", range(0, 60, 4))
def test_ctrl_c_anywhere_keeps_one_question_and_at_most_one_answer(talk, step):
    """At every few of the checkpoint's writes and reads, and in between them."""
    conversation = talk("Before.", "It is.")
    conversation.say("First?")
    connection, seen = conversation.store.saver.conn, 0

    def trace(_):
        nonlocal seen
        seen += 1
        if seen == step + 1:
            signal.raise_signal(signal.SIGINT)

    connection.set_trace_callback(trace)
    try:
        conversation.say("Is it warm?")
    except KeyboardInterrupt:
        pass
    finally:
        connection.set_trace_callback(None)
    kinds = [kind for kind, _ in told(conversation)]
    assert kinds == ["HumanMessage", "AIMessage"] * 2
    assert conversation.messages[2].text == "Is it warm?"
    conversation.retry()
    assert [kind for kind, _ in told(conversation)] == kinds


def test_a_listener_that_has_gone_does_not_cost_the_answer(talk):
    def closed(piece):
        raise BrokenPipeError

    conversation = talk("Yes, it is.")
    with pytest.raises(BrokenPipeError):
        conversation.say("Well?", listen=closed)
    assert told(conversation) == [("HumanMessage", "Well?"), ("AIMessage", "Yes, it is.")]


def test_an_answer_that_was_cut_off_says_so(talk):
    conversation = talk("word " * 2000)
    assert conversation.say("Go on.").finish_reason == "length"
    assert conversation.messages[-1].response_metadata["finish_reason"] == "length"


def test_looking_at_a_thread_does_not_make_it_the_latest(talk, store):
    first = talk("Yes.")
    first.say("First?")
    first.close()
    talk("Yes.").say("Second?")
    talk("Yes.", thread=store.find("First?")).change(docs=True)
    assert [thread.name for thread in store.list()] == ["Second?", "First?"]


def test_undo_takes_the_last_turn_back(talk):
    conversation = talk("First.", "Second.")
    conversation.say("One?")
    conversation.say("Two?")
    assert conversation.undo() == "Two?"
    assert told(conversation) == [("HumanMessage", "One?"), ("AIMessage", "First.")]
    assert conversation.thread.turns == 1


@pytest.mark.parametrize("verb", ["undo", "retry"])
def test_nothing_can_be_taken_back_before_something_was_said(talk, verb):
    with pytest.raises(UsageError, match="There is nothing to"):
        getattr(talk("Yes."), verb)()


def test_an_empty_question_is_refused(talk):
    with pytest.raises(UsageError, match="The question is empty"):
        talk("Yes.").say(" \n ")


def test_thinking_is_heard_but_not_kept(talk):
    conversation = talk("<think>Let me see.</think>Yes.")
    heard = []
    conversation.say("Well?", listen=heard.append)
    assert "".join(piece.text for piece in heard if isinstance(piece, Thought)) == "Let me see."
    assert isinstance(heard[-1], Answer)
    assert heard[-1].thinking == "Let me see."
    assert "Let me see" not in repr(conversation.messages)


def test_answers_from_documents_keep_their_citations(talk, retriever):
    conversation = talk("Nothing of that.", retriever=retriever)
    conversation.say("How many guests does the hut at Otter Ridge sleep?")
    kept = conversation.messages[-1].response_metadata["answer"]
    assert kept["citations"][0]["quote"] == "The hut at Otter Ridge sleeps twelve guests."
    assert kept["quoted"]


def test_threads_do_not_leak_into_each_other(talk):
    first, second = talk("A."), talk()
    first.say("My secret is 417.")
    second.say("What do you know?")
    assert told(second) == [("HumanMessage", "What do you know?"), ("AIMessage", "What do you know?")]


def test_a_long_thread_keeps_one_checkpoint(talk, store):
    conversation = talk("Yes.")
    for number in range(20):
        conversation.say(f"Question {number}?")
    with sqlite3.connect(store.path) as connection:
        count = connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
    connection.close()
    assert count == 1
    assert len(conversation.messages) == 40


def test_removing_a_thread_leaves_nothing_of_it(talk, store):
    conversation = talk("Yes.")
    conversation.say("A secret?")
    conversation.close()
    store.remove(store.find("A secret?"))
    store.close()
    data = b"".join(path.read_bytes() for path in store.path.parent.glob("threads.sqlite*"))
    assert store.path.is_file()
    assert b"A secret?" not in data


def test_messages_are_langchains_own(talk):
    conversation = talk("Yes.")
    conversation.say("Well?")
    asked, answered = conversation.messages
    assert isinstance(asked, HumanMessage)
    assert isinstance(answered, AIMessage)


def test_of_an_abstention_the_beginnings_of_the_nearest_hits_are_kept(talk, retriever):
    conversation = talk(retriever=retriever)
    conversation.chat.threshold = 1.0
    answer = conversation.say("Who picks the green tea leaves?")
    nearest = conversation.messages[-1].response_metadata["answer"]["nearest"]
    assert answer.abstained
    assert [row["document_id"] for row in nearest] == [hit.metadata["document_id"] for hit in answer.hits[:NEAREST]]
    assert [row["text"] for row in nearest] == [hit.page_content[:NEAREST_CHARS] for hit in answer.hits[:NEAREST]]
