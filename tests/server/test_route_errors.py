import json

import pytest

KO = {"Accept-Language": "ko"}


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/nothing", "/api/nothing", "/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_address_that_nobody_serves_is_not_found(door, method, path):
    status, _, text = door(method, path)
    assert status == 404
    assert "nothing at this address" in text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/chat/completions", "POST"), ("DELETE", "/v1/chat/completions", "POST"),
        ("PUT", "/api/ask", "POST"), ("PUT", "/api/settings", "GET, PATCH"), ("POST", "/v1/models/ondol/main", "GET"),
    ],
)  # fmt: skip
def test_another_method_is_told_with_those_that_fit(door, method, path, allowed):
    status, headers, text = door(method, path)
    assert (status, headers["Allow"]) == (405, allowed)
    assert f"takes {allowed} only" in text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"question": "x", "what": 1}', "what: 알 수 없는 항목입니다"), ("{}", "question: 빠져 있습니다"),
        (json.dumps({"question": "x" * 20_001}), "question: 20000자보다 깁니다"),
        ('{"question": 1}', "텍스트가 아닙니다"), ('{"question": "x", "k": 0}', "k: 1보다 작습니다"),
        ('{"question": "x", "k": 999}', "k: 200보다 큽니다"),
        ("{", "JSON이 아닙니다"),
        ("[" * 100_000, "읽을 수 있는 JSON이 아닙니다"), ('{"question": "\\ud800"}', "반쪽 글자"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_korean(door, body, told):
    status, _, text = door.post("/api/ask", body, **KO)
    assert status == 400
    assert told in json.loads(text)["error"]["message"]


def test_json_without_its_type_is_told_with_the_way_out(door):
    status, _, text = door("POST", "/v1/chat/completions", '{"model": "fake:"}')
    assert status == 400
    assert "Content-Type: application/json" in json.loads(text)["error"]["message"]


def test_many_problems_are_told_in_part(door):
    fields = {f"{'x' * 500}{i}": 1 for i in range(1000)}
    text = door.post("/api/ask", json.dumps({"question": "x", **fields}))[2]
    assert len(text) < 1000
