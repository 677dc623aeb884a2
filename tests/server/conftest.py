"""A small collection on fake parts, and `ondol mcp` as another program starts it."""

import os
import sys

import pytest
from mcp import Client, StdioServerParameters

import ondol

TEXTS = {
    "museum.txt": "The museum opens at 9:30. It closes at 18:00 on weekdays.",
    "mill.md": "# 방앗간\n\n방앗간은 밀을 빻습니다. 입장료는 3,000원입니다.",
}


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Of the server: an empty home, fake models, English."""
    for name in [name for name in os.environ if name.startswith(("ONDOL_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    values = {
        "ONDOL_HOME": str(tmp_path / "home"), "ONDOL_EMBEDDINGS": "fake:", "ONDOL_MODEL": "fake:", "ONDOL_LANG": "en",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return values


@pytest.fixture
def documents(tmp_path, environment):
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def filled(documents):
    with ondol.open_library(create=True) as library:
        ondol.add_documents(library, [str(documents)])
    return documents


@pytest.fixture
def connect(environment):
    """`async with connect("--allow-add") as client`: the official client and the server in a process of its own."""

    def start(*arguments):
        command = ["-m", "ondol.cli.main", "mcp", *map(str, arguments)]
        return Client(StdioServerParameters(command=sys.executable, args=command, env=environment))

    return start
