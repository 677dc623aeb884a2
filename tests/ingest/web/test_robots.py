import time


def test_a_page_that_robots_txt_closes_is_not_asked_for(site, refused, fetch):
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/*.html$\nAllow: /", kind="text/plain")
    site.put("/private/a.html", "secret")
    site.put("/private/b", "<p>open")
    reason = refused(f"{site.url}/private/a.html")
    assert reason == f"The robots.txt of 127.0.0.1:{site.port} asks programs not to read this page."
    assert site.asked == ["/robots.txt"]
    assert fetch(f"{site.url}/private/b")[0].data == b"<p>open"


def test_rules_for_ondol_count_before_those_for_all(site, fetch, refused):
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: Ondol\nDisallow: /not")
    site.put("/yes", "<p>text")
    site.put("/not", "<p>text")
    assert fetch(f"{site.url}/yes")[0].data == b"<p>text"
    assert "robots.txt" in refused(f"{site.url}/not")


def test_korean_paths_are_closed_in_every_writing(site, refused):
    site.put("/robots.txt", "User-agent: *\nDisallow: /비밀".encode())
    assert "robots.txt" in refused(f"{site.url}/%EB%B9%84%EB%B0%80/a")


def test_a_redirect_to_a_closed_page_is_refused(site, refused):
    site.put("/robots.txt", "User-agent: *\nDisallow: /closed")
    site.put("/open", status=302, Location="/closed")
    assert "robots.txt" in refused(f"{site.url}/open")
    assert "/closed" not in site.asked


def test_where_there_is_no_robots_txt_everything_is_open(site, fetch):
    site.put("/", "<p>text")
    for status in (404, 403):
        site.put("/robots.txt", status=status)
        assert fetch(site.url)[0].data == b"<p>text"


def test_where_robots_txt_fails_nothing_is_read(site, refused):
    site.put("/robots.txt", status=503)
    assert refused(site.url) == (
        f"The robots.txt of 127.0.0.1:{site.port} cannot be read now (status 503), so nothing else is either."
    )


def test_a_robots_txt_counts_up_to_its_limit(site, fetch):
    site.put("/robots.txt", "#" * (600 << 10) + "\nUser-agent: *\nDisallow: /")
    site.put("/", "<p>text")
    assert fetch(site.url)[0].data == b"<p>text"


def test_robots_txt_is_fetched_once_and_redirected_with_the_guard(site, fetch, refused):
    site.put("/robots.txt", status=302, Location="http://169.254.169.254/robots.txt")
    assert "169.254.169.254" in refused(site.url)
    site.put("/robots.txt", "")
    site.put_sitemap("/sitemap.xml", *(f"{site.url}/{n}" for n in range(3)))
    site.asked.clear()
    fetch(f"{site.url}/sitemap.xml")
    assert site.asked.count("/robots.txt") == 1


def timed(site, fetch, **limits):
    site.put_sitemap("/sitemap.xml", f"{site.url}/a", f"{site.url}/b")
    started = time.monotonic()
    fetch(f"{site.url}/sitemap.xml", **limits)
    return time.monotonic() - started


def test_a_pause_is_kept_between_requests(site, fetch):
    assert timed(site, fetch, delay_s=0.2) >= 0.4


def test_a_crawl_delay_is_kept_up_to_a_bound(site, fetch):
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.3")
    assert timed(site, fetch) >= 0.6
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 86400")
    assert 0.4 <= timed(site, fetch, longest_delay_s=0.2) < 10
