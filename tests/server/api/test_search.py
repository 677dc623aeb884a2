import pytest


def search(client, **body):
    return client.post("/api/search", json=body)


def test_hits_tell_where_they_stand_and_why(client, filled):
    found = search(client, query="museum 박물관 opens", k=1).json()
    [hit] = found["hits"]
    assert (hit["rank"], hit["title"], hit["text"]) == (
        1,
        "museum",
        "The museum opens at 9:30. It closes at 18:00 on weekdays.",
    )
    assert hit["found_by"]
    assert "museum" in found["explain"]["terms"]["words"]
    assert found["ms"]["total"] > 0


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_every_mode_searches(client, filled, mode):
    assert search(client, query="입장료", mode=mode).json()["mode"] == mode


def test_filters_choose_sources(client, filled):
    def titles(**filters):
        return {hit["title"] for hit in search(client, query="opens", filters=filters).json()["hits"]}

    assert titles(language="ko") == titles(source="*.md") == titles(title=["!museum"]) == {"방앗간"}
    assert titles(since="2020", until="2199") == {"방앗간", "museum"}
    told = search(client, query="opens", filters={"tag": "trips"})
    assert (told.status_code, told.json()["error"]["message"]) == (404, "No source has the tag 'trips'.")


@pytest.mark.parametrize(
    "body",
    [
        {"query": ""}, {"query": "\0"}, {"query": "x", "k": 0}, {"query": "x", "k": 10**30},
        {"query": "x", "k": "many"},
        {"query": "x", "mode": "psychic"}, {"query": "x", "diversity": 7}, {"query": "x", "around": -1},
        {"query": "x" * 20_001}, {"query": "x", "filters": {"colour": "red"}}, {"query": ["x"]}, {},
        {"query": "x", "filters": {"since": "2024-99"}}, {"query": "x", "filters": {"since": "2025", "until": "2024"}},
        {"query": "x", "filters": {"source": " "}}, {"query": "x", "filters": {"source": ["!"]}},
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_a_mistake(client, filled, body):
    told = search(client, **body)
    assert told.status_code == 400 or body == {"query": "\0"}
    assert told.status_code < 500


@pytest.mark.parametrize(
    "query", ["\0museum", "*", '"', "'; DROP TABLE chunks; --", "[[[(((", "\ud83d", "𝕏" * 5000, "AND OR NOT"]
)
def test_strange_questions_are_searched_like_any_other(client, filled, query):
    import json

    body = json.dumps({"query": query, "mode": "hybrid"})
    assert client.post("/api/search", content=body.encode("utf-8", "surrogatepass")).status_code < 500


@pytest.mark.parametrize(
    "source", ["[", "[z-a]", "**/../**", "~", "~nobody-here", "/etc/*", "\0", "a" * 300, "*" * 300]
)
def test_strange_filters_are_no_fault_of_the_server(client, filled, source):
    assert search(client, query="x", filters={"source": source}).status_code in (200, 404)


def test_a_body_that_is_no_json_is_a_mistake(client, filled):
    for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"query": NaN}', b"null"):
        assert client.post("/api/search", content=body).status_code == 400
