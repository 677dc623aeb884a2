import json

import pytest

from ondol.errors import BackendError, MissingExtra, NotFound, OndolError, UnusableInput, UsageError
from ondol.server.errors import Busy, Forbidden, TooLarge, TooSlow, Unauthorized, error_response, language_of
from ondol.tokens.budget import ContextOverflow


@pytest.mark.parametrize(
    ("kind", "status", "code", "openai"),
    [
        (UsageError, 400, "usage", "invalid_request_error"), (NotFound, 404, "not_found", "not_found_error"),
        (UnusableInput, 422, "unusable", "invalid_request_error"), (MissingExtra, 501, "missing_extra", "server_error"),
        (BackendError, 502, "backend", "server_error"), (Busy, 429, "busy", "rate_limit_error"),
        (Forbidden, 403, "forbidden", "permission_error"), (Unauthorized, 401, "forbidden", "authentication_error"),
        (TooLarge, 413, "too_large", "invalid_request_error"), (TooSlow, 504, "backend", "server_error"),
        (OndolError, 500, "backend", "server_error"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_status_and_its_names(kind, status, code, openai):
    error = kind("Something about {what}.", hint="Do {what}.", what="this")
    ours, theirs = error_response(error, "/api/x", "en"), error_response(error, "/v1/x", "en")
    assert (ours.status_code, theirs.status_code) == (status, status)
    assert json.loads(ours.body) == {"error": {"message": "Something about this.", "hint": "Do this.", "code": code}}
    told = json.loads(theirs.body)["error"]
    assert (told["type"], told["message"]) == (openai, "Something about this. Do this.")


def test_a_full_queue_says_when_to_come_back():
    assert error_response(Busy("Full.", retry_after_s=7), "/api/ask", None).headers["Retry-After"] == "7"


def test_a_prompt_that_is_too_long_has_openais_code():
    row = json.loads(error_response(ContextOverflow("Too long."), "/v1/x", "en").body)
    assert row["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko", "ko"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("en-GB,ko;q=0.5", "en"), ("fr,ko;q=0.5", "ko"), ("KO", "ko"),
        ("*", "en"), ("", "en"), (None, "en"), ("\x00;;,,q", "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_first_that_is_known(accepted, language, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")
    assert language_of(accepted) == language


def test_a_mistake_is_told_in_the_language_of_the_request():
    error = NotFound("The server has no model '{name}'.", hint="See: GET /v1/models", name="x")
    told = json.loads(error_response(error, "/api/x", "ko").body)["error"]
    assert told["message"] == "서버에 모델 'x'이(가) 없습니다."
