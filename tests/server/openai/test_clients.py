"""Programs that people use, as they are, over a real connection."""

import os
import subprocess
import sys
import time
from functools import reduce
from operator import add
from pathlib import Path

import anyio
import openai
import pytest
from langchain_core.messages import AIMessageChunk
from pydantic import BaseModel

import ondol
from ondol.models.fake import FakeChat
from ondol.server.engine import Engine
from ondol.server.errors import Busy
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


def ask_messages(text=QUESTION):
    return [{"role": "user", "content": text}]


def test_openais_async_client_streams_a_cited_answer(address):
    async def work():
        async with openai.AsyncOpenAI(base_url=address, api_key=TOKEN, max_retries=0) as client:
            stream = await client.chat.completions.create(model="ondol", messages=ask_messages(), stream=True)
            return [chunk async for chunk in stream]

    chunks = anyio.run(work)
    assert "[1]" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert chunks[-1].citations[0]["quote"] == "The museum opens at 9:30."


def test_openais_client_is_told_what_was_used_at_the_end_of_a_stream(client):
    options = {"include_usage": True}
    *_, last = client.chat.completions.create(
        model="fake:", messages=ask_messages("One. Two."), stream=True, stream_options=options
    )
    assert last.choices == []
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens > 0


def test_openais_client_reads_base64_as_the_same_numbers(client):
    """Without a format it asks for base64 and unpacks that."""
    packed, plain = (
        client.embeddings.create(model="ondol", input=["museum", "방앗간"], **form).data
        for form in ({}, {"encoding_format": "float"})
    )
    assert [row.embedding for row in packed] == [pytest.approx(row.embedding) for row in plain]


@pytest.mark.parametrize("name", ["ondol", "ondol/main", "fake:"])
def test_openais_client_gets_one_model(client, name):
    assert client.models.retrieve(name).id == name


def test_openais_client_is_told_that_there_is_no_responses_api(client):
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="ondol", input=QUESTION)


def test_openais_client_comes_back_when_it_is_told_to(filled, serve, monkeypatch):
    engine, refused = Engine(load_settings()), []
    run = engine.queue.run

    def busy_once(client, work):
        if not refused:
            refused.append(time.monotonic())
            raise Busy("Too many questions are waiting.", retry_after_s=2)
        return run(client, work)

    monkeypatch.setattr(engine.queue, "run", busy_once)
    with serve(engine) as at, openai.OpenAI(base_url=f"{at}/v1", api_key="none", max_retries=1) as client:
        assert client.chat.completions.create(model="ondol", messages=ask_messages()).choices
        assert 2 <= time.monotonic() - refused[0] < 10
        refused.clear()
        with pytest.raises(openai.RateLimitError) as told:
            client.with_options(max_retries=0).chat.completions.create(model="ondol", messages=ask_messages())
    assert told.value.response.headers["Retry-After"] == "2"


def test_a_slow_server_is_a_timeout_of_openais_client(client, monkeypatch):
    monkeypatch.setattr(FakeChat, "stream_messages", lambda *_, **__: time.sleep(1) or iter(()))
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.2).chat.completions.create(model="fake:", messages=ask_messages())


@pytest.fixture
def langchain(address):
    """`langchain("ChatOpenAI", model="ondol")`."""
    package = pytest.importorskip("langchain_openai")
    return lambda kind, **fields: getattr(package, kind)(base_url=address, api_key=TOKEN, max_retries=0, **fields)


class Person(BaseModel):
    name: str
    age: int


@pytest.mark.parametrize("method", ["json_schema", "json_mode"])
def test_langchain_gets_what_it_asked_to_be_structured(langchain, method):
    model = langchain("ChatOpenAI", model='fake:{"name": "Anna", "age": 30}')
    assert model.with_structured_output(Person, method=method).invoke("Anna is 30.") == Person(name="Anna", age=30)


def call_twice(self, messages, **given):
    name, args = given["tools"][0]["function"]["name"], '{"name": "Anna", "age": 30}'
    rows = [{"name": name, "args": args, "id": f"call_{i}", "index": i} for i in range(2)]
    told = {"finish_reason": "tool_calls"}
    yield AIMessageChunk(content="", tool_call_chunks=rows, response_metadata=told, chunk_position="last")


def test_langchain_calls_tools_and_one_alone_where_it_says_so(langchain, monkeypatch):
    monkeypatch.setattr(FakeChat, "stream_messages", call_twice)
    model = langchain("ChatOpenAI", model="fake:")
    tools = model.bind_tools([Person], tool_choice="any")
    assert [call["id"] for call in tools.invoke("Anna is 30.").tool_calls] == ["call_0", "call_1"]
    streamed = reduce(add, tools.stream("Anna is 30."))
    assert [call["args"]["age"] for call in streamed.tool_calls] == [30, 30]
    alone = model.bind_tools([Person], parallel_tool_calls=False)
    assert [call["id"] for call in alone.invoke("Anna is 30.").tool_calls] == ["call_0"]
    assert model.with_structured_output(Person, method="function_calling").invoke("Anna is 30.").name == "Anna"


def test_langchain_embeds(langchain):
    embeddings = langchain("OpenAIEmbeddings", model="ondol", check_embedding_ctx_length=False)
    one, other = embeddings.embed_documents(["museum", "방앗간"])
    assert embeddings.embed_query("museum") == pytest.approx(one) != other


def test_langchain_streams_a_cited_answer(langchain):
    assert "[1]" in "".join(chunk.text for chunk in langchain("ChatOpenAI", model="ondol").stream(QUESTION))


def test_ondols_own_client_streams_from_another_ondol(address, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", TOKEN)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with ondol.open_model("openai:fake:") as model:
        assert model.invoke("Hello there. And more.").text == "Hello there."


@pytest.fixture
def llm(address, tmp_path):
    """`llm("-c", "question")`: what the program prints."""
    program, home = Path(sys.executable).with_name("llm"), tmp_path / "llm"
    if not program.exists():
        pytest.skip("llm is not installed")
    home.mkdir()
    rows = f"- model_id: my-documents\n  model_name: ondol\n  api_base: {address}\n  api_key_name: ondol\n"
    (home / "extra-openai-models.yaml").write_text(rows)
    (home / "keys.json").write_text(f'{{"ondol": "{TOKEN}"}}')

    def run(*arguments):
        done = subprocess.run(
            [program, *arguments], env={**os.environ, "LLM_USER_PATH": str(home)}, capture_output=True, text=True,
            timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("how", [(), ("--no-stream",)])
def test_llm_prints_a_cited_answer(llm, how):
    assert "The museum opens at 9:30. [1]" in llm("-m", "my-documents", *how, QUESTION)


def test_llm_goes_on_with_a_conversation(llm):
    llm("-m", "my-documents", QUESTION)
    assert "[1]" in llm("-c", "And when does it close on weekdays?")
