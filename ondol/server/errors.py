"""Mistakes as HTTP tells them: OpenAI's shape under /v1, ondol's own elsewhere, in the language of the request."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from starlette.responses import JSONResponse

from ondol.errors import BackendError, MissingExtra, NotFound, OndolError, UnusableInput, UsageError
from ondol.lang import Language, interface_language, nfc, translate
from ondol.tokens.budget import ContextOverflow

log = logging.getLogger("ondol.server")


class Busy(OndolError):
    """Too many are waiting already."""

    def __init__(self, message: str, *, hint: str = "", retry_after_s: int = 5, **values: Any) -> None:
        super().__init__(message, hint=hint, **values)
        self.retry_after_s = retry_after_s


class TooSlow(BackendError):
    """An answer took longer than it may."""


class Forbidden(OndolError):
    """From another host or page."""


class Unauthorized(Forbidden):
    """The token is missing or wrong."""


class TooLarge(UsageError):
    """More bytes than are read."""


class Stalled(UsageError):
    """A request that does not come to its end."""


KINDS: tuple[tuple[type[OndolError], int, str], ...] = (
    (Unauthorized, 401, "forbidden"),
    (Forbidden, 403, "forbidden"),
    (TooLarge, 413, "too_large"),
    (Stalled, 408, "usage"),
    (Busy, 429, "busy"),
    (UsageError, 400, "usage"),
    (NotFound, 404, "not_found"),
    (UnusableInput, 422, "unusable"),
    (MissingExtra, 501, "missing_extra"),
    (TooSlow, 504, "backend"),
    (BackendError, 502, "backend"),
)
"""The first that fits counts."""
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
"""OpenAI's names; other statuses are `invalid_request_error` below 500 and `server_error` from there."""


def status_of(error: OndolError) -> int:
    return next((status for kind, status, _ in KINDS if isinstance(error, kind)), 500)


def language_of(accepted: str | None) -> Language:
    """What `Accept-Language` names first of Korean and English; without it, as the server itself speaks."""
    for part in (accepted or "").lower().split(","):
        name = part.partition(";")[0].strip()[:2]
        if name in ("ko", "en"):
            return "ko" if name == "ko" else "en"
    return interface_language()


def error_row(error: OndolError, language: Language) -> dict[str, Any]:
    """`{"message", "hint", "code"}`: what stands in `error` under /api, and in the data of an `error` event."""
    code = next((code for kind, _, code in KINDS if isinstance(error, kind)), "backend")
    hint = translate(error.hint_template, language=language, **error.values) if error.hint_template else ""
    message = translate(error.template, language=language, **error.values)
    return {"message": nfc(message), "hint": nfc(hint), "code": code}


def openai_row(error: OndolError, language: Language) -> dict[str, Any]:
    """`{"message", "type", "param", "code"}`, with the hint at the end of the message."""
    row, status = error_row(error, language), status_of(error)
    kind = TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = "context_length_exceeded" if isinstance(error, ContextOverflow) else row["code"]
    message = " ".join(filter(None, [row["message"], row["hint"]]))
    return {"message": message, "type": kind, "param": error.values.get("param"), "code": code}


def error_response(error: OndolError, path: str, accepted: str | None) -> JSONResponse:
    """The answer to a request for `path`."""
    row = openai_row if path.startswith("/v1") else error_row
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Busy) else {}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse({"error": row(error, language_of(accepted))}, status_of(error), headers)


def failure(error: Exception) -> OndolError:
    """What is told of a bug; its kind and place are logged, its words are not: they may hold someone's text."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s\n%s", type(error).__name__, frames)
    return OndolError("ondol made a mistake ({kind}).", hint="See what the server printed.", kind=type(error).__name__)
