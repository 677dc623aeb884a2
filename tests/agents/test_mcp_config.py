"""The file that names MCP servers, ours and that of other programs."""

import json

import pytest

from ondol.agents.mcp_config import McpServer, is_this_machine, load_mcp_servers
from ondol.errors import NotFound, UsageError

TOML = """
[servers.files]
command = "npx"
args = ["-y", "some-server", "${FOLDER:-/srv}"]
env = { TOKEN = "${TOKEN}" }
trust = true
timeout_s = 90

[servers.weather]
url = "https://weather.test/mcp"
headers = { Authorization = "Bearer ${env:TOKEN}" }
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def test_no_file_is_no_server(home):
    assert load_mcp_servers(home) == {}


def test_our_file_names_programs_and_addresses(home):
    (home / "mcp.toml").write_text(TOML, encoding="utf-8")
    assert load_mcp_servers(home) == {
        "files": McpServer(
            name="files", command="npx", args=("-y", "some-server", "/srv"), env={"TOKEN": "s3cret"}, trust=True,
            timeout_s=90,
        ),
        "weather": McpServer(
            name="weather", url="https://weather.test/mcp", headers={"Authorization": "Bearer s3cret"}
        ),
    }  # fmt: skip


def test_the_json_of_other_programs_is_read_and_does_not_grant_trust(home):
    rows = {
        "a": {"type": "stdio", "command": "a", "args": ["b"], "autoApprove": ["x"]},
        "b": {"command": "c", "disabled": True},
    }
    (home / "mcp.json").write_text(json.dumps({"mcpServers": rows}), encoding="utf-8")
    assert load_mcp_servers(home) == {"a": McpServer(name="a", command="a", args=("b",))}


def test_the_folder_here_wins_over_the_home(home, here):
    (home / "mcp.toml").write_text('[servers.a]\ncommand = "home"\n[servers.b]\ncommand = "b"\n', encoding="utf-8")
    (here / "mcp.toml").write_text('[servers.a]\ncommand = "here"\n', encoding="utf-8")
    assert {name: server.command for name, server in load_mcp_servers(home).items()} == {"a": "here", "b": "b"}


def test_a_file_that_was_named_is_the_only_one(home, here):
    (home / "mcp.toml").write_text('[servers.a]\ncommand = "home"\n', encoding="utf-8")
    (here / "mine.toml").write_text('[mcpServers.m]\ncommand = "m"\n', encoding="utf-8")
    assert set(load_mcp_servers(home, here / "mine.toml")) == {"m"}
    with pytest.raises(NotFound, match="There is no file"):
        load_mcp_servers(home, here / "other.toml")


def test_all_mistakes_are_told_together(home):
    (home / "mcp.toml").write_text(
        '[servers.a]\nurl = "ftp://x"\n[servers.b]\n[servers.c]\ncommand = "c"\nargs = "x"\nwhat = 1\n'
        '[servers.d]\ncommand = "${NOWHERE}"\n[servers.e]\ntype = "sse"\nurl = "http://x/sse"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as told:
        load_mcp_servers(home)
    for part in (
        "the url of a begins with http", "b needs either a command or a url", "args of c has a value",
        "c has a key 'what'", "d wants ${NOWHERE}", "e is of type 'sse'",
    ):  # fmt: skip
        assert part in str(told.value)


@pytest.mark.parametrize(
    "text",
    ["[servers", "x = 1", "servers = 3", '[servers."a b/c"]\ncommand = "x"', '[servers."날씨"]\ncommand = "x"', ""],
)
def test_a_file_without_servers_is_told(home, text):
    (home / "mcp.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="names no MCP servers"):
        load_mcp_servers(home)


def test_secrets_are_not_shown():
    server = McpServer(name="a", url="http://x", headers={"Authorization": "s3cret"}, env={"T": "s3cret"})
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://localhost:1/mcp", True), ("http://127.0.0.9/x", True), ("http://[::1]:80/x", True),
     ("http://192.168.0.2/x", False), ("https://localhost.example.com/", False),
     ("http://127.0.0.1@evil.example/", False), ("not an address", False)],
)  # fmt: skip
def test_this_machine_is_told_from_others(url, local):
    assert is_this_machine(url) is local
