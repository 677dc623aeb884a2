"""`ondol mcp --print-config`: what a person pastes into another program."""

import json
import subprocess
import sys
from pathlib import Path

from ondol.agents.mcp_config import load_mcp_servers


def test_the_printed_configuration_starts_the_server(ondol, filled, tmp_path):
    told = ondol("mcp", "--print-config", "--collection", "main", "--allow-add").json
    row = told["mcpServers"]["ondol"]
    assert Path(row["command"]).is_absolute()
    assert row["args"][-3:] == ["--embeddings", "fake:", "--allow-add"]
    initialize = {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"},
    }  # fmt: skip
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize})
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ran = subprocess.run(
        [row["command"], *row["args"]], input=request + "\n", capture_output=True, text=True, timeout=60,
        env=environment, cwd="/",
    )  # fmt: skip
    assert json.loads(ran.stdout)["result"]["serverInfo"]["name"] == "ondol"


def test_what_was_chosen_is_passed_on_and_nothing_else(ondol, tmp_path):
    row = ondol(
        "mcp", "--print-config", "-c", "계약", "-m", "fake:Yes.", "--no-reader", "-o", "top_p=0.9", "--home", "h"
    ).json["mcpServers"]["ondol"]  # fmt: skip
    args = row["args"][row["args"].index("mcp") :]
    assert args == [
        "mcp", "--home", str(tmp_path / "h"), "--collection", "계약", "--model", "fake:Yes.", "--embeddings", "fake:",
        "--no-reader", "--option", "top_p=0.9",
    ]  # fmt: skip


def test_over_http_it_is_an_address(ondol):
    told = ondol("mcp", "--print-config", "--http", "8765").json
    assert told == {"mcpServers": {"ondol": {"type": "http", "url": "http://127.0.0.1:8765/mcp"}}}


def test_over_http_its_token_is_told_too(ondol, tmp_path):
    file = tmp_path / "token"
    told = ondol("mcp", "--print-config", "--http", "8765", "--token-file", str(file)).json
    assert told["mcpServers"]["ondol"]["headers"] == {"Authorization": f"Bearer {file.read_text().strip()}"}


def test_ondol_reads_its_own_configuration(ondol, tmp_path):
    path = tmp_path / "mcp.json"
    path.write_text(ondol("mcp", "--print-config").out, encoding="utf-8")
    server = load_mcp_servers(tmp_path / "home", path)["ondol"]
    assert Path(server.command).parent == Path(sys.executable).parent
