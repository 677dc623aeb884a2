import gzip
import time
import zlib

import pytest

from ondol.errors import UsageError
from ondol.ingest.parse import parse_bytes
from ondol.ingest.web.fetch import Fetched, NotModified, fetch_pages
from ondol.ingest.web.limits import WebLimits


def test_a_page_is_fetched_with_what_the_server_tells(site, fetch):
    site.put("/문서/온돌.html".encode().decode("latin-1"), "")
    site.put("/%EB%AC%B8%EC%84%9C?a=1", "<title>온돌</title><p>바닥을 데운다.", kind="text/html; charset=utf-8",
             ETag='"7"', Last_Modified="Fri, 17 May 2024 09:00:00 GMT")  # fmt: skip
    (page,) = fetch(f"{site.url}/문서?a=1#top")
    assert (page.url, page.address) == (f"{site.url}/문서?a=1", f"{site.url}/%EB%AC%B8%EC%84%9C?a=1")
    assert (page.name, page.suffix, page.media_type) == ("문서", ".html", "text/html")
    assert (page.etag, page.last_modified, page.day) == ('"7"', "Fri, 17 May 2024 09:00:00 GMT", "2024-05-17")
    assert site.heads[-1]["user-agent"].startswith("ondol/")
    assert site.heads[-1]["user-agent"].endswith(" (+local document reader)")


def test_a_fetched_page_can_be_parsed(site, fetch, tmp_path):
    site.put("/a", "<title>온돌</title><p>바닥을 데운다.".encode("euc-kr"), kind="text/html; charset=EUC-KR")
    (page,) = fetch(f"{site.url}/a")
    parsed = parse_bytes(page.data, tmp_path / f"{page.name}{page.suffix}")
    assert (parsed.title, parsed.text) == ("온돌", "바닥을 데운다.")


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("euc-kr", "<meta charset=utf-8><p>한글".encode("cp949"), "한글"),  # the header wins
        ("utf-16le", "<p>한글".encode("utf-16-le"), "한글"),
        ("iso-8859-1", "<p>한글".encode(), "한글"),
        ("iso-8859-1", "<meta charset=euc-kr><p>한글".encode("cp949"), "한글"),
        ("iso-8859-1", "<p>café".encode("latin-1"), "café"),
        ("shift_jis", "<p>日本".encode("shift_jis"), "日本"),
        ("no-such-one", "<p>한글".encode(), "한글"),
        ("utf-8", "<p>한글".encode("cp949"), "한글"),  # the header errs
        ("euc-kr", b"\xef\xbb\xbf" + "<p>한글".encode(), "한글"),
    ],
)
def test_letters_are_read_as_the_server_says(site, fetch, tmp_path, charset, body, text):
    site.put("/", body, kind=f'text/html; charset="{charset}"')
    (page,) = fetch(site.url)
    assert parse_bytes(page.data, tmp_path / "a.html").text == text


@pytest.mark.parametrize(
    ("target", "kind", "disposition", "suffix", "name"),
    [
        ("/a.pdf", "application/pdf", "", ".pdf", "a"),
        ("/get?id=3", "application/octet-stream", 'attachment; filename="plan.docx"', ".docx", "plan"),
        ("/get", "application/octet-stream", "attachment; filename*=UTF-8''%ED%95%9C%EA%B8%80.txt", ".txt", "한글"),
        ("/get", "application/download", 'filename="%ED%95%9C.md"', ".md", "한"),
        (
            "/get",
            "application/download",
            'filename="' + "규정.txt".encode("cp949").decode("latin-1") + '"',
            ".txt",
            "규정",
        ),
        ("/get", "application/download", 'filename="..\\..\\etc/passwd.txt"', ".txt", "passwd"),
        ("/notes.md", "text/plain", "", ".md", "notes"),
        ("/notes", "text/plain; charset=utf-8", "", ".txt", "notes"),
        ("/rows.csv", "text/csv", "", ".csv", "rows"),
        ("/x.pdf", "text/html", "", ".html", "x"),
        ("/", "application/xhtml+xml", "", ".html", "127.0.0.1"),
        ("/raw", "", "", ".html", "raw"),
    ],
)
def test_the_format_is_found(site, fetch, target, kind, disposition, suffix, name):
    more = {"Content_Disposition": disposition} if disposition else {}
    site.put(target, "<html><p>text", kind=kind, **more)
    (page,) = fetch(site.url + target)
    assert (page.suffix, page.name) == (suffix, name)


@pytest.mark.parametrize("kind", ["video/mp4", "application/x-shockwave-flash", "font/woff2", "text/css"])
def test_other_formats_are_refused_before_they_are_loaded(site, refused, kind):
    def endless(request):
        request.send_response_only(200)
        request.send_header("Content-Type", kind)
        request.end_headers()  # and never a body

    site.pages["/"] = endless
    assert refused(site.url, read_s=5) == f"The format {kind} cannot be read."


def test_bytes_of_no_format_are_refused(site, refused):
    site.put("/", b"\x00\x01\x02", kind="application/octet-stream")
    assert refused(site.url) == "The server does not tell the format of this page (application/octet-stream)."


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (404, "There is no such page (status 404)."),
        (410, "There is no such page (status 410)."),
        (401, "The server does not let everybody read this page (status 401)."),
        (403, "The server does not let everybody read this page (status 403)."),
        (429, "The server is asked too often (status 429); try again later."),
        (500, "The server answers with status 500."),
        (204, "The server answers with status 204."),
    ],
)
def test_a_server_that_says_no_is_told(site, refused, status, reason):
    site.put("/", status=status)
    assert refused(site.url) == reason


def test_redirects_are_followed_to_the_last_page(site, fetch):
    for hop in range(5):
        site.put(f"/{hop}", status=(301, 302, 303, 307, 308)[hop], Location=f"/{hop + 1}#there")
    site.put("/5", "<p>end")
    assert fetch(f"{site.url}/0")[0].url == f"{site.url}/5"
    assert [target for target in site.asked if target != "/robots.txt"] == [f"/{hop}" for hop in range(6)]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/", "The page leads on more than 5 times."),
        ("file:///etc/passwd", "Only addresses with http:// or https:// can be read."),
        ("http://u:p@127.0.0.1/", "The address holds a user name or a password; leave it out."),
        ("http://127.0.0.1:22/", "Port 22 is not one of web pages."),
        ("http://[x/", "This is not written like a web address."),
    ],
)
def test_a_redirect_that_leads_astray_is_refused(site, refused, location, reason):
    site.put("/", status=302, Location=location)
    assert refused(site.url) == reason


def test_a_redirect_in_raw_korean_bytes_is_followed(site, fetch):
    site.put("/", status=302, Location="/한글".encode().decode("latin-1"))
    site.put("/%ED%95%9C%EA%B8%80", "<p>text")
    assert fetch(site.url)[0].url == f"{site.url}/한글"


def test_a_page_that_is_too_large_is_refused_at_its_length_or_when_it_grows(site, refused):
    def endless(request):
        request.send_response_only(200)
        request.send_header("Content-Type", "text/plain")
        request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")

    site.pages["/endless"] = endless
    site.put("/long", b"", kind="text/plain", Content_Length=str(2 << 20))
    assert refused(f"{site.url}/endless", max_mb=1) == "The page is larger than 1 MB."
    assert refused(f"{site.url}/long", max_mb=1) == "The page is larger than 1 MB."


def test_packed_pages_are_unpacked(site, fetch):
    packed = gzip.compress(b"<p>one ") + gzip.compress(b"two") + b"\0" * 10
    site.put("/gzip", packed, Content_Encoding="gzip")
    site.put("/zlib", zlib.compress(b"<p>one two"), Content_Encoding="deflate")
    site.put("/zeros", gzip.compress(b"<p>" + b"a" * (1 << 16)), Content_Encoding="gzip")
    assert fetch(f"{site.url}/gzip")[0].data == fetch(f"{site.url}/zlib")[0].data == b"<p>one two"
    assert len(fetch(f"{site.url}/zeros")[0].data) == (1 << 16) + 3


def test_a_packed_bomb_does_not_go_off(site, refused):
    bomb = gzip.compress(b"a" * (64 << 20))
    site.put("/", bomb, Content_Encoding="gzip")
    assert refused(site.url, max_mb=1) == "The page is larger than 1 MB."


@pytest.mark.parametrize(
    ("packing", "body", "reason"),
    [
        ("gzip", b"no gzip at all", "The packed bytes are damaged."),
        ("gzip", gzip.compress(b"text" * 99)[:-12], "The packed bytes are damaged."),
        ("gzip", b"", "The packed bytes are damaged."),
        ("br", b"x", "The server packs the page as br, which it was not asked for."),
        ("gzip, gzip", b"x", "The server packs the page as gzip, gzip, which it was not asked for."),
    ],
)
def test_packing_that_cannot_be_undone_is_told(site, refused, packing, body, reason):
    site.put("/", body, Content_Encoding=packing)
    assert refused(site.url) == reason


def trickle(request):
    """A byte every 50 ms, headers first: never silent, never done."""
    try:
        for char in b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: " + b"x" * 200:
            request.wfile.write(bytes([char]))
            request.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


def test_a_server_that_trickles_is_left(site, refused):
    site.pages["/"] = trickle
    site.put("/robots.txt")
    started = time.monotonic()
    assert refused(site.url, total_s=0.3) == "The page took longer than 0.3 seconds."
    assert time.monotonic() - started < 3


def test_a_silent_server_is_left(site, refused):
    site.pages["/"] = lambda request: time.sleep(1)
    assert refused(site.url, read_s=0.2) == "127.0.0.1 did not answer within 0.2 seconds."


def test_a_server_that_breaks_off_or_speaks_nonsense_is_told(site, refused):
    site.pages["/nonsense"] = lambda request: request.wfile.write(b"\x00\x01 hello\r\n\r\n")
    site.put("/short", b"abc", kind="text/plain", Content_Length="100", Connection="close")
    for target in ("/nonsense", "/short"):
        assert refused(site.url + target).startswith("127.0.0.1 broke off, or does not speak HTTP: ")


def test_an_address_that_is_none_is_told(refused):
    assert refused("ftp://example.com") == "Only addresses with http:// or https:// can be read."


def test_a_password_in_an_address_is_not_told(fetch):
    (found,) = fetch("https://me:secret@example.com/a")
    assert found.row == {
        "path": "https://example.com/a", "reason": "The address holds a user name or a password; leave it out.",
    }  # fmt: skip


def test_a_page_that_is_as_it_was_is_not_sent_again(site):
    def page(request):
        same = request.headers.get("If-None-Match") == '"7"' and request.headers.get("If-Modified-Since") == "Friday"
        request.send_response_only(304 if same else 200)
        request.send_header("Content-Length", "0" if same else "5")
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        request.wfile.write(b"" if same else b"<p>ab")

    site.pages["/%EC%A7%91"] = page
    site.put("/", status=302, Location="/%EC%A7%91")
    known = {f"{site.url}/집": ('"7"', "Friday")}
    limits = WebLimits(allow_private=True, delay_s=0)
    found = [*fetch_pages(site.url, limits=limits, known=lambda url: known.get(url, ("", "")))]
    assert found == [NotModified(f"{site.url}/집")]
    (fresh,) = fetch_pages(site.url, limits=limits, known=lambda url: ("", ""))
    assert fresh.data == b"<p>ab"


def test_limits_that_allow_nothing_are_refused():
    for limits in ({"max_pages": 0}, {"total_s": 0}, {"redirects": -1}):
        with pytest.raises(UsageError):
            WebLimits(**limits)


def test_reasons_are_korean_for_koreans(site, fetch, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    found = fetch(f"{site.url}/gone")
    assert not isinstance(found[0], Fetched)
    assert found[0].row["path"] == f"{site.url}/gone"
