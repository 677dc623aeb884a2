"""Ollama's window: its OpenAI route cannot set it, and cuts off what is longer without a word.

So the model is loaded first and asked what it holds, and a prompt that might not fit is measured on Ollama's own
route, which can be told not to cut. That costs no second reading: the prefix stays in its cache.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ondol.errors import BackendError, OndolError, UsageError
from ondol.models.contract import ContextOverflow
from ondol.tokens.openai_server import OpenAIConnection

_NUM_CTX = re.compile(r"^num_ctx\s+(\d+)", re.MULTILINE)
_TOO_LONG = re.compile(r"exceeds? .*context|input length|context length", re.IGNORECASE)


def loaded_window(server: OpenAIConnection, model: str) -> int:
    """Load the model and read its window from /api/ps; from /api/show where an old Ollama does not tell; 0 unknown."""
    server.ask("/api/generate", {"model": model, "stream": False})
    for row in server.ask("/api/ps").get("models") or ():
        if model in (row.get("name"), row.get("model")) and row.get("context_length"):
            return int(row["context_length"])
    set_by_file = _NUM_CTX.search(str(server.ask("/api/show", {"model": model}).get("parameters") or ""))
    return int(set_by_file[1]) if set_by_file else 0


def require_window(model: str, *, held: int, asked: int) -> None:
    """Raises:
    UsageError: Ollama holds fewer tokens than were asked for, or does not tell.
    """
    if asked <= held:
        return
    raise UsageError(
        "Ollama holds {held} tokens of {model} and {asked} were asked for." if held
        else "Ollama does not tell how many tokens of {model} it holds, and {asked} were asked for.",
        hint="Start it with OLLAMA_CONTEXT_LENGTH={asked} ollama serve; or make a model of that size: "
        "printf 'FROM {model}\\nPARAMETER num_ctx {asked}\\n' > Modelfile && ollama create {name}-{asked} -f Modelfile",
        held=held, model=model, asked=asked, name=model.replace(":", "-").rpartition("/")[2],
    )  # fmt: skip


def require_fit(
    server: OpenAIConnection, model: str, chat: list[dict[str, Any]], tools: list[dict[str, Any]], *, held: int
) -> None:
    """Raises:
    ContextOverflow: Ollama would cut the start of the conversation off.
    """
    most = sum(len(json.dumps(row, ensure_ascii=False).encode()) for row in [*chat, *tools])
    if not held or most <= held:  # no tokenizer makes more tokens than there are bytes
        return
    body = {"model": model, "messages": [_native(row) for row in chat], "tools": tools, "stream": False,
            "truncate": False, "options": {"num_predict": 1}}  # fmt: skip
    try:
        read = server.ask("/api/chat", body).get("prompt_eval_count") or 0
    except (BackendError, UsageError) as error:
        if not _TOO_LONG.search(str(error.values.get("reason", ""))):
            raise
        raise _overflow("?", held) from error
    if read >= held:
        raise _overflow(f"{read} or more", held)


def _overflow(read: str, held: int) -> OndolError:
    return ContextOverflow(
        "The prompt has {prompt} tokens and the model's window holds {context}.",
        hint="Give it fewer or shorter texts, or start Ollama with a larger OLLAMA_CONTEXT_LENGTH.",
        prompt=read, context=held,
    )  # fmt: skip


def _native(row: dict[str, Any]) -> dict[str, Any]:
    """Ollama's own route takes the arguments of a call as an object."""
    calls = [
        {"function": {**call["function"], "arguments": json.loads(call["function"]["arguments"] or "{}")}}
        for call in row.get("tool_calls") or ()
    ]
    kept = {name: value for name, value in row.items() if name in ("role", "content")}
    return {**kept, "content": kept.get("content") or "", **({"tool_calls": calls} if calls else {})}
