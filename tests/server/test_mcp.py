"""The tools of `ondol mcp` as the official client sees them."""

import socket
import subprocess
import sys
import threading

import anyio
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from ondol.agents.mcp_config import McpServer
from ondol.agents.mcp_servers import McpServers
from ondol.embeddings.fake import FakeEmbeddings
from ondol.server.engine import Engine
from ondol.server.mcp import make_mcp_server
from ondol.settings import load_settings


def run(work):
    """An `async def` with a limit, so that a server that hangs fails."""

    async def limited():
        with anyio.fail_after(240):
            return await work()

    return anyio.run(limited)


def test_a_program_lists_and_calls_the_tools(connect, filled):
    async def work():
        async with connect() as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            return (
                client,
                tools,
                await client.call_tool("search", {"query": "방앗간 입장료", "k": 1}),
                await client.call_tool("ask", {"question": "When does the museum open?"}),
            )

    _, tools, found, answered = run(work)
    assert set(tools) == {"search", "ask", "list_sources"}
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    (hit,) = found.structured_content["hits"]
    assert hit["source"].endswith("mill.md")
    assert "입장료는 3,000원" in found.content[0].text
    (cited,) = answered.structured_content["citations"]
    assert cited["quote"] == "The museum opens at 9:30."
    assert filled.joinpath("museum.txt").read_text(encoding="utf-8")[cited["start"] : cited["end"]] == cited["quote"]
    assert "[1] documents/museum.txt: “The museum opens at 9:30.”" in answered.content[0].text
    assert {"hits", "thinking"} & set(answered.structured_content) == set()


def test_what_the_documents_do_not_tell_is_an_abstention(connect, filled):
    async def work():
        async with connect() as client:
            return await client.call_tool("ask", {"question": "Who discovered the moons of Saturn?"})

    told = run(work)
    assert told.structured_content["abstained"] is True
    assert told.structured_content["citations"] == []


def test_sources_are_named_page_by_page(connect, filled):
    async def work():
        async with connect() as client:
            return await client.call_tool("list_sources", {"limit": 1}), await client.call_tool(
                "list_sources", {"offset": 1}
            )

    first, second = run(work)
    assert "1 more; go on with offset 1." in first.content[0].text
    assert (first.structured_content["sources"], len(first.structured_content["rows"])) == (2, 1)
    assert second.structured_content["rows"][0]["source"].endswith("museum.txt")


def test_a_collection_may_come_later(connect, documents):
    async def work():
        async with connect("--allow-add") as client:
            before = await client.call_tool("search", {"query": "museum"})
            added = await client.call_tool("add", {"paths": [str(documents)]})
            wrong = await client.call_tool("add", {"paths": ["/nowhere/at/all.txt"]})
            return before, added, wrong, await client.call_tool("search", {"query": "museum"})

    before, added, wrong, after = run(work)
    assert before.is_error
    assert "There is no collection 'main' yet." in before.content[0].text
    assert added.structured_content["added"] == 2
    assert wrong.is_error
    assert after.structured_content["hits"]


def test_nothing_can_be_added_without_permission(connect, filled):
    async def work():
        async with connect() as client:
            return await client.call_tool("add", {"paths": ["/etc/hosts"]})

    assert run(work).is_error


def test_wrong_arguments_are_told(connect, filled):
    async def work():
        async with connect() as client:
            return await client.call_tool("search", {"query": "x", "k": 0}), await client.call_tool(
                "ask", {"question": " "}
            )

    wrong, empty = run(work)
    assert wrong.is_error
    assert empty.is_error
    assert "The question is empty." in empty.content[0].text


def test_nothing_is_opened_before_it_is_used(environment, monkeypatch):
    for name in ("open_library", "open_model", "open_default_reader"):
        monkeypatch.setattr(f"ondol.server.engine.{name}", None)
    with Engine(load_settings(model="nowhere:at-all")) as engine:
        server = make_mcp_server(engine, allow_add=True)

        async def work():
            async with Client(server) as client:
                return [tool.name for tool in (await client.list_tools()).tools]

        assert run(work) == ["search", "ask", "list_sources", "add"]


def test_stdout_carries_only_the_protocol(environment, filled):
    """What the libraries print lands on stderr; the request by hand is the handshake of older clients."""
    started = (
        "import os, sys, ondol.server.mcp as m; old = m._search;"
        "m._search = lambda *a, **k: (print('noise'), os.write(1, b'noise'), old(*a, **k))[2];"
        "from ondol.cli.main import main; sys.argv = ['ondol', 'mcp']; main()"
    )
    client = '{"name": "t", "version": "1"}'
    lines = [
        '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", '
        '"capabilities": {}, "clientInfo": ' + client + "}}",
        '{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search", '
        '"arguments": {"query": "museum"}}}',
    ]
    with subprocess.Popen(
        [sys.executable, "-c", started], stdin=-1, stdout=-1, stderr=-1, text=True, encoding="utf-8"
    ) as process:
        for line in lines:
            process.stdin.write(line + "\n")
        process.stdin.flush()
        told = [process.stdout.readline(), process.stdout.readline()]
        out, err = process.communicate(timeout=30)
    assert all(line.startswith('{"jsonrpc":"2.0","id":') for line in told)
    assert out == ""
    assert err.count("noise") == 2
    assert process.returncode == 0


def test_ondol_is_a_source_of_tools_for_ondol(environment, filled):
    command = ("-m", "ondol.cli.main", "mcp")
    server = McpServer(
        name="docs",
        command=sys.executable,
        args=command,
        env=environment,
        trust=True,
        start_timeout_s=240,
    )
    with McpServers({"docs": server}) as servers:
        tools = {tool.name: tool for tool in servers.tools()}
        assert {tool.metadata["effect"] for tool in tools.values()} == {"read"}
        assert "9:30" in tools["docs_ask"].invoke({"question": "When does the museum open?"})


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def over_http(environment, filled, port):
    """`over_http("--token-file", …)`: the address of a server in a process of its own."""
    begun = []

    def start(*arguments):
        command = [sys.executable, "-m", "ondol.cli.main", "mcp", "--http", str(port), *map(str, arguments)]
        begun.append(subprocess.Popen(command, stdout=-1, stderr=-1, text=True))
        assert f"http://127.0.0.1:{port}/mcp" in begun[0].stderr.readline()
        return f"http://127.0.0.1:{port}/mcp"

    yield start
    for process in begun:
        process.terminate()
        out, _ = process.communicate(timeout=30)
        assert out == ""
        assert process.returncode == 0


def ask_over(address, **given):
    async def work():
        http = httpx2.AsyncClient(timeout=60, **given)
        async with http, Client(streamable_http_client(address, http_client=http)) as client:
            return await client.call_tool("ask", {"question": "When does the museum open?"})

    return run(work)


LISTS = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def test_http_answers_programs_of_this_machine(over_http):
    assert ask_over(over_http()).structured_content["citations"][0]["quote"] == "The museum opens at 9:30."


def test_http_answers_no_page_and_no_foreign_name(over_http):
    """A page of another port of this machine is a foreign page too."""
    address = over_http()
    for strange in (
        {"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    ):  # fmt: skip
        assert httpx2.post(address, json=LISTS, headers={**ACCEPTS, **strange}).status_code == 403, strange
    for method in ("GET", "DELETE"):
        told = {**ACCEPTS, "Host": "evil.example"}
        assert httpx2.request(method, address, headers=told).status_code == 403


def test_http_asks_for_the_token_that_it_was_given(over_http, tmp_path):
    file = tmp_path / "token"
    address = over_http("--token-file", file)
    for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {file.read_text().strip()}"}):
        assert httpx2.post(address, json=LISTS, headers={**ACCEPTS, **wrong}).status_code == 401
    proof = {"Authorization": f"Bearer {file.read_text().strip()}"}
    assert ask_over(address, headers=proof).structured_content["citations"]


def test_a_port_that_is_taken_is_told(environment, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [sys.executable, "-m", "ondol.cli.main", "mcp", "--http", str(port)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 6
    assert f":{port} cannot be served" in ran.stderr


def test_the_base_of_the_server_is_enough(environment):
    """Nothing of the `serve` extra is imported, not even to listen."""
    read = (
        "import sys, ondol.server.mcp, ondol.server.mcp_http;"
        "print(sorted({'fastapi', 'multipart'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, timeout=120)
    assert ran.stdout.strip() == "[]", ran.stderr


class Slow(FakeEmbeddings):
    """Reads only when it is let."""

    def embed_array(self, texts, kind):
        if kind == "passage":
            READS.wait(60)
        return super().embed_array(texts, kind)


READS = threading.Event()


def test_a_search_does_not_wait_for_what_is_being_added(filled, tmp_path, monkeypatch):
    (tmp_path / "new.txt").write_text("A new exhibition begins in May.")
    monkeypatch.setattr("ondol.assemble.open_embeddings", lambda *_, **__: Slow())
    READS.clear()
    with Engine(load_settings()) as engine:
        server = make_mcp_server(engine, allow_add=True)

        async def work():
            async with Client(server) as client, anyio.create_task_group() as both:
                added = []

                async def add():
                    added.append(await client.call_tool("add", {"paths": [str(tmp_path / "new.txt")]}))

                await client.call_tool("search", {"query": "museum"})  # the first one opens the word index
                both.start_soon(add)
                await anyio.sleep(0.2)
                found = await client.call_tool("search", {"query": "museum"})
                assert not added
                READS.set()
            return added, found

        [added], found = run(work)
    assert found.structured_content["hits"]
    assert added.structured_content["added"] == 1
