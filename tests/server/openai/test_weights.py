"""The default models behind OpenAI's protocol."""

import json

import httpx
import pytest

import ondol
from ondol.server.engine import Engine
from ondol.settings import Settings, default_home

pytestmark = [pytest.mark.weights, pytest.mark.slow]


@pytest.fixture
def address(tmp_path, documents, serve):
    home = tmp_path / "with models"
    home.mkdir()
    (home / "models").symlink_to(MODELS)
    settings = Settings(home=home)
    with ondol.assemble.open_library(settings=settings, create=True) as library:
        ondol.add_documents(library, [str(documents)])
    with serve(Engine(settings)) as at:
        yield at


MODELS = default_home() / "models"


@pytest.mark.parametrize(
    ("question", "quote"), [("When does the museum open?", "9:30"), ("방앗간 입장료는 얼마인가요?", "3,000원")]
)
def test_the_default_models_stream_a_cited_answer(address, question, quote):
    asked = {"model": "ondol", "messages": [{"role": "user", "content": question}], "stream": True}
    with httpx.stream("POST", f"{address}/v1/chat/completions", json=asked, timeout=300) as answer:
        rows = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: {")]
    assert "[1]" in "".join(row["choices"][0]["delta"].get("content", "") for row in rows)
    assert any(quote in row["quote"] for row in rows[-1]["citations"])
