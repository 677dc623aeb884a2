import json

import pytest

from ondol.errors import BackendError, UsageError
from ondol.ingest.web.search_engine import SearchEngine


def test_results_come_in_the_order_of_the_server_without_private_ones(site):
    rows = [
        {"url": "https://a.example/%EC%98%A8", "title": " 온돌\n방 ", "content": "바닥을 데운다."},
        {"url": "http://10.0.0.1/keys", "title": "x", "content": "y"},
        {"url": "https://b.example/", "title": None},
    ]
    site.put("/search?q=a%20b&format=json", json.dumps({"results": rows}), kind="application/json")
    found = SearchEngine(site.url).search("a b")
    assert [(row.address.shown, row.title, row.excerpt) for row in found] == [
        ("https://a.example/온", "온돌 방", "바닥을 데운다."), ("https://b.example/", "", ""),
    ]  # fmt: skip


def test_a_server_that_does_not_allow_json_says_what_to_change(site):
    site.put("/search?q=a&format=json", status=403)
    with pytest.raises(BackendError, match=r"does not allow format=json\.\n  → Add json to search\.formats"):
        SearchEngine(site.url).search("a")


def test_what_is_no_address_is_refused_before_anything_is_sent():
    with pytest.raises(UsageError, match="'nonsense' is no address of a search server"):
        SearchEngine("nonsense")
