"""The whole application, to which files are sent as a stranger might."""

import pytest
from fastapi.testclient import TestClient

from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.settings import load_settings


@pytest.fixture
def engine(environment):
    with Engine(load_settings()) as opened:
        yield opened


@pytest.fixture
def client(engine):
    return TestClient(make_app(engine), base_url="http://127.0.0.1:8088", raise_server_exceptions=True)


@pytest.fixture
def uploads(engine):
    """The folder of everything that was uploaded."""
    return engine.settings.home / "uploads"


BOUNDARY = "----ondol"
END = b"------ondol--\r\n"


def _part(name, content, field="files"):
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="'.encode()
    raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    return head + raw + b'"\r\nContent-Type: application/octet-stream\r\n\r\n' + content + b"\r\n"


@pytest.fixture
def send(client):
    """POST files, (name, bytes) each, byte for byte; returns the response."""

    def post(*files, path="/api/uploads", tail=END, **headers):
        body = b"".join(_part(name, content) for name, content in files) + tail
        kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
        return client.post(path, content=body, headers={**kind, **headers})

    return post
