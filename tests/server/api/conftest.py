"""The whole application over a small collection, called in this process."""

import json

import pytest
from fastapi.testclient import TestClient

from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.settings import load_settings

HERE = "http://127.0.0.1:8088"


@pytest.fixture
def engine(environment):
    with Engine(load_settings(), parallel=2) as opened:
        yield opened


@pytest.fixture
def client(engine):
    return TestClient(make_app(engine), base_url=HERE, raise_server_exceptions=False)


@pytest.fixture
def ids(client, filled):
    """File name → document id."""
    rows = client.get("/api/sources").json()["sources"]
    return {row["source"].rpartition("/")[2]: row["document_id"] for row in rows}


def read_events(text):
    """Server-sent events as (name, data)."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines()) for block in text.split("\n\n") if block]
    return [(block["event"], json.loads(block["data"])) for block in blocks]
