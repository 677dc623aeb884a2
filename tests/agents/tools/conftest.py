"""A small web server, and names that lead where a test wants."""

import socket

import pytest

from tests.ingest.web.conftest import Site


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
