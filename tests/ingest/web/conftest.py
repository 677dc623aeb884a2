"""A real web server in a thread, and a little DNS."""

import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ondol.ingest.web.fetch import Unfetched, fetch_pages
from ondol.ingest.web.limits import WebLimits


class Site:
    """`pages` maps a target, or what stands before its query, to (status, headers, body) or to a function that writes
    to the request by itself."""

    def __init__(self):
        self.pages, self.asked, self.heads = {}, [], []
        site = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append(self.path)
                site.heads.append({name.lower(): value for name, value in self.headers.items()})
                page = site.pages.get(self.path) or site.pages.get(self.path.partition("?")[0], (404, {}, b""))
                if callable(page):
                    page(self)
                    return
                status, headers, body = page
                self.send_response_only(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass  # a client that hangs up is what some tests are about

        self.server = Server(("127.0.0.1", 0), Answers)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def put(self, target, body=b"", *, status=200, kind="text/html", **headers):
        body = body.encode() if isinstance(body, str) else body
        typed = {"Content-Type": kind} if kind else {}
        self.pages[target] = status, typed | {name.replace("_", "-"): value for name, value in headers.items()}, body

    def put_sitemap(self, target, *urls, index=False):
        tag, root = ("sitemap", "sitemapindex") if index else ("url", "urlset")
        rows = "".join(f"<{tag}><loc>{url}</loc></{tag}>" for url in urls)
        text = f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'
        self.put(target, text, kind="application/xml")

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def other_site():
    site = Site()
    yield site
    site.close()


class Names(dict):
    """Hosts and their addresses; of a list of lists, one is the answer to each question."""

    def __init__(self):
        super().__init__()
        self.asked = Counter()

    def answer(self, host):
        self.asked[host] += 1
        found = self[host]
        if isinstance(found[0], list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


@pytest.fixture
def names(monkeypatch):
    """`names["wiki.example"] = ["127.0.0.1"]`."""
    names, real = Names(), socket.getaddrinfo

    def resolve(host, port, *args, **options):
        if host not in names:
            return real(host, port, *args, **options)
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in names.answer(host)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names


@pytest.fixture
def fetch():
    """All that `fetch_pages` gives, without pauses, from private addresses too unless told otherwise."""

    def run(url, *, sitemap=False, progress=None, **limits):
        limits = WebLimits(**{"delay_s": 0, "allow_private": True, **limits})
        return list(fetch_pages(url, limits=limits, sitemap=sitemap, progress=progress))

    return run


@pytest.fixture
def refused(fetch):
    """The reason why one address is not read."""

    def run(url, **options):
        (found,) = fetch(url, **options)
        assert isinstance(found, Unfetched), found
        return found.reason

    return run
