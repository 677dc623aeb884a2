import pytest

from ondol.agents.tools.web import make_fetch_page
from ondol.ingest.web.limits import WebLimits

PRIVATE = [
    "127.0.0.1", "localhost", "localhost.", "LOCALHOST", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1",
    "127.0.1", "0x7f.0.0.0x1", "017700000001", "127.8.9.10", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1",
    "0.0.0.0", "0", "[::]", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "[fd12::1]",
    "[fe80::1]", "[::7f00:1]", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]",
    "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "[2002:7f00:1::]",
]  # fmt: skip


@pytest.fixture
def read(site):
    """The tool as it is for a page of the site, which stands on this machine."""

    def run(target="/", *, limits=None, max_chars=6000, **args):
        tool = make_fetch_page(limits=limits or WebLimits(allow_private=True, delay_s=0), max_chars=max_chars)
        url = target if "://" in target else site.url + target
        return tool.invoke({"name": "fetch_page", "args": {"url": url, **args}, "id": "1", "type": "tool_call"})

    return run


def test_a_page_comes_as_a_passage_that_can_be_cited(site, read):
    site.put("/온돌".encode().decode("latin-1"))
    site.put("/%EC%98%A8%EB%8F%8C", "<title>온돌</title><script>bad()</script><h1>온돌</h1><p>바닥을 데운다.")
    message = read("/온돌")
    assert message.content.startswith(f"[1] {site.url}/온돌\n  ")
    assert "  바닥을 데운다." in message.content.splitlines()
    assert "bad()" not in message.content
    (hit,) = message.artifact
    assert (hit.metadata["source"], hit.metadata["title"], hit.metadata["mark"]) == (f"{site.url}/온돌", "온돌", 1)


def test_long_pages_are_read_piece_by_piece(site, read):
    site.put("/", "<p>" + "floor " * 100)
    assert read(max_chars=100).content.endswith("Go on with offset=100.)")
    assert "(Characters 500 to 599 of 599.)" in read(max_chars=100, offset=500).content


def test_documents_of_other_formats_are_read(site, read):
    site.put("/a.csv", "이름,급여\n김온,3500000\n", kind="text/csv; charset=utf-8")
    assert "김온" in read("/a.csv").content


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ({"status": 404}, "The server answers with status 404."),
        ({"status": 500}, "The server answers with status 500."),
        ({"body": b"x", "kind": "audio/mpeg"}, "The format .mp3 cannot be read."),
        ({"body": b"PK", "kind": "application/zip"}, "The format .zip cannot be read."),
        ({"body": "x" * (1 << 20 | 1)}, "The page is larger than 1 MB."),
        ({"status": 302, "Location": "file:///etc/passwd"}, "Only addresses with http:// or https:// can be read."),
    ],
)
def test_what_cannot_be_read_says_why(site, read, page, told):
    site.put("/", **page)
    message = read(limits=WebLimits(allow_private=True, delay_s=0, max_mb=1))
    assert (message.content, message.status) == (f"Error: {told}", "error")


def test_what_a_host_does_not_want_is_not_read(site, read):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private", kind="text/plain")
    site.put("/private/a", "<p>text")
    assert "asks programs not to read this page" in read("/private/a").content
    assert site.asked == ["/robots.txt"]


def test_a_sitemap_is_one_page_and_its_pages_are_not_read(site, read):
    body = f"<urlset><url><loc>{site.url}/a</loc></url><url><loc>{site.url}/b</loc></url></urlset>"
    site.put("/sitemap.xml", body, kind="application/xml")
    read("/sitemap.xml")
    assert site.asked == ["/robots.txt", "/sitemap.xml"]


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_read_in_any_spelling(site, host):
    site.put("/", "<p>secret")
    text = make_fetch_page().invoke({"url": f"http://{host}:{site.port}/"})
    assert text.startswith("Error: ")
    assert "secret" not in text
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:70/", "data:text/html,x", "javascript:alert(1)",
        "http://user:word@127.0.0.1/", "http://127.0.0.1:22/", "http://[::1%25lo]/", "http://[x/", "http://",
        "/etc/passwd", "x" * 9000,
        "http://exa mple.com\r\nHost: 127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://example.com@127.0.0.1/",
    ],
)  # fmt: skip
def test_other_schemes_and_odd_addresses_are_refused(url):
    assert make_fetch_page().invoke({"url": url}).startswith("Error: ")


def test_a_redirect_to_a_private_address_is_refused(site, names, monkeypatch):
    from ondol.ingest.web.connection import place_of

    names["outside.example"], names["inside.example"] = ["127.0.0.1"], ["10.0.0.1"]
    is_public = {"127.0.0.1"}  # this machine plays the internet
    monkeypatch.setattr(
        "ondol.ingest.web.connection.place_of", lambda ip: "public" if str(ip) in is_public else place_of(ip)
    )
    tool = make_fetch_page()
    for place in ("http://inside.example/keys", "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/"):
        site.put("/", status=302, Location=place)
        text = tool.invoke({"url": f"http://outside.example:{site.port}/"})
        assert text.endswith(" is no public host; only public pages are read."), text
    site.put("/robots.txt", status=302, Location="http://inside.example/robots.txt")
    assert "is no public host" in tool.invoke({"url": f"http://outside.example:{site.port}/"})


def test_a_name_that_changes_its_address_is_looked_at_again(site, names, monkeypatch):
    import socket

    def refuse(address, *rest, **more):
        tried.append(address)
        raise ConnectionRefusedError

    tried = []
    site.put("/", "<p>secret")
    names["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    monkeypatch.setattr(socket, "create_connection", refuse)
    tool = make_fetch_page()
    assert "refuses the connection" in tool.invoke({"url": f"http://rebind.example:{site.port}/"})
    assert tried == [("8.8.8.8", site.port)]
    assert tool.invoke({"url": f"http://rebind.example:{site.port}/"}) == (
        "Error: rebind.example is no public host; only public pages are read."
    )
    assert (len(tried), site.asked) == (1, [])
