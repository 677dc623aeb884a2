"""Mistakes that routes raise, FastAPI's own among them, told in ondol's words."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

from ondol.errors import NotFound, OndolError, UsageError
from ondol.lang import Language, translate
from ondol.server.errors import TooLarge, error_response, language_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROBLEMS = {
    "missing": "it is missing",
    "json_invalid": "it is no JSON",
    "extra_forbidden": "nobody knows it",
    "model_attributes_type": "it is no JSON object, or not sent as Content-Type: application/json",
    "string_type": "it is no text",
    "string_unicode": "it holds half characters",
    "string_too_short": "it has fewer than {min_length} characters",
    "string_too_long": "it has more than {max_length} characters",
    "greater_than_equal": "it is below {ge}",
    "less_than_equal": "it is above {le}",
}
"""What pydantic finds most, in words that can be translated; the rest is told in its own."""
MOST, LONGEST_NAME = 5, 80
"""Problems that are told, and characters of a field's name."""


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(OndolError, _told)
    app.add_exception_handler(RequestValidationError, _told)
    app.add_exception_handler(HTTPException, _told)


async def _told(request: Request, error: Exception) -> JSONResponse:
    accepted = request.headers.get("accept-language")
    if isinstance(error, RequestValidationError):
        error = _misfit(error, language_of(accepted))
    if not isinstance(error, HTTPException):
        assert isinstance(error, OndolError)
        return error_response(error, request.url.path, accepted)
    methods = methods_of(request) if error.status_code in (404, 405) else []
    told = _translate(error, methods)
    response = error_response(told, request.url.path, accepted)
    response.headers.update(error.headers or {})
    if methods:
        response.status_code, response.headers["Allow"] = 405, ", ".join(methods)
    elif not isinstance(told, NotFound):
        response.status_code = error.status_code
    return response


def methods_of(request: Request) -> list[str]:
    """Those with which a route takes this address; the files of the page are none."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    asked = [(method, {**request.scope, "method": method}) for method in METHODS]
    return [method for method, scope in asked if any(route.matches(scope)[0] is Match.FULL for route in routes)]


def _misfit(error: RequestValidationError, language: Language) -> UsageError:
    """What was sent is not repeated, but for the beginning of a field's name."""
    rows = [(_field(row), _problem(row, language)) for row in error.errors()]
    told = "; ".join(f"{name[:LONGEST_NAME]}: {problem}" for name, problem in rows[:MOST])
    return UsageError("The request does not fit: {problems}.", problems=told, param=rows[0][0][:LONGEST_NAME])


def _field(row: dict[str, Any]) -> str:
    path = () if row["type"] == "json_invalid" else row["loc"][1:]  # there it holds an offset
    return ".".join(map(str, path)) or "body"


def _problem(row: dict[str, Any], language: Language) -> str:
    words = PROBLEMS.get(row["type"])
    return translate(words, language=language, **row.get("ctx", {})) if words else str(row["msg"])


def _translate(error: HTTPException, methods: list[str]) -> OndolError:
    """FastAPI's and Starlette's own as ours."""
    if methods:
        return UsageError("This address takes {methods} only.", methods=", ".join(methods))
    if error.status_code in (404, 405):
        return NotFound("There is nothing at this address.")
    if error.status_code == 400:  # what FastAPI tells of a body that it cannot parse
        return UsageError("The body is no JSON that can be read.", hint="It is UTF-8, and not deep.")
    if error.status_code == 413:
        return TooLarge("The request is too large.")
    kind = UsageError if error.status_code < 500 else OndolError
    return kind("The request failed: {reason}.", reason=error.detail)
