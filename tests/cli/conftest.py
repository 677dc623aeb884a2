"""The commands as people run them, on parts without weights."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from ondol.cli.main import main


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """An empty home, fake models, English, and nothing from the machine's own settings."""
    for name in [name for name in os.environ if name.startswith(("ONDOL_", "LC_", "LANG"))]:
        monkeypatch.delenv(name)
    values = {"HOME": tmp_path / "home", "EMBEDDINGS": "fake:", "MODEL": "fake:", "LANG": "en"}
    for name, value in values.items():
        monkeypatch.setenv(f"ONDOL_{name}", str(value))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ondol(capsys, monkeypatch):
    """`ondol("search", "x")` in this process: exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ondol", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as left:
            code = left.code or 0
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run


@pytest.fixture
def start():
    """The same in a process of its own."""

    def popen(*arguments, before=(), **options):
        command = [*before, sys.executable, "-m", "ondol.cli.main", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, **pipes | options)

    return popen


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "museum.txt").write_text("The museum opens at 9:30. It closes at 18:00 on weekdays.", encoding="utf-8")
    (folder / "mill.md").write_text("# 방앗간\n\n방앗간은 밀을 빻습니다. 입장료는 3,000원입니다.", encoding="utf-8")
    return folder


@pytest.fixture
def filled(ondol, docs):
    assert ondol("add", docs).code == 0
    return docs
