"""What an agent is told about its role, in the question's language."""

from __future__ import annotations

from ondol.prompts.load import Prompts, open_prompts


def system_text(question: str) -> str:
    """The prompt `agent`, never from the current folder: a folder that was downloaded must not change the rules."""
    folders = tuple(row for row in open_prompts().folders if row[0] != "here")
    [message] = Prompts(folders).load("agent", question=question).write_chat()
    return str(message.content)
