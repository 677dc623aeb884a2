"""`Sampling`, stop strings and tools → the body of a request, in the dialect of the server."""

from __future__ import annotations

import re
from typing import Any

from ondol.errors import UsageError
from ondol.models.sampling import Sampling
from ondol.tokens.openai_server import OpenAIConnection

MAX_STOPS = 4
"""OpenAI takes no more stop strings; the rest are found here."""
MARKS = tuple(
    "<|im_start|> <|im_end|> <|im_sep|> <|endoftext|> <|begin_of_text|> <|end_of_text|> <|start_header_id|> "
    "<|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> <|system|> <|user|> <|assistant|> <|end|> <|start|> "
    "<|channel|> <|message|> <|return|> <|call|> <start_of_turn> <end_of_turn> <bos> <eos> <s> </s> [INST] [/INST] "
    "[TOOL_CALLS] [|system|] [|user|] [|assistant|] [|endofturn|]".split()
)
"""Control tokens of the models people serve: a server does not list its own, and turns their text into the token."""

_REASONER = re.compile(r"(o\d|gpt-5)")  # OpenAI's own that take no temperature and no top_p
_DEFAULT = Sampling()


def make_body(chosen: Sampling, server: OpenAIConnection, *, model: str) -> dict[str, Any]:
    """Everything but the prompt.

    Raises:
        UsageError: a value that this server would pass over.
    """
    body: dict[str, Any] = {"model": model, "stream": True, "stream_options": {"include_usage": True}}
    body["max_completion_tokens" if server.kind == "openai" else "max_tokens"] = chosen.max_tokens
    for name in ("temperature", "top_p"):
        if not (_is_reasoner(server, model) and getattr(chosen, name) == getattr(_DEFAULT, name)):
            body[name] = getattr(chosen, name)
    if chosen.seed is not None:
        body["seed"] = chosen.seed
    if chosen.json_schema is not None:
        form = {"name": "answer", "strict": True, "schema": chosen.json_schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if chosen.stop and server.kind != "llama.cpp":  # which loses text that it held back for a stop string
        body["stop"] = chosen.stop[:MAX_STOPS]
    if server.kind == "llama.cpp":
        body["timings_per_token"] = True  # usage also when the answer is cut here
    return body | _truncation(chosen, server) | _thinking(chosen, server) | _grammar(chosen, server)


def make_tools(
    tools: list[dict[str, Any]] | None, choice: str | dict[str, Any] | bool | None, server: OpenAIConnection
) -> dict[str, Any]:
    """`tools` and `tool_choice` as `bind_tools` leaves them.

    Raises:
        UsageError: the server would pass over them.
    """
    if not tools or choice == "none":
        return {}  # also to OpenAI: a tool that is not offered cannot be called
    if server.kind == "llama.cpp" and server.props.get("chat_template_caps", {}).get("supports_tools") is False:
        raise UsageError(
            "The chat template of {model} knows no tools.",
            hint="Take a model that was taught tools (Qwen, Llama 3.1, …), or ask for JSON with json_schema.",
            model=server.props.get("model_alias", server.shown),
        )
    if choice in (None, False, "auto"):
        return {"tools": tools}
    if server.kind == "ollama":
        raise UsageError(
            "Ollama cannot make a model call a tool; it passes over tool_choice.",
            hint='Use tool_choice="auto", or ask for JSON with json_schema.',
        )
    if choice in (True, "any", "required"):
        return {"tools": tools, "tool_choice": "required"}
    name = choice["function"]["name"] if isinstance(choice, dict) else choice
    named = [tool for tool in tools if tool.get("function", {}).get("name") == name]
    if not named:
        raise UsageError("No tool is called '{name}'.", hint="Give it to bind_tools.", name=name)
    if server.kind == "llama.cpp":  # takes words only, and reads a dict as "auto"
        return {"tools": named, "tool_choice": "required"}
    return {"tools": tools, "tool_choice": {"type": "function", "function": {"name": name}}}


def _is_reasoner(server: OpenAIConnection, model: str) -> bool:
    return server.kind == "openai" and _REASONER.match(model) is not None


def _truncation(chosen: Sampling, server: OpenAIConnection) -> dict[str, Any]:
    """top_k, min_p, repeat_penalty: none of OpenAI's, so sent where they are known or were changed."""
    values = chosen.model_dump(include={"top_k", "min_p", "repeat_penalty"})
    changed = {name: value for name, value in values.items() if value != getattr(_DEFAULT, name)}
    if changed and server.kind == "ollama":
        raise UsageError(
            "Ollama passes over {names} in a request.",
            hint="Put PARAMETER lines into a Modelfile, then: ollama create", names=", ".join(changed),
        )  # fmt: skip
    sent = values if server.kind in ("llama.cpp", "vllm") else changed
    if server.kind == "vllm" and "repeat_penalty" in sent:
        sent["repetition_penalty"] = sent.pop("repeat_penalty")
    return sent


def _thinking(chosen: Sampling, server: OpenAIConnection) -> dict[str, Any]:
    if chosen.thinking_tokens is not None:
        raise UsageError(
            "A server takes no budget of thinking tokens.",
            hint="Use think=False, or the model with llama.cpp: or hf: in this process.",
        )
    if chosen.think is None:
        return {}
    if server.kind in ("llama.cpp", "vllm"):
        return {"chat_template_kwargs": {"enable_thinking": chosen.think}}
    return {"reasoning_effort": "medium" if chosen.think else "none"}


def _grammar(chosen: Sampling, server: OpenAIConnection) -> dict[str, Any]:
    if chosen.grammar is None:
        return {}
    if server.kind == "llama.cpp" and server.address.loopback:
        return {"grammar": chosen.grammar}
    raise UsageError(
        "{server} takes no grammar.", hint="Use json_schema, or llama-server on this machine.", server=server.shown
    )
