import gzip

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.web.fetch import Fetched, Unfetched
from ondol.ingest.web.sitemap import is_sitemap, read_sitemap

LIMIT = 1 << 20


def pages(found):
    return [page.url.rpartition("/")[2] for page in found if isinstance(page, Fetched)]


def reasons(found):
    return [row.reason for row in found if isinstance(row, Unfetched)]


def test_the_pages_of_a_sitemap_are_read_once_each_in_its_order(site, fetch):
    for name in "abc":
        site.put(f"/{name}", f"<p>{name}")
    site.put("/old", status=301, Location="/a")
    site.put_sitemap("/sitemap.xml", f"{site.url}/b", "/a", f"{site.url}/old", f"{site.url}/b#x", f"{site.url}/gone")
    found = fetch(f"{site.url}/sitemap.xml")
    assert pages(found) == ["b", "a"]
    assert [row.row for row in found if isinstance(row, Unfetched)] == [
        {"path": f"{site.url}/gone", "reason": "There is no such page (status 404)."}
    ]


def test_an_index_of_sitemaps_is_followed(site, fetch):
    site.put("/a", "<p>a")
    site.put("/b", "<p>b")
    site.put_sitemap("/index", f"{site.url}/one", f"{site.url}/two.xml.gz", f"{site.url}/index", index=True)
    site.put_sitemap("/one", f"{site.url}/a")
    site.put("/two.xml.gz", gzip.compress(f"<urlset><url><loc>{site.url}/b</loc></url></urlset>".encode()), kind="")
    assert pages(fetch(f"{site.url}/index", sitemap=True)) == ["a", "b"]
    assert pages(fetch(f"{site.url}/index")) == ["a", "b"]  # its content tells what it is


def test_a_host_names_its_sitemaps_in_robots_txt(site, fetch):
    site.put("/a", "<p>a")
    site.put_sitemap("/list.xml", f"{site.url}/a")
    site.put("/robots.txt", f"Sitemap: {site.url}/list.xml\nSitemap: javascript:x")
    assert pages(fetch(site.url, sitemap=True)) == ["a"]
    site.put("/robots.txt", "")
    site.put_sitemap("/sitemap.xml", f"{site.url}/a")
    assert pages(fetch(site.url, sitemap=True)) == ["a"]


def test_a_list_of_addresses_is_a_sitemap_too(site, fetch):
    site.put("/a", "<p>a")
    site.put("/sitemap.txt", f"\ufeff{site.url}/a\n", kind="text/plain")
    assert pages(fetch(f"{site.url}/sitemap.txt")) == ["a"]


def test_not_more_pages_are_read_than_wanted(site, fetch):
    for number in range(5):
        site.put(f"/{number}", "<p>text")
    site.put_sitemap("/sitemap.xml", *(f"{site.url}/{number}" for number in range(5)))
    found = fetch(f"{site.url}/sitemap.xml", max_pages=2)
    assert pages(found) == ["0", "1"]
    (row,) = (row for row in found if isinstance(row, Unfetched))
    assert row.left
    assert row.reason == "The sitemap lists more than 2 pages; the others were left out. --max-pages reads more."


def test_pages_of_other_hosts_are_left_out_unless_wanted(site, other_site, fetch, names):
    names["other.example"], names["www.site.example"] = ["127.0.0.1"], ["127.0.0.1"]
    names["site.example"] = ["127.0.0.1"]
    home, away = f"http://site.example:{site.port}", f"http://other.example:{other_site.port}"
    site.put("/a", "<p>a")
    site.put("/away", status=302, Location=f"{away}/b")
    other_site.put("/b", "<p>b")
    site.put_sitemap("/sitemap.xml", home.replace("//", "//www.") + "/a", f"{home}/away", f"{away}/b", f"{away}/c")
    found = fetch(f"{home}/sitemap.xml")
    assert pages(found) == ["a"]
    assert reasons(found) == [
        "2 pages of the host other.example were left out; --other-hosts reads them too.",
        f"The page leads to another host: {away}/b",
    ]
    assert other_site.asked == []
    assert pages(fetch(f"{home}/sitemap.xml", other_hosts=True)) == ["a", "b"]


def test_sitemaps_that_never_end_are_left(site, fetch):
    site.put("/a", "<p>a")
    for number in range(5):
        site.put_sitemap(f"/{number}", f"{site.url}/{number + 1}", index=True)
    found = fetch(f"{site.url}/0", sitemap=True)
    assert reasons(found) == ["The sitemap lies too deep, or is one of too many."]
    assert "/3" not in site.asked


BOMB = '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
FILE = '<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("text", [BOMB, FILE, "<!doctype urlset><urlset/>"])
def test_entities_are_refused(text, encoding):
    with pytest.raises(UnusableInput) as caught:
        read_sitemap(text.encode(encoding), LIMIT)
    assert caught.value.message == "The sitemap declares a document type or entities, which none needs."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "This is not a sitemap."),
        (b"hello", "This is not a sitemap."),
        (b"<html><body>404</body></html>", "This is not a sitemap."),
        (b"<urlset><url><loc>x", "The sitemap is damaged: "),
        (bytes(range(1, 200)), "This is not a sitemap."),
        (b"\x1f\x8b\x08broken", "The packed bytes are damaged."),
        (gzip.compress(b" " * (8 << 20)), "The sitemap is larger than 1 MB."),
        (b"<urlset>" * 500, "The sitemap is damaged: "),
    ],
)
def test_what_is_no_sitemap_is_told(data, reason):
    with pytest.raises(UnusableInput) as caught:
        read_sitemap(data, LIMIT)
    assert caught.value.message.startswith(reason)


def test_a_sitemap_with_pictures_and_prefixes_gives_its_pages():
    data = """<?xml version="1.0" encoding="EUC-KR"?>
    <s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/x">
    <!-- 주석 --><s:url><s:loc> https://example.com/가 </s:loc><image:image><image:loc>https://x/y.png</image:loc>
    </image:image></s:url><s:url/></s:urlset>""".encode("euc-kr")
    assert read_sitemap(data, LIMIT).pages == ["https://example.com/가"]


def test_a_sitemap_is_known_by_name_or_content():
    assert is_sitemap("/a/sitemap_pages-1.xml.gz", b"")
    assert not is_sitemap("/docs/about-sitemaps.html", b"")
    assert is_sitemap("/x", b'<?xml version="1.0"?><sitemapindex xmlns="y">')


def test_progress_counts_the_pages(site, fetch):
    site.put_sitemap("/sitemap.xml", f"{site.url}/a", f"{site.url}/b")
    told = []

    class Bar:
        def begin(self, *what):
            told.append(what)

        def advance(self, amount):
            told.append(amount)

        def note(self, line):
            pass

        def end(self):
            told.append("end")

    fetch(f"{site.url}/sitemap.xml", progress=Bar())
    assert told == [("Fetching", 2, "pages"), 1, 1, "end"]
