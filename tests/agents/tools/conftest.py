"""A small web server, and names that lead where a test wants."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Site:
    """`pages` maps a target, or what stands before its query, to (status, headers, body)."""

    def __init__(self):
        self.pages, self.asked = {}, []
        site = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append(self.path)
                page = site.pages.get(self.path) or site.pages.get(self.path.partition("?")[0]) or (404, {}, b"")
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
                pass  # a client that hangs up

        self.server = Server(("127.0.0.1", 0), Answers)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def put(self, target, body="", *, status=200, kind="text/html; charset=utf-8", **headers):
        body = body.encode() if isinstance(body, str) else body
        self.pages[target] = status, {"Content-Type": kind, **headers}, body

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
def names(monkeypatch):
    """`names["wiki.example"] = ["127.0.0.1"]`; of several lists, the next one answers each question."""
    names, real = {}, socket.getaddrinfo

    def resolve(host, port, *args, **options):
        if host not in names or options.get("flags"):
            return real(host, port, *args, **options)
        found = names[host]
        if isinstance(found[0], list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return [(socket.AF_INET, 1, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return names
