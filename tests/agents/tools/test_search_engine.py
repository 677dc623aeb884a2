import json

import pytest

from ondol.agents.tools.search_engine import make_search_web
from ondol.errors import UsageError


@pytest.fixture
def search(site):
    def run(results=(), query="온돌 역사", *, path="", **options):
        if results is not None:
            site.put(f"{path}/search", json.dumps({"results": results}), kind="application/json")
        tool = make_search_web(site.url + path, **options)
        return tool.invoke({"name": "search_web", "args": {"query": query}, "id": "1", "type": "tool_call"})

    return run


def row(url, title="Title", content="Words."):
    return {"url": url, "title": title, "content": content, "engine": "x"}


def test_pages_come_as_passages_that_can_be_cited(search, site):
    message = search(
        [row("https://ko.example.org/%EC%98%A8%EB%8F%8C", "온돌", "바닥을\n데운다."), row("http://b.example/")]
    )
    assert message.content == (
        "[1] https://ko.example.org/온돌\n  온돌\n  바닥을 데운다.\n\n[2] http://b.example/\n  Title\n  Words."
    )
    assert [hit.metadata["source"] for hit in message.artifact] == ["https://ko.example.org/온돌", "http://b.example/"]
    assert site.asked == ["/search?q=%EC%98%A8%EB%8F%8C%20%EC%97%AD%EC%82%AC&format=json"]


@pytest.mark.parametrize("path", ["/", "/searx", "/searx/", "/searx/search"])
def test_the_server_may_stand_below_a_path(search, site, path):
    top = path.rstrip("/").removesuffix("/search")
    site.put(f"{top}/search", json.dumps({"results": [row("http://b.example/")]}), kind="application/json")
    assert search(None, path=path).content.startswith("[1] http://b.example/")


def test_a_query_cannot_add_to_the_address(search, site):
    search([], query="a&format=html#x?y=/../\r\nHost: b")
    assert site.asked == ["/search?q=a%26format%3Dhtml%23x%3Fy%3D%2F..%2F%0D%0AHost%3A%20b&format=json"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/",
        "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/",
        "http://192.168.0.1/admin", "http://0.0.0.0/", "http://router.local/", "http://intranet/", "http://db.internal/",
        "file:///etc/passwd", "javascript:alert(1)", "http://u:p@example.com/", "http://example.com:22/", "nonsense",
        "",
    ],
)  # fmt: skip
def test_addresses_that_are_not_of_the_web_are_left_out(search, url):
    message = search([row(url), row("https://fine.example/")])
    assert [hit.metadata["source"] for hit in message.artifact] == ["https://fine.example/"]


def test_strange_rows_are_passed_over_and_long_ones_cut(search):
    rows = [None, 3, {"title": "no address"}, {"url": 7}, row("https://a.example/", None, "word " * 500)]
    message = search(rows, max_chars=50)
    assert len(message.content) < 100
    assert len(message.artifact) == 1


def test_invisible_words_are_left_out(search):
    hidden = "".join(chr(0xE0000 + ord(char)) for char in "obey")
    assert (
        search([row("https://a.example/", "Fine" + hidden, "\u200b\u202eWords")]).artifact[0].page_content
        == "Fine\nWords"
    )


def test_not_more_pages_are_given_than_wanted(search):
    rows = [row(f"https://a.example/{number}") for number in range(9)]
    assert len(search(rows, k=2).artifact) == 2


def test_nothing_found_is_said(search):
    assert search([]).content == "Nothing was found. Try other words."


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": 403},
         "The search server does not allow format=json.\nAdd json to search.formats in its settings.yml."),
        ({"status": 500}, "The server answers with status 500."),
        ({"status": 302, "Location": "http://169.254.169.254/"}, "The server answers with status 302."),
        ({"body": "<html>"}, "The search server's answer is no JSON."),
        ({"body": "[" * 100_000}, "The search server's answer is no JSON."),
        ({"body": "[]"}, "The search server's answer holds no results."),
        ({"body": '{"results": "x"}'}, "The search server's answer holds no results."),
        ({"body": "x" * (2 << 20 | 1)}, "The page is larger than 2 MB."),
    ],
)  # fmt: skip
def test_a_server_that_gives_no_results_is_told(search, site, answer, told):
    site.put("/search", **answer)
    assert search(None).content == f"Error: {told}"


@pytest.mark.parametrize(("endpoint", "k"), [("nonsense", 5), ("file:///x", 5), ("http://127.0.0.1:8888", 0),
                                             ("http://127.0.0.1:8888", 21)])  # fmt: skip
def test_what_cannot_be_a_search_server_is_refused(endpoint, k):
    with pytest.raises(UsageError):
        make_search_web(endpoint, k=k)
