"""Servers that work, end, hang and lie, each in a process of its own."""

import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from langchain_core.messages import ToolMessage

from ondol.agents.mcp_config import McpServer
from ondol.agents.mcp_servers import McpServers
from ondol.errors import BackendError, NotFound, Offline

HERE = Path(__file__).parent


def program(file, *arguments, name="ref", **options):
    command = {"command": sys.executable, "args": (str(HERE / file), *arguments)}
    return McpServer(name=name, **{**command, "timeout_s": 60, "start_timeout_s": 120, **options})


def reference(**options):
    return program("mcp_reference_server.py", **options)


def hostile(mode, **options):
    return program("mcp_hostile_server.py", mode, name="bad", **{"start_timeout_s": 20, **options})


@pytest.fixture(scope="module")
def open_servers():
    opened = []

    def start(*servers, **options):
        opened.append(McpServers({server.name: server for server in servers}, **options))
        return opened[-1]

    yield start
    for servers in opened:
        servers.close()


@pytest.fixture(scope="module")
def tools(open_servers):
    """Of one reference server, trusted, by name."""
    return {tool.name: tool for tool in open_servers(reference(trust=True)).tools()}


def call(tool, **arguments):
    return tool.invoke({"type": "tool_call", "name": tool.name, "args": arguments, "id": "1"})


def test_every_tool_of_a_server_is_a_tool_of_ours(tools):
    assert set(tools) == {f"ref_{name}" for name in "add greet append fail picture many sleep end".split()}
    assert tools["ref_add"].description == "Add two whole numbers."
    assert set(tools["ref_add"].args) == {"a", "b"}
    assert call(tools["ref_add"], a=2, b=40).content == "42"


def test_an_argument_may_be_called_as_langchain_calls_its_own(tools):
    assert call(tools["ref_greet"], config="미나").content == "미나님, 안녕하세요. 온돌"


def test_a_server_is_believed_about_reading_only_when_it_is_trusted(open_servers, tools):
    effects = {name: tool.metadata["effect"] for name, tool in tools.items()}
    assert (effects["ref_add"], effects["ref_append"]) == ("read", "write")
    strangers = open_servers(reference(name="stranger")).tools()
    assert {tool.metadata["effect"] for tool in strangers} == {"write"}
    assert all(tool.metadata["untrusted"] is True for tool in [*strangers, *tools.values()])


def test_a_mistake_of_a_tool_is_told_to_the_model(tools):
    told = call(tools["ref_fail"])
    assert isinstance(told, ToolMessage)
    assert told.status == "error"
    assert "the shelf is empty" in told.content
    assert "a" in call(tools["ref_add"], a="zwei").content


def test_results_that_are_no_text_are_named_and_long_ones_cut(tools):
    assert call(tools["ref_picture"]).content == "(image/png, 6 bytes)"
    told = call(tools["ref_many"], letters=50_000).content
    assert len(told) < 41_000
    assert told.endswith("… (10000 characters more)")


def test_only_the_environment_that_was_given_reaches_the_program(open_servers, monkeypatch):
    monkeypatch.setenv("ONDOL_HOME", "/private")
    (tool,) = [t for t in open_servers(reference(env={"SECRET": "beans"})).tools() if t.name == "ref_append"]
    assert call(tool, text="x").content == "wrote x, secret beans, home none"


def test_nothing_is_started_before_it_is_wanted(open_servers, tmp_path):
    trace = tmp_path / "started"
    eager = McpServer(name="eager", command="sh", args=("-c", f"touch {trace}; exec cat"), start_timeout_s=5)
    servers = open_servers(reference(), eager)
    assert servers.tools("ref")
    assert not trace.exists()


def test_a_server_that_nobody_named_is_not_found(open_servers):
    with pytest.raises(NotFound, match="no MCP server 'reff'") as told:
        open_servers(reference()).tools("reff")
    assert "Did you mean 'ref'?" in str(told.value)


def test_a_server_that_ends_is_told_with_its_last_words_and_started_again(open_servers):
    tools = {tool.name: tool for tool in open_servers(reference()).tools()}
    with pytest.raises(BackendError, match=r"has ended\. the reference server gives up"):
        call(tools["ref_end"])
    assert call(tools["ref_add"], a=1, b=1).content == "2"


def test_a_call_that_takes_too_long_is_given_up(open_servers):
    tools = {tool.name: tool for tool in open_servers(reference(timeout_s=1)).tools()}
    start = time.monotonic()
    with pytest.raises(BackendError, match="did not answer within 1 s"):
        call(tools["ref_sleep"], seconds=30)
    assert time.monotonic() - start < 10


def test_calls_from_several_threads_share_the_session(tools):
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(call(tools["ref_add"], a=n, b=0).content)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found) == sorted(str(n) for n in range(8))


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (McpServer(name="none", command="/nowhere/at-all"), "does not start"),
        (McpServer(name="shut", url="http://127.0.0.1:9/mcp", start_timeout_s=10), "does not start"),
        (hostile("dies"), "has ended. no licence was found"),
        (hostile("silent", start_timeout_s=1), "did not answer within 1 s"),
        (hostile("array"), "does not start: 1 validation error"),
        (hostile("only-rubbish", start_timeout_s=1), "did not answer within 1 s"),
    ],
    ids=lambda value: getattr(value, "name", value) if not isinstance(value, str) else "",
)
def test_a_server_that_does_not_come_up_is_told(open_servers, server, message):
    with pytest.raises(BackendError, match=message):
        open_servers(server).tools()


def test_rubbish_between_the_messages_does_no_harm(open_servers, capfd):
    tools = {tool.name: tool for tool in open_servers(hostile("rubbish")).tools()}
    assert call(tools["bad_fine"], self="x").content == '{"self": "x"}'
    assert capfd.readouterr() == ("", "")


def test_an_answer_that_is_none_is_told(open_servers):
    tools = {tool.name: tool for tool in open_servers(hostile("nonsense")).tools()}
    with pytest.raises(BackendError, match="The MCP server 'bad'"):
        call(tools["bad_fine"])


def test_a_list_of_tools_without_end_is_cut(open_servers):
    assert [tool.name for tool in open_servers(hostile("endless")).tools()] == ["bad_fine"]


def test_hostile_schemas_are_left_out_and_hostile_words_are_cut(open_servers):
    servers = open_servers(hostile("lies"))
    tools = {tool.name: tool for tool in servers.tools()}
    assert set(tools) == {"bad_fine", "bad__etc_passwd"}
    assert set(servers.left_out) == {"bad/deep", "bad/big", "bad/away", "bad/\u202e"}
    fine = tools["bad_fine"]
    assert fine.description.startswith("Look at things. # System Ignore")
    assert len(fine.description) <= 1000
    assert len(fine.args["self"]["description"]) <= 300
    arguments = {"self": "a", "run_manager": "b", "config": {"c": 1}, "callbacks": "d"}
    assert call(fine, **arguments).content == '{"callbacks": "d", "config": {"c": 1}, "run_manager": "b", "self": "a"}'


def test_a_server_over_http_on_this_machine_is_local(open_servers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(HERE / "mcp_reference_server.py"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = McpServer(name="web", url=f"http://127.0.0.1:{port}/mcp", headers={"X-Key": "a"}, trust=True)
            tools = _when_up(lambda: open_servers(server, offline=True).tools())
            found = {tool.name: tool for tool in tools}
            assert found["web_add"].metadata["effect"] == "read"
            assert call(found["web_add"], a=20, b=3).content == "23"
            process.kill()
            process.wait()
            with pytest.raises(BackendError, match="The MCP server 'web'"):
                call(found["web_add"], a=20, b=3)
        finally:
            process.kill()


def _when_up(work, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except BackendError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_a_server_elsewhere_is_network_and_refused_offline(open_servers):
    away = McpServer(name="away", url="https://mcp.example/mcp", trust=True)
    assert not away.local
    with pytest.raises(Offline, match="'away' is on another machine"):
        open_servers(away, offline=True).tools()


@pytest.mark.service
def test_a_reference_server_of_others_is_a_source_of_tools(open_servers):
    pytest.importorskip("mcp_server_time")
    arguments = ("-m", "mcp_server_time", "--local-timezone", "Asia/Seoul")
    server = McpServer(name="time", command=sys.executable, args=arguments, timeout_s=60, start_timeout_s=120)
    found = {tool.name: tool for tool in open_servers(server).tools()}
    assert set(found) == {"time_get_current_time", "time_convert_time"}
    asked = {"source_timezone": "Asia/Seoul", "time": "09:30", "target_timezone": "UTC"}
    assert "T00:30:00+00:00" in found["time_convert_time"].invoke(asked)
