from urllib.parse import quote

import pytest


def test_collections_are_made_listed_thrown_away_and_taken_back(client, filled):
    name = "계약서/2026 <b>"
    made = client.post("/api/collections", json={"name": name})
    assert (made.status_code, made.json()["name"], made.json()["sources"]) == (201, name, 0)
    assert {row["name"] for row in client.get("/api/collections").json()["collections"]} == {"main", name}
    gone = client.delete(f"/api/collections/{quote(name, safe='')}").json()
    assert gone["collection"] == name
    listed = client.get("/api/collections").json()
    assert [row["name"] for row in listed["collections"]] == ["main"]
    assert [row["name"] for row in listed["deleted"]] == [name]
    assert client.post(f"/api/collections/{quote(name, safe='')}/restore").json() == {"collection": name}
    assert client.get("/api/collections").json()["deleted"] == []


def test_a_collection_that_is_open_can_be_thrown_away_and_taken_back(client, ids):
    client.post("/api/search", json={"query": "museum"})
    client.delete("/api/collections/main")
    assert client.post("/api/search", json={"query": "museum"}).status_code == 404
    client.post("/api/collections/main/restore")
    assert client.post("/api/search", json={"query": "museum"}).json()["hits"]


@pytest.mark.parametrize(("name", "status"), [("", 400), (" \n", 400), ("a\0b", 400), ("main", 400), ("x" * 301, 400)])
def test_a_name_that_cannot_be_one_is_refused(client, filled, name, status):
    assert client.post("/api/collections", json={"name": name}).status_code == status


def test_the_nearest_name_is_told(client, filled):
    told = client.delete("/api/collections/mian")
    assert (told.status_code, told.json()["error"]["hint"]) == (404, "Did you mean 'main'? Known: main.")
    assert client.post("/api/collections/mian/restore").status_code == 404
