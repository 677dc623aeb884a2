import json
import time
from urllib.parse import quote

import pytest

import ondol
from ondol.ingest.records import RecordKeys


@pytest.fixture
def records(documents, tmp_path):
    """Document ids as other programs have them."""
    file = tmp_path / "rows.jsonl"
    file.write_text(
        '{"id": "wiki/물레방아?", "text": "물레방아는 물의 힘으로 돕니다.", "title": "<img src=x onerror=alert(1)>"}\n'
        '{"id": "a b/../c#d", "text": "The brook turns the wheel."}\n',
        encoding="utf-8",
    )
    with ondol.open_library(create=True) as library:
        ondol.add_documents(library, [str(file)], records=RecordKeys(id="id", text="text", title="title"))
    return ["wiki/물레방아?", "a b/../c#d"]


def path(document_id, rest=""):
    return f"/api/sources/{quote(document_id, safe='')}{rest}"


def test_sources_are_listed_page_by_page_and_found_by_their_words(client, ids):
    first = client.get("/api/sources?limit=1").json()
    assert (first["total"], len(first["sources"])) == (2, 1)
    assert first["sources"][0]["media_type"] == "text/markdown"
    rest = client.get("/api/sources?offset=1").json()["sources"]
    assert [row["source"].rpartition("/")[2] for row in rest] == ["museum.txt"]
    found = client.get("/api/sources", params={"q": "방앗간"}).json()
    assert [row["title"] for row in found["sources"]] == ["방앗간"]
    assert client.get("/api/sources?q=nothing+of+it").json() == {"total": 0, "sources": []}


def test_a_source_is_shown_with_its_chunks(client, ids, filled):
    shown = client.get(path(ids["mill.md"])).json()
    assert shown["text"] == (filled / "mill.md").read_text(encoding="utf-8")
    assert [shown["text"][row["start"] : row["end"]] for row in shown["chunks"]]
    assert shown["original"] is False


def test_ids_may_hold_anything_and_come_back_as_data(client, records):
    for name in records:
        shown = client.get(path(name))
        assert (shown.status_code, shown.json()["document_id"]) == (200, name)
        assert client.get(path(name, "/passage?start=0&end=3")).json()["document_id"] == name
    assert client.get(path(records[0])).json()["title"] == "<img src=x onerror=alert(1)>"
    assert shown.headers["content-type"] == "application/json"
    assert client.delete(path(records[0])).json()["removed"] == [records[0]]


ODD = [
    ".",
    "..",
    "-",
    "mill/passage",
    "mill/page/1.png",
    "mill",
    "/passage",
    "passage",
    "a+b&id=mill",
    "100%2F",
    "방앗간/",
]


@pytest.fixture
def odd_records(documents, tmp_path):
    """Document ids that could be taken for something else; the text of each is its number."""
    file = tmp_path / "odd.jsonl"
    rows = [{"id": name, "text": f"Number {number}."} for number, name in enumerate(ODD)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with ondol.open_library(create=True) as library:
        ondol.add_documents(library, [str(file)], records=RecordKeys(id="id", text="text", title=""))


def test_every_id_can_be_named_as_a_parameter(client, odd_records):
    for number, name in enumerate(ODD):
        shown = client.get("/api/source", params={"id": name}).json()
        assert (shown["document_id"], shown["text"]) == (name, f"Number {number}.")
        told = client.get("/api/source/passage", params={"id": name, "start": 0, "end": 3}).json()
        assert (told["document_id"], told["text"]) == (name, f"Number {number}.")
        picture = client.get("/api/source/page/1.png", params={"id": name})
        assert (picture.status_code, picture.json()["error"]["code"]) == (404, "not_found")
        assert client.delete("/api/source", params={"id": name}).json()["removed"] == [name]


def test_an_id_in_the_path_is_what_stands_between_slashes_as_they_were_sent(client, odd_records):
    for name in [name for name in ODD if name not in (".", "..")]:
        assert client.get(path(name)).json()["document_id"] == name
        assert client.get(path(name, "/passage?start=0&end=3&id=mill")).json()["document_id"] == name
    assert client.get("/api/sources/mill/passage?start=0&end=6").json()["document_id"] == "mill"
    assert client.get("/api/sources/방앗간/").json()["document_id"] == "방앗간/"


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "~root", "~nobody-here", "nul\0byte", ""])
def test_a_file_that_is_no_source_is_never_given(client, ids, name):
    for rest in ("", "/passage?start=0&end=1", "/page/1.png"):
        told = client.get(path(name, rest))
        assert told.status_code == 404
        assert "root:" not in told.text
    assert client.delete(path(name)).status_code == 404


def test_a_passage_is_a_slice_with_what_stands_around_it(client, ids):
    told = client.get(path(ids["museum.txt"], "/passage?start=26&end=57&around=6")).json()
    assert told["text"] == " 9:30. It closes at 18:00 on weekdays."[1:]
    assert (
        told["text"][told["start"] - told["begin"] : told["end"] - told["begin"]] == "It closes at 18:00 on weekdays."
    )
    assert told["page"] is None
    assert client.get(path(ids["mill.md"], "/passage?start=10&end=12")).json()["heading"] == "방앗간"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("start=5&end=2", 400), ("start=-1&end=2", 400), ("start=0&end=999999999999999999999", 400),
        ("start=500&end=501", 404), ("start=0&end=500", 404), ("start=x&end=2", 400), ("", 400),
        ("start=0&end=1&around=999999999", 400),
    ],
)  # fmt: skip
def test_a_passage_that_is_none_is_a_mistake(client, ids, query, status):
    assert client.get(path(ids["museum.txt"], f"/passage?{query}")).status_code == status


def test_what_is_removed_is_hidden_at_once_and_can_be_taken_back(client, ids):
    before = client.get(path(ids["museum.txt"])).json()
    gone = client.delete(path(ids["museum.txt"])).json()
    assert gone["removed"] == [ids["museum.txt"]]
    assert gone["until"] == pytest.approx(time.time() + 600, abs=30)
    assert client.get(path(ids["museum.txt"])).status_code == 404
    hits = client.post("/api/search", json={"query": "museum"}).json()["hits"]
    assert {hit["title"] for hit in hits} == {"방앗간"}
    back = client.post(f"/api/undo/{gone['undo']}").json()
    assert back == {"restored": [ids["museum.txt"]], "there": []}
    assert client.get(path(ids["museum.txt"])).json() == before
    assert client.post("/api/search", json={"query": "museum"}).json()["hits"][0]["document_id"] == ids["museum.txt"]
    assert client.post(f"/api/undo/{gone['undo']}").status_code == 404


def test_what_was_taken_back_is_known_as_before(client, engine, ids, filled):
    with engine.library() as library:
        library.tag([ids["museum.txt"]], ondol.library.tags.TagChange(add=["trips"]))
    gone = client.delete(path(ids["museum.txt"])).json()
    client.post(f"/api/undo/{gone['undo']}")
    with engine.library() as library:
        report = ondol.add_documents(library, [str(filled)])
        assert (report.unchanged, report.added) == (2, 0)
        assert library.verify() == []
    assert client.get(path(ids["museum.txt"])).json()["tags"] == ["trips"]


def test_a_source_that_was_added_again_stays_as_it_is(client, engine, ids, filled):
    gone = client.delete(path(ids["museum.txt"])).json()
    (filled / "museum.txt").write_text("The museum is closed.", encoding="utf-8")
    with engine.library() as library:
        ondol.add_documents(library, [str(filled / "museum.txt")])
    assert client.post(f"/api/undo/{gone['undo']}").json() == {"restored": [], "there": [ids["museum.txt"]]}
    assert client.get(path(ids["museum.txt"])).json()["text"] == "The museum is closed."


def test_a_text_that_is_too_long_to_be_kept_says_so(client, ids, monkeypatch):
    monkeypatch.setattr("ondol.server.api.sources.MOST_CHARACTERS", 10)
    gone = client.delete(path(ids["museum.txt"]), headers={"Accept-Language": "ko"}).json()
    assert (gone["undo"], gone["until"]) == (None, None)
    assert "파일을 다시 추가" in gone["note"]


def test_an_unknown_collection_is_told_with_the_nearest(client, ids):
    told = client.get("/api/sources?collection=mian")
    assert told.status_code == 404
    assert "Did you mean 'main'?" in told.json()["error"]["hint"]
