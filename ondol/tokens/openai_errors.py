"""What a server or the way to it can do wrong → one clear error each."""

from __future__ import annotations

import re
from typing import Any

import openai

from ondol.errors import BackendError, NotFound, OndolError
from ondol.tokens.openai_address import key_variable

_OVERFLOW = re.compile(
    r"context[ _](length|size|window)|maximum context|exceed\w* .{0,40}context|too many tokens", re.I
)
# the numbers as vLLM and OpenAI word them: the window, then what was asked for
_HELD = re.compile(r"(?:context length is|context size \(|context length of|max_model_len\D{0,12})\s*(\d+)", re.I)
_ASKED = re.compile(r"(?:resulted in|requested|contains at least|request \()\s*(?:about )?(\d+)", re.I)


def explain(error: Exception, server: str) -> OndolError:
    """The error to raise `from error`."""
    if isinstance(error, openai.APITimeoutError):
        return BackendError(
            "{server} did not answer in time.",
            hint="It may be loading the model or busy: try again, or give it longer with timeout_s.", server=server,
        )  # fmt: skip
    if isinstance(error, openai.APIConnectionError):
        return _unreachable(error, server)
    if isinstance(error, openai.APIStatusError):
        return _refused(error, server)
    if isinstance(error, openai.APIError) and not isinstance(error, openai.APIResponseValidationError):
        return BackendError(
            "{server} failed: {reason}", hint="See the server's own log.", server=server, reason=reason_of(error)
        )
    return no_json(server)  # JSON and SSE that cannot be read


def no_json(server: str) -> BackendError:
    """Also for JSON that says something else than the protocol has."""
    return BackendError(
        "{server} answered with something else than JSON.",
        hint="Is it an OpenAI-compatible server? Its address usually ends in /v1.", server=server,
    )  # fmt: skip


def broken_off(server: str, *, written: bool) -> BackendError:
    """The connection ended before the answer did."""
    return BackendError(
        "{server} broke off in the middle of the answer." if written else "{server} broke off before it answered.",
        hint="It may have been stopped or have run out of memory: see its own log, then ask again.", server=server,
    )  # fmt: skip


def overflow_numbers(error: Exception) -> tuple[str, str] | None:
    """Tokens of the prompt and of the window ("?" where they are not told) when the prompt was too long."""
    if not isinstance(error, openai.APIError):
        return None
    body = _body(error)
    text = f"{body.get('type', '')} {body.get('code', '')} {reason_of(error)}"
    status = getattr(error, "status_code", 400)
    if status not in (400, 413, 422, 500) or not _OVERFLOW.search(
        text.replace("context_length_exceeded", "context length")
    ):
        return None
    if "n_prompt_tokens" in body:
        return str(body["n_prompt_tokens"]), str(body.get("n_ctx", "?"))
    asked, held = _ASKED.search(text), _HELD.search(text)
    return asked[1] if asked else "?", held[1] if held else "?"


def reason_of(error: openai.APIError) -> str:
    """What the server says, on one line, without the client's own framing."""
    told = error.body if isinstance(error.body, str) and not error.body.lstrip().startswith("<") else ""
    message = told or _body(error).get("message") or _body(error).get("error")
    if not message and isinstance(error, openai.APIStatusError):  # a web page or nothing: the client adds no reason
        message = error.response.reason_phrase or "it gave no reason"
    message = message or error.message
    return " ".join(str(message).split())[:400]


def _body(error: openai.APIError) -> dict[str, Any]:
    return error.body if isinstance(error.body, dict) else {}


def _unreachable(error: openai.APIConnectionError, server: str) -> BackendError:
    cause = error.__cause__
    # httpx's name for a connection that was never made; the others had one
    if cause is None or "Connect" in type(cause).__name__:
        return BackendError(
            "Nobody answers at {server} ({reason}).",
            hint="Start the server (for Ollama: ollama serve), or correct the address.",
            server=server, reason=cause or error.message,
        )  # fmt: skip
    return broken_off(server, written=False)


def _refused(error: openai.APIStatusError, server: str) -> OndolError:
    status, reason = error.status_code, reason_of(error)
    values: dict[str, Any] = {"server": server, "status": status, "reason": reason}
    if status in (401, 403):
        return BackendError(
            "{server} refuses the key ({status}): {reason}",
            hint="Set {variable} to a key that it knows.",
            **values, variable=key_variable(error.request.url.host),
        )  # fmt: skip
    if status == 404:
        return NotFound(
            "{server} does not know this: {reason}", hint="Check the address (it usually ends in /v1) and the model.",
            **values,
        )  # fmt: skip
    if status == 429:
        wait = error.response.headers.get("retry-after", "")
        hint = "Try again in {wait} seconds." if wait.isdigit() else "Wait, or raise your limit with the provider."
        return BackendError("{server} takes no more requests now (429): {reason}", hint=hint, wait=wait, **values)
    if status == 503:
        return BackendError(
            "{server} is not ready (503): {reason}", hint="It may still load the model: try again soon.", **values
        )
    if status in (502, 504):
        return BackendError(
            "{server} is a gateway and reaches no model behind it ({status}): {reason}",
            hint="Start the server behind it, or name that one directly.", **values,
        )  # fmt: skip
    if status >= 500:
        return BackendError("{server} failed ({status}): {reason}", hint="See the server's own log.", **values)
    if status < 400:
        return BackendError(
            "{server} sends to another address ({status}).",
            hint="Name that one: {place}", **values,
            place=error.response.headers.get("location", "it did not say which"),
        )  # fmt: skip
    return BackendError(
        "{server} refuses the request ({status}): {reason}", hint="Leave out what it does not take.", **values
    )
