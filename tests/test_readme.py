"""The README pair says the same, and what it names exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ondol

ROOT = Path(__file__).parent.parent
PAIR = [ROOT / "README.md", ROOT / "README.ko.md"]
FENCE = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(path, kind):
    return [text for name, text in FENCE.findall(path.read_text(encoding="utf-8")) if name == kind]


def test_both_show_the_same_run():
    english, korean = (blocks(path, "text")[0] for path in PAIR)
    assert english == korean


def test_both_have_the_same_sections_and_tables():
    shapes = [re.findall(r"^(#+|\|)", path.read_text(encoding="utf-8"), re.MULTILINE) for path in PAIR]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("path", PAIR, ids=["en", "ko"])
def test_the_python_example_compiles_and_names_what_is_public(path):
    (code,) = blocks(path, "python")
    compile(code, path.name, "exec")
    assert set(re.findall(r"ondol\.(\w+)\(", code)) <= set(ondol.__all__)


def test_every_command_in_the_tables_exists():
    help_text = subprocess.run(
        [sys.executable, "-m", "ondol.cli.main", "--help"], capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"^  (\w+) ", help_text, re.MULTILINE))
    for path in PAIR:
        named = set(re.findall(r"`ondol (\w+)", path.read_text(encoding="utf-8")))
        assert named <= known, path.name


def test_links_lead_somewhere():
    for path in [*PAIR, *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
