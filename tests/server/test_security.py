"""Who may call: every case over a real connection."""

import json

import pytest

from ondol.errors import UsageError
from ondol.server.security import COOKIE, Access

TOKEN = "correct-horse-battery-staple"
CHAT = "/v1/chat/completions"
QUESTION = json.dumps({"model": "fake:", "messages": [{"role": "user", "content": "Hello there."}]})


# Host


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "localhost:8088", "[::1]:8088", "ONDOL.example", "LocalHost."]
)
def test_a_name_of_this_machine_is_heard(door, host):
    assert door(Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:8088", "169.254.169.254",
        "0.0.0.0", "127.0.0.1@evil.example", "evil.example/127.0.0.1", "[::2]", "", "localhost:port", "local host",
        "ondol.example.evil", "127.0.0.1:8088:9", "xn--localhost",
    ],
)  # fmt: skip
def test_another_name_is_refused(door, host):
    assert door(Host=host)[0] in (400, 403)


def test_two_names_are_refused(door):
    answer = door.raw(b"GET /health HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert answer.split()[1] in (b"400", b"403")


def test_no_name_is_refused(door):
    assert door(Host=None)[0] in (400, 403)


def test_a_forwarded_name_does_not_count(door):
    assert door(Host="evil.example", X_Forwarded_Host="localhost")[0] == 403


# Origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example", "null", "http://localhost:1", "http://127.0.0.1", "file://", "chrome-extension://abc",
        "http://127.0.0.1.evil.example", "http://[", "",
    ],
)  # fmt: skip
def test_a_page_of_another_origin_may_not_send(door, origin):
    assert door.post(CHAT, QUESTION, Origin=origin)[0] == 403


def test_our_own_page_may_send(door):
    assert door.post(CHAT, QUESTION, Origin=f"http://127.0.0.1:{door.port}", Sec_Fetch_Site="same-origin")[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_may_not_even_read(door, site):
    assert door(path="/v1/models", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0] == 403


def test_a_link_elsewhere_may_open_the_page(door):
    assert door(path="/health", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


def test_a_form_elsewhere_may_not_send(door):
    status = door("POST", CHAT, QUESTION, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0]
    assert status == 403


def test_a_stream_is_not_given_to_a_page_elsewhere(door):
    status = door(path="/api/jobs/1/events", Accept="text/event-stream", Origin="https://evil.example")[0]
    assert status == 403


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT"])
def test_every_method_that_changes_something_is_guarded(door, method):
    assert door(method, "/api/threads/x", Origin="https://evil.example")[0] == 403


def test_nothing_is_shared_with_other_origins(door):
    status, headers, _ = door("OPTIONS", CHAT, Origin="https://evil.example", Access_Control_Request_Method="POST")
    assert status == 403
    assert not [name for name in headers if name.lower().startswith("access-control")]


# Token


def test_without_the_token_nothing_is_told(locked):
    status, headers, text = locked(path="/v1/models")
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "token is missing" in text


@pytest.mark.parametrize(
    "value",
    [
        "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}", "Bearer \xff\xfe", "Bearer " + "x" * 5000,
    ],
)  # fmt: skip
def test_a_wrong_token_is_refused(locked, value):
    assert locked(path="/v1/models", Authorization=value.encode("latin-1"))[0] == 401


@pytest.mark.parametrize(
    "path", ["/", "/api/settings", "/openapi.json", "/js/main.js", "/?token=", "/api/x?token=" + TOKEN]
)
def test_every_address_but_health_asks_for_the_token(locked, path):
    assert locked(path=path)[0] == 401


def test_the_token_opens(locked):
    assert locked(path="/v1/models", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_health_needs_no_token(locked):
    assert locked()[0] == 200


def test_opening_the_page_with_the_token_gives_a_cookie_that_opens(locked):
    status, headers, _ = locked(path=f"/?token={TOKEN}")
    cookie = headers["Set-Cookie"]
    assert (status, headers["Location"]) == (303, "/")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert locked(path="/v1/models", Cookie=cookie.partition(";")[0])[0] == 200


def test_a_wrong_token_in_the_address_gives_no_cookie(locked):
    status, headers, _ = locked(path="/?token=wrong")
    assert status == 401
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("value", ["", "wrong", TOKEN, '"', "a;b=\x01"])
def test_a_wrong_cookie_is_refused(locked, value):
    assert locked(path="/v1/models", Cookie=f"{COOKIE}={value}")[0] in (400, 401)


def test_the_cookie_does_not_help_a_page_elsewhere(locked):
    cookie = f"{COOKIE}={Access(token=TOKEN).session}"
    assert locked.post(CHAT, QUESTION, Cookie=cookie)[0] == 200
    assert locked.post(CHAT, QUESTION, Cookie=cookie, Origin="https://evil.example")[0] == 403


@pytest.mark.parametrize("token", ["short", "with spaces in it, though long", "열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠열쇠"])
def test_a_token_that_protects_nothing_is_refused(token):
    with pytest.raises(UsageError, match="16 characters"):
        Access(token=token)
