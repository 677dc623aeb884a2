import pytest
from fastapi.testclient import TestClient

from ondol.server.app import make_app
from ondol.server.engine import Engine
from ondol.settings import load_settings


@pytest.fixture
def engine(environment):
    with Engine(load_settings(), parallel=2) as opened:
        yield opened


@pytest.fixture
def client(engine):
    return TestClient(make_app(engine), base_url="http://127.0.0.1:8088", raise_server_exceptions=False)


@pytest.fixture
def chat(client):
    """`chat("Hello.", model="fake:")`: the answer's JSON."""

    def ask(text, **fields):
        messages = [{"role": "user", "content": text}] if isinstance(text, str) else text
        return client.post("/v1/chat/completions", json={"model": "fake:", "messages": messages, **fields}).json()

    return ask
