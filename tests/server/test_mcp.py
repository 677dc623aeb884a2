"""The tools of `ondol mcp` as the official client sees them."""

import socket
import subprocess
import sys
import time

import anyio
import httpx2
import pytest
from mcp import Client

from ondol.agents.mcp_config import McpServer
from ondol.agents.mcp_servers import McpServers
from ondol.server.desk import Desk
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


def test_nothing_is_opened_before_it_is_used(environment):
    with Desk(load_settings(model="nowhere:at-all")) as desk:
        server = make_mcp_server(desk, allow_add=True)

        async def work():
            async with Client(server) as client:
                return [tool.name for tool in (await client.list_tools()).tools]

        assert run(work) == ["search", "ask", "list_sources", "add"]
        assert {"_library", "_model", "_reader"} & set(vars(desk)) == set()


def test_stdout_carries_only_the_protocol(environment, filled):
    """What the libraries print lands on stderr; the request by hand is the handshake of older clients."""
    started = (
        "import os, sys, ondol.server.desk as d; old = d.Desk.search;"
        "d.Desk.search = lambda *a, **k: (print('noise'), os.write(1, b'noise'), old(*a, **k))[2];"
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


def test_http_serves_this_machine_and_no_foreign_page(environment, filled, port):
    command = [sys.executable, "-m", "ondol.cli.main", "mcp", "--http", str(port)]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True) as process:
        try:
            assert f"http://127.0.0.1:{port}/mcp" in process.stderr.readline()

            async def work():
                async with Client(f"http://127.0.0.1:{port}/mcp") as client:
                    return await client.call_tool("ask", {"question": "When does the museum open?"})

            _wait(port)
            assert run(work).structured_content["citations"][0]["quote"] == "The museum opens at 9:30."
            call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            told = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
            for strange in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
                answer = httpx2.post(f"http://127.0.0.1:{port}/mcp", json=call, headers={**told, **strange})
                assert answer.status_code in (403, 421)
        finally:
            process.terminate()
            out, _ = process.communicate(timeout=30)
    assert out == ""


def _wait(port, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)


def test_a_port_that_is_taken_is_told(environment, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [sys.executable, "-m", "ondol.cli.main", "mcp", "--http", str(port)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 6
    assert f"Port {port} cannot be served" in ran.stderr
