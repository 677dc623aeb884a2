"""What a stranger may send, and what answers and log give away: every case over a real connection."""

import json
import logging
import socket
import time

import httpx
import pytest

from ondol.models.fake import FakeChat
from ondol.server.engine import Engine
from ondol.server.security import MIB, Access

CHAT = "/v1/chat/completions"
QUESTION = json.dumps({"model": "fake:", "messages": [{"role": "user", "content": "Hello there."}]})
JSON = {"Content-Type": "application/json"}


# Size and form


def test_a_large_body_is_refused_before_it_is_read(door):
    status, _, text = door("POST", CHAT, b"", Content_Length=str(MIB + 1), **JSON)
    assert (status, "larger than 1 MiB" in text) == (413, True)


def test_a_large_body_without_a_length_is_refused(door):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = f"POST {CHAT} HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n".encode()
    answer = door.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + 17 * chunk + b"0\r\n\r\n")
    assert answer.split()[1] == b"413"


def flood(connection):
    for _ in range(1000):
        connection.sendall(b"a" * 10_000)
        time.sleep(0.001)


def test_a_header_without_end_is_refused(door):
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as connection:
        connection.sendall(f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nX: ".encode())
        with pytest.raises(OSError, match=r"Broken pipe|reset"):
            flood(connection)


@pytest.mark.parametrize("path", [CHAT, "/api/uploads", "/api/runs/data"])
@pytest.mark.parametrize("length", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_body_that_does_not_come_to_its_end_is_given_up(stranger_settings, serve, path, length):
    kind = "application/json" if path == CHAT else "multipart/form-data; boundary=x"
    begun = "--x\r\n" if length.startswith("Content") else "5\r\n--x\r\n\r\n"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{length}\r\n\r\n{begun}"
    with serve(Engine(stranger_settings), Access(stalled_s=0.3)) as address:
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=20) as connection:
            connection.sendall(head.encode())
            assert connection.recv(65536).split()[1] == b"408"
        assert httpx.get(f"{address}/health").status_code == 200


def test_a_slow_answer_is_no_stalled_request(stranger_settings, serve, monkeypatch):
    said = FakeChat.stream_messages

    def slowly(self, *given, **more):
        for piece in said(self, *given, **more):
            time.sleep(0.4)
            yield piece

    monkeypatch.setattr(FakeChat, "stream_messages", slowly)
    with serve(Engine(stranger_settings), Access(stalled_s=0.2)) as address:
        told = httpx.post(f"{address}{CHAT}", content=QUESTION, headers=JSON, timeout=20)
    assert told.json()["choices"][0]["message"]["content"] == "Hello there."


def test_uploads_may_be_larger(door):
    assert door("POST", "/api/uploads", b"x" * (MIB + 1), Content_Type="multipart/form-data; boundary=x")[0] != 413
    assert door("POST", "/api/uploads", b"x" * (2 * MIB + 1), Content_Type="multipart/form-data; boundary=x")[0] == 413


@pytest.mark.parametrize("length", ["-1", "1e9", "٣", "1, 2", "+5", "99999999999999999999"])
def test_a_length_that_is_none_is_refused(door, length):
    answer = door.raw(f"POST {CHAT} HTTP/1.1\r\nHost: HOST\r\nContent-Length: {length}\r\n\r\n".encode())
    assert answer.split()[1] in (b"400", b"413")


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", '"text"', "{'model': 'fake:'}", '{"model": "fake:"}', "\x00", "[" * 100_000,
        '{"model": NaN', '{"model": "fake:", "messages": "Hello"}', '{"model": "fake:", "messages": []}',
        '{"model": "fake:", "messages": [1]}', '{"model": "fake:", "messages": [{}]}',
        '{"model": "fake:", "messages": [{"role": "root", "content": "x"}]}',
        '{"model": "fake:", "messages": [{"role": "user"}]}',
        '{"model": "fake:", "messages": [{"role": "user", "content": {"a": 1}}]}',
        '{"model": "fake:", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}',
        '{"model": "fake:", "messages": [{"role": ["user"], "content": "x"}]}',
        '{"model": "fake:", "messages": [{"role": "assistant", "tool_calls": [{"id": 1}]}]}',
        '{"model": 1, "messages": [{"role": "user", "content": "x"}]}',
        '{"model": "", "messages": [{"role": "user", "content": "x"}]}',
    ],
)  # fmt: skip
def test_a_malformed_request_is_told_in_openais_shape(door, body):
    status, headers, text = door.post(CHAT, body)
    assert status in (400, 404, 422), text
    assert headers["Content-Type"] == "application/json"
    assert set(json.loads(text)["error"]) == {"message", "type", "param", "code"}


def test_bytes_that_are_no_text_are_refused(door):
    assert door("POST", CHAT, b'{"model": "\xff\xfe"}', **JSON)[0] == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_json_must_say_that_it_is_json(door, kind):
    assert door("POST", CHAT, QUESTION, Content_Type=kind)[0] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd", "/..%2f..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/js/../../app.py",
        "/....//....//etc/passwd", "/..\\..\\etc\\passwd", "//etc/passwd", "/js/%00", "/%c0%ae%c0%ae/etc/passwd",
        "/v1/models/../../../etc/passwd", "/api/sources/..%2f..%2fetc%2fpasswd", "/app.py", "/../app.py",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_page(door, path):
    status, _, text = door(path=path)
    assert status in (400, 403, 404, 405), text
    assert "root:" not in text
    assert "make_app" not in text


@pytest.mark.parametrize("path", ["/?token=%0d%0aSet-Cookie:%20a=b", "/v1/models/%0d%0aX-Injected:%20yes"])
def test_no_header_can_be_put_into_an_answer(door, path):
    _, headers, _ = door(path=path)
    assert "X-Injected" not in headers
    assert "Set-Cookie" not in headers


def test_a_name_with_a_line_end_is_only_told_as_text(door):
    body = json.dumps({"model": "x\r\nX-Injected: yes", "messages": [{"role": "user", "content": "x"}]})
    status, headers, _ = door.post(CHAT, body)
    assert status == 404
    assert "X-Injected" not in headers


def test_a_request_hidden_in_another_is_refused(door):
    answer = door.raw(
        b"POST /health HTTP/1.1\r\nHost: HOST\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x"
    )
    assert answer.split()[1] in (b"400", b"405")
    assert answer.count(b"HTTP/1.1 200") == 0


def test_there_is_no_websocket(door):
    status = door(
        path="/api/ask", Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==",
    )[0]  # fmt: skip
    assert status in (400, 403, 404, 405)


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PROPFIND"])
def test_other_methods_are_refused(door, method):
    assert door(method, "/health")[0] in (400, 404, 405)


# Answers and log


@pytest.mark.parametrize("path", ["/health", "/v1/models", "/nothing", "/"])
def test_every_answer_carries_the_headers(door, path):
    headers = door(path=path)[1]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Server" not in headers


def test_answers_are_not_kept_by_anyone(door):
    assert door(path="/v1/models")[1]["Cache-Control"] == "no-store"


def test_a_refusal_speaks_the_readers_language(door):
    text = door(Host="evil.example", Accept_Language="ko-KR,ko;q=0.9,en;q=0.5")[2]
    assert "이 서버" in text


def test_the_log_tells_the_route_and_not_what_was_asked(door, caplog):
    with caplog.at_level(logging.INFO, "ondol"):
        door.post(CHAT, QUESTION)
        door(path="/v1/models/secret-name?q=secret")
    lines = [record.getMessage() for record in caplog.records if record.name == "ondol.access"]
    assert [line.rpartition(" 2")[0] or line for line in lines]
    assert any(line.startswith(f"POST {CHAT} 200 ") for line in lines)
    assert "Hello" not in caplog.text
    assert "secret" not in caplog.text


def test_a_bug_is_told_without_its_words(stranger_settings, serve, caplog):
    engine, text_of_a_document = Engine(stranger_settings), "the secret"

    def fail(*_):
        raise RuntimeError(text_of_a_document)

    engine.embedder = fail
    with serve(engine) as address:
        told = httpx.post(f"{address}/v1/embeddings", json={"model": "ondol", "input": "a"})
    assert (told.status_code, told.json()["error"]["type"]) == (500, "server_error")
    assert "secret" not in told.text + caplog.text
    assert "RuntimeError" in caplog.text
