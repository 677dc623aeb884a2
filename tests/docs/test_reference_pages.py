"""The pages on prompts, chains and agents name everything there is, with the defaults that hold."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from ondol.agents import TOOLS
from ondol.agents.config import AgentConfig
from ondol.chains import CHAINS
from ondol.cli.agent import GROUPS, USUAL
from ondol.prompts.load import OURS, Prompts
from ondol.prompts.read import KNOWN, read_prompt

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(name):
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def first_cells(text):
    return {
        name for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }


def test_every_chain_is_named():
    assert first_cells(page("chains")) == set(CHAINS)


def test_every_prompt_and_every_field_of_its_file_is_named():
    ours = {row["name"] for row in Prompts((("ondol", OURS),)).rows()}
    assert first_cells(page("prompts")) == ours | set(KNOWN)


def test_the_prompt_that_is_shown_is_one(tmp_path):
    shown = next(code for _, code in BLOCK.findall(page("prompts")) if code.startswith("---\n"))
    (tmp_path / "summarise.md").write_text(shown, encoding="utf-8")
    prompt = read_prompt(tmp_path / "summarise.md")
    assert (prompt.name, prompt.version, prompt.variables) == ("summarise", 2, ("text",))


def test_every_tool_is_named_with_what_switches_it_on():
    (table,) = re.findall(r"^\| `--tools`.*?\n\n", page("agents"), re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\w+)`( \(usual\))? \|[^|]*\|([^|]*)\|", table, re.MULTILINE)
    known = {name for _, _, about in rows for name in re.findall(r"`(\w+_\w+)`", about)}
    assert known | {"calculator", "dates"} == set(TOOLS)
    assert [name for name, usual, _ in rows if usual] == USUAL.split(",")
    assert {name for name, *_ in rows} == set(GROUPS) | set(USUAL.split(","))


def test_the_limits_of_an_agent_are_those_of_its_configuration():
    shown = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page("agents"), re.MULTILINE))
    config = AgentConfig()
    held = {row.name: getattr(config, row.name) for row in fields(config) if row.name not in ("allow", "system")}
    assert {name: float(value) for name, value in shown.items()} == held


@pytest.mark.parametrize("name", ["prompts", "chains", "agents"])
def test_what_the_examples_import_is_there(name):
    for code in (code for kind, code in BLOCK.findall(page(name)) if kind == "python"):
        compile(code, name, "exec")
        exec("\n".join(re.findall(r"^(?:from|import) .*$", code, re.MULTILINE)), {})
