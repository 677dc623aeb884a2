"""The door itself: help, version, pipes, and what a start loads."""

import json
import subprocess
import sys

import pytest

COMMANDS = ["demo", "setup", "add", "remove", "sync", "search", "ask", "chat", "agent", "chain", "generate", "list",
            "show", "verify", "reindex", "migrate", "finetune", "feedback", "serve", "mcp", "doctor",
            "models", "models list", "models show", "models find", "models pull", "models rm", "models verify",
            "models fit", "models bench", "threads", "threads list", "threads show", "threads export",
            "threads rename", "threads rm", "memory", "memory list", "prompts", "prompts list",
            "collections", "collections list",
            "collections create", "collections rename", "collections delete", "collections restore",
            "collections export", "collections import", "adapters", "adapters list", "adapters rm", "adapters merge",
            "adapters export", "adapters import", "evaluate", "evaluate retrieval", "evaluate make-set"]  # fmt: skip
HEAVY = (
    "faiss",
    "langchain_core",
    "langgraph",
    "numpy",
    "onnxruntime",
    "openai",
    "prompt_toolkit",
    "pydantic",
    "rich",
    "tokenizers",
    "torch",
    "xllamacpp",
)
HELP = """
import json, sys
from ondol.cli.main import main
sys.argv = ["ondol", *sys.argv[1:], "--help"]
try:
    main()
except SystemExit:
    print(json.dumps([name for name in sys.modules]), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loads_nothing_heavy(command):
    ran = subprocess.run([sys.executable, "-c", HELP, *command.split()], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(f"Usage: {' '.join(['ondol', *command.split()])} ")
    assert [name for name in json.loads(ran.stderr) if name in HEAVY] == []


def test_every_command_is_listed_with_a_whole_line(ondol):
    lines = ondol("--help").out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == [name for name in COMMANDS if " " not in name]
    assert not [line for line in lines if line.endswith("...")]


def test_the_version_is_printed(ondol):
    assert ondol("--version").out.strip().replace(".", "").isdigit()


def test_a_mistyped_command_is_exit_2(ondol):
    ran = ondol("seach", "x")
    assert ran.code == 2
    assert "Did you mean 'search'" in ran.err


def test_a_reader_that_leaves_early_is_no_traceback(start, filled):
    with start("search", "museum", "-k", "100", "--json") as process:
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()


def test_a_terminal_without_hangul_is_no_traceback(start, filled, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with start("search", "방앗간", "-k", "1") as process:
        out, _ = process.communicate()
    assert process.returncode == 0
    assert "mill.md" in out
    with start("search", "방앗간", "-k", "1", "--json") as process:
        out, _ = process.communicate()
    assert json.loads(out)["query"] == "방앗간"


def test_a_full_disk_under_the_output_is_told(start, filled):
    with open("/dev/full", "w") as full, start("list", stdout=full) as process:  # noqa: PTH123
        assert process.stderr.read() == "The disk is full.\n  → Make room, or name another folder with --home.\n"
    assert process.returncode == 6
