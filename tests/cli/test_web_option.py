"""`ask --web`: pages beside the documents, or instead of them; nothing is fetched without it."""

import json
import runpy
from pathlib import Path

import pytest

from ondol.ingest.web.connection import place_of

tools = runpy.run_path(str(Path(__file__).parents[1] / "agents" / "tools" / "conftest.py"))
site, names = tools["site"], tools["names"]
PAGE = "<title>Ferry</title><p>The ferry to Orr island leaves at 7:15 from the old pier.</p>"
QUESTION = "When does the ferry to Orr island leave?"


@pytest.fixture
def page(site, names, monkeypatch):
    """The address of a page that the search server finds; this machine plays the web."""
    names["pages.example"] = ["127.0.0.1"]
    monkeypatch.setattr(
        "ondol.ingest.web.connection.place_of", lambda ip: "public" if str(ip) == "127.0.0.1" else place_of(ip)
    )
    url = f"http://pages.example:{site.port}/ferry"
    site.put("/ferry", PAGE)
    site.put("/search", json.dumps({"results": [{"url": url, "title": "Ferry"}]}), kind="application/json")
    return url


def test_pages_are_sources_beside_the_documents(ondol, filled, site, page):
    answer = ondol("ask", QUESTION, "--web", site.url, "--json").json
    assert [row["source"] for row in answer["citations"]] == [page]
    assert "7:15" in answer["answer"]
    assert {Path(row["source"]).name for row in answer["hits"]} == {"ferry", "museum.txt", "mill.md"}
    ran = ondol("ask", "When does the museum open?", "--web", site.url)
    assert "9:30" in ran.out
    assert "[1] docs/museum.txt" in ran.out


def test_the_web_alone_answers_without_documents(ondol, site, page):
    ran = ondol("ask", QUESTION, "--web", site.url, "--no-docs")
    assert (ran.code, ran.err) == (0, "")
    assert f"[1] {page}" in ran.out


def test_nothing_is_fetched_without_the_option(ondol, filled, site, page):
    assert ondol("ask", QUESTION, "--json").json["citations"] == []
    assert site.asked == []


def test_what_is_no_search_server_is_told(ondol, filled, site):
    ran = ondol("ask", QUESTION, "--web", "nonsense")
    assert (ran.code, ran.err.splitlines()[0]) == (
        2, "'nonsense' is no address of a search server: Only addresses with http:// or https:// can be read.",
    )  # fmt: skip
    site.put("/search", status=403)
    ran = ondol("ask", QUESTION, "--web", site.url)
    assert (ran.code, ran.out) == (6, "")
    assert ran.err.startswith("The search server does not allow format=json.\n  → Add json to search.formats")


def test_offline_means_offline(ondol, filled, site, page, monkeypatch):
    monkeypatch.setenv("ONDOL_OFFLINE", "1")
    ran = ondol("ask", QUESTION, "--web", site.url)
    assert ran.code == 6
    assert ran.err.startswith("--web needs the network and ondol is offline.")
    assert site.asked == []
