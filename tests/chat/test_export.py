"""A conversation leaves ondol as Markdown and as JSON."""

import json

from ondol.chat.export import thread_json, thread_markdown


def test_markdown_shows_questions_answers_and_sources(talk, retriever, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")
    conversation = talk("Nothing of that.", retriever=retriever)
    conversation.say("How many guests does the hut at Otter Ridge sleep?")
    text = thread_markdown(conversation.thread, conversation.messages)
    assert "## How many guests does the hut at Otter Ridge sleep?\n\n“The hut at Otter Ridge" in text
    assert "hut.md: “The hut at Otter Ridge sleeps twelve guests.”" in text


def test_markdown_tells_what_was_interrupted(talk, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    conversation = talk("하나 둘 셋.")

    def stop(piece):
        raise KeyboardInterrupt

    try:
        conversation.say("세어 봐", listen=stop)
    except KeyboardInterrupt:
        text = thread_markdown(conversation.thread, conversation.messages)
    assert "하나\n\n*(중단됨)*" in text


def test_json_holds_every_turn(talk):
    conversation = talk("네.")
    conversation.say("따뜻해요?")
    told = json.loads(json.dumps(thread_json(conversation.thread, conversation.messages)))
    assert [(row["role"], row["content"]) for row in told["messages"]] == [("user", "따뜻해요?"), ("assistant", "네.")]
    assert told["name"] == "따뜻해요?"
