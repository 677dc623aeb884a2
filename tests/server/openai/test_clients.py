"""Programs that people use, as they are, over a real connection."""

import os
import subprocess
import sys
from pathlib import Path

import openai
import pytest

import ondol
from ondol.server.engine import Engine
from ondol.server.security import Access
from ondol.settings import load_settings

TOKEN = "a-token-long-enough"
QUESTION = "When does the museum open?"


@pytest.fixture
def address(filled, serve):
    with serve(Engine(load_settings()), Access(token=TOKEN)) as at:
        yield f"{at}/v1"


@pytest.fixture
def client(address):
    with openai.OpenAI(base_url=address, api_key=TOKEN, max_retries=0) as opened:
        yield opened


def test_openais_client_streams_a_cited_answer(client):
    messages = [{"role": "user", "content": QUESTION}]
    chunks = list(client.chat.completions.create(model="ondol", messages=messages, stream=True))
    assert "[1]" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].citations[0]["source"].endswith("museum.txt")


def test_openais_client_reads_a_whole_answer(client):
    answer = client.chat.completions.create(model="ondol", messages=[{"role": "user", "content": QUESTION}])
    assert answer.choices[0].message.citations[0]["mark"] == 1
    assert answer.usage.total_tokens > 0


def test_openais_client_embeds(client):
    found = client.embeddings.create(model="ondol", input=["museum", "mill"])
    assert len(found.data) == 2
    assert isinstance(found.data[0].embedding[0], float)


def test_openais_client_lists_models(client):
    assert "ondol" in [model.id for model in client.models.list()]


def test_openais_client_completes(client):
    assert client.completions.create(model="fake:", prompt="Once. Then").choices[0].text == "Once."


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"model": "none"}, openai.NotFoundError), ({"n": 2}, openai.BadRequestError),
        ({"extra_headers": {"Origin": "https://evil.example"}}, openai.PermissionDeniedError),
        ({"extra_headers": {"Authorization": "Bearer wrong"}}, openai.AuthenticationError),
    ],
)  # fmt: skip
def test_openais_client_knows_our_mistakes(client, fields, kind):
    asked = {"model": "ondol", "messages": [{"role": "user", "content": QUESTION}], **fields}
    with pytest.raises(kind):
        client.chat.completions.create(**asked)


def test_langchain_streams_a_cited_answer(address):
    langchain_openai = pytest.importorskip("langchain_openai")
    model = langchain_openai.ChatOpenAI(model="ondol", base_url=address, api_key=TOKEN)
    assert "[1]" in "".join(chunk.text for chunk in model.stream(QUESTION))


def test_ondols_own_client_streams_from_another_ondol(address, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with ondol.open_model("openai:fake:") as model:
        assert model.invoke("Hello there. And more.").text == "Hello there."


def test_llm_streams_a_cited_answer(address, tmp_path):
    program = Path(sys.executable).with_name("llm")
    if not program.exists():
        pytest.skip("llm is not installed")
    home = tmp_path / "llm"
    home.mkdir()
    rows = f"- model_id: my-documents\n  model_name: ondol\n  api_base: {address}\n  api_key_name: ondol\n"
    (home / "extra-openai-models.yaml").write_text(rows)
    (home / "keys.json").write_text(f'{{"ondol": "{TOKEN}"}}')
    done = subprocess.run(
        [program, "-m", "my-documents", QUESTION], env={**os.environ, "LLM_USER_PATH": str(home)},
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[1]" in done.stdout
