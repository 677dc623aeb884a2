"""`prompts`: what there is, what it says, and what models write to it side by side."""

import pytest

from ondol.cli import prompts
from ondol.cli.main import app


@pytest.fixture(autouse=True)
def known():
    if all(group.typer_instance is not prompts.prompts for group in app.registered_groups):
        prompts.register(app)


@pytest.fixture
def mine(tmp_path):
    folder = tmp_path / "prompts"
    folder.mkdir()
    for version in (1, 2):
        (folder / f"greet-{version}.md").write_text(
            f"---\nname: greet\nversion: {version}\nlanguage: en\nabout: Greets.\n---\nVersion {version} for {{who}}.",
            encoding="utf-8",
        )
    return folder


@pytest.fixture
def inputs(tmp_path):
    path = tmp_path / "who.csv"
    path.write_text("who\nAda\n미나\n", encoding="utf-8")
    return path


def test_prompts_are_listed_with_ours(ondol, mine):
    rows = ondol("prompts", "list", "--json").json["prompts"]
    assert {(row["name"], row["version"], row["origin"]) for row in rows} >= {
        ("greet", 1, "here"), ("greet", 2, "here"), ("summarise", 1, "ondol"),
    }  # fmt: skip
    assert "greet                 2   en  here   Greets." in ondol("prompts", "list").out


def test_a_file_that_is_no_prompt_is_listed_with_the_reason(ondol, mine):
    (mine / "bad.md").write_text("---\nname: bad\n---\n{", encoding="utf-8")
    assert "a brace in 'user' has no partner" in ondol("prompts", "list").out


def test_a_prompt_is_shown_as_it_stands(ondol, mine):
    assert ondol("prompts", "show", "greet").out == (mine / "greet-2.md").read_text(encoding="utf-8")
    shown = ondol("prompts", "show", "summarise", "--language", "ko", "--json").json
    assert (shown["language"], shown["variables"], len(shown["hash"])) == ("ko", ["text"], 64)


def test_models_and_versions_stand_side_by_side(ondol, mine, inputs):
    asked = ("prompts", "test", "greet", "--inputs", inputs, "--models", "fake:,fake:Hi.", "--versions", "1,2")
    told = ondol(*asked, "--json").json
    replies = told["rows"][1]["replies"]
    assert [(row["model"], row["version"], row["text"]) for row in replies] == [
        ("fake:", 1, "Version 1 for 미나."), ("fake:", 2, "Version 2 for 미나."), ("fake:Hi.", 1, "Hi."),
        ("fake:Hi.", 2, "Hi."),
    ]  # fmt: skip
    out = ondol(*asked).out
    assert "1. who: Ada" in out
    assert any("Version 1 for" in line and "Version 2 for" in line for line in out.splitlines())


def test_each_row_is_asked_in_its_own_language(ondol, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"text": "It rained."}\n{"text": "비가 왔다."}\n', encoding="utf-8")
    rows = ondol("prompts", "test", "summarise", "--inputs", tmp_path / "t.jsonl", "--json").json["rows"]
    assert [row["replies"][0]["language"] for row in rows] == ["en", "ko"]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("name\na\n", "The prompt 'greet' misses a value: who"),
        ("who,when\na,b\n", "The prompt 'greet' has no place for: when"),
    ],
)
def test_missing_and_unknown_variables_are_named(ondol, mine, tmp_path, table, told):
    (tmp_path / "x.csv").write_text(table, encoding="utf-8")
    ran = ondol("prompts", "test", "greet", "--inputs", tmp_path / "x.csv")
    assert (ran.code, told in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["show", "greeet"], 4, "Did you mean 'greet'?"),
        (["show", "greet", "--version", "7"], 4, "The prompt 'greet' is not there as 7."),
        (["show", "greet", "--language", "fr"], 2, "'fr' is no language of a prompt."),
        (["test", "greet", "--inputs", "who.csv", "--versions", "one"], 2, "'one' are no versions."),
        (["test", "greet", "--inputs", "missing.csv"], 5, "missing.csv cannot be read"),
        (["test", "greet", "--inputs", "who.txt"], 4, "No format is called '.txt'"),
    ],
)
def test_a_call_that_cannot_be_right_is_told(ondol, mine, inputs, arguments, code, told):
    ran = ondol("prompts", *arguments)
    assert (ran.code, told in ran.err) == (code, True)
