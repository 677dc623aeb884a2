"""`chain`: our chains over files and rows, with failures told and the run gone on with."""

import json
import subprocess
import sys
import time

import pytest

from ondol.cli import chain
from ondol.cli.main import app

START = "from ondol.cli import chain; from ondol.cli.main import app, main; chain.register(app); main()"


@pytest.fixture(autouse=True)
def known():
    if all(command.callback is not chain.chain for command in app.registered_commands):
        chain.register(app)


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text\na,Great soup.\nb,\nc,방이 더러웠어요.\n", encoding="utf-8")
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_three_steps_are_shown_for_a_file(ondol, docs):
    ran = ondol("chain", "summarise-qa-sentiment", docs / "museum.txt", "--question", "When?", "-m", "fake:neutral")
    assert (ran.code, ran.out) == (0, "summary: neutral\nanswer: neutral\nsentiment: neutral\n")


def test_json_shows_each_steps_result(ondol, docs):
    asked = (
        "chain",
        "summarise-qa-sentiment",
        docs / "mill.md",
        "--question",
        "입장료는 얼마인가요?",
        "-m",
        "fake:중립",
    )
    (row,) = ondol(*asked, "--json").json["results"]
    assert [step["step"] for step in row["steps"]] == ["summarise", "question", "sentiment"]
    assert row["result"]["sentiment"]["label"] == "neutral"
    assert {step["prompts"][0]["language"] for step in row["steps"]} == {"ko"}


def test_a_failed_row_is_told_and_the_others_go_on(ondol, rows):
    ran = ondol("chain", "sentiment", rows, "-m", "fake:positive", "--json")
    assert (ran.code, ran.json["rows"], ran.json["failed"]) == (0, 3, 1)
    assert ran.json["results"][1]["error"] == "The text is empty."
    assert "The text is empty." in ran.err


def test_rows_go_to_a_file_that_the_same_call_goes_on_with(ondol, rows, tmp_path):
    asked = ("chain", "sentiment", rows, "-m", "fake:positive", "--out", tmp_path / "r.jsonl", "--json")
    assert ondol(*asked).json["resumed"] == 0
    again = ondol(*asked)
    assert (again.json["rows"], again.json["resumed"], again.json["failed"]) == (1, 2, 1)
    assert "2 rows were done before." in again.err
    assert len(lines(tmp_path / "r.jsonl")) == 4


def test_a_changed_table_or_another_model_is_not_gone_on_with(ondol, rows, tmp_path):
    asked = ("chain", "sentiment", rows, "--out", tmp_path / "r.jsonl", "-m")
    assert ondol(*asked, "fake:positive").code == 0
    assert ondol(*asked, "fake:negative").code == 2
    rows.write_text("id,text\na,Other.\n", encoding="utf-8")
    ran = ondol(*asked, "fake:positive")
    assert (ran.code, "Choose another name with --out" in ran.err) == (2, True)


@pytest.mark.slow
def test_a_killed_run_goes_on_without_a_lost_or_doubled_row(ondol, tmp_path):
    table, out = tmp_path / "many.csv", tmp_path / "r.jsonl"
    count = 2000
    table.write_text("text\n" + "".join(f"Row {number} is good.\n" for number in range(count)), encoding="utf-8")
    asked = ["chain", "sentiment", str(table), "-m", "fake:positive", "--out", str(out)]
    process = subprocess.Popen([sys.executable, "-c", START, *asked], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    limit = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < limit and not (out.exists() and out.stat().st_size > 20_000):
        time.sleep(0.02)
    process.kill()
    process.communicate()
    done = len(out.read_bytes().splitlines()) - 1
    assert 0 < done < count
    ran = ondol(*asked, "--json")
    assert ran.json["rows"] + ran.json["resumed"] == count
    assert sorted(row["row"] for row in lines(out)[1:]) == list(range(1, count + 1))


def test_a_schema_that_is_not_kept_names_the_field(ondol, docs, tmp_path):
    (tmp_path / "s.json").write_text('{"properties": {"hour": {"type": "integer"}}}', encoding="utf-8")
    asked = ("chain", "extract", docs / "museum.txt", "--schema", tmp_path / "s.json", "-m")
    ran = ondol(*asked, 'fake:{"hour": "nine"}')
    assert (ran.code, "hour: 'nine' is not of type 'integer'" in ran.err) == (6, True)
    assert ondol(*asked, 'fake:{"hour": 9}').out == "hour: 9\n"


def test_labels_are_chosen_from(ondol, docs):
    ran = ondol("chain", "classify", docs / "museum.txt", "--labels", "notice, letter", "-m", "fake:notice")
    assert ran.out == "notice\n"


def test_the_library_is_summarised_and_asked(ondol, filled, tmp_path):
    assert ondol("chain", "summarise", "--library", "-m", "fake:A sum.").out == "A sum.\n"
    (tmp_path / "q.jsonl").write_text('{"id": 1, "question": "When does the museum open?"}\n', encoding="utf-8")
    (row,) = ondol("chain", "ask", tmp_path / "q.jsonl", "--column", "question", "--json").json["results"]
    assert row["id"] == 1
    assert {"answer", "citations"} <= set(row["result"])


def test_an_unreadable_schema_is_told(ondol, docs, tmp_path):
    (tmp_path / "s.json").write_text("{", encoding="utf-8")
    ran = ondol("chain", "extract", docs / "museum.txt", "--schema", tmp_path / "s.json")
    assert (ran.code, "is no JSON schema" in ran.err) == (5, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["sentimant", "rows.csv"], 4, "Did you mean 'sentiment'?"),
        (["classify", "rows.csv"], 2, "The chain 'classify' needs: labels."),
        (["sentiment", "rows.csv", "--to", "en"], 2, "The chain 'sentiment' does not take: to."),
        (["sentiment"], 2, "Give files, or --library."),
        (["sentiment", "rows.csv", "--column", "body"], 2, "has no column 'body'"),
        (["sentiment", "missing.txt"], 5, "missing.txt cannot be read"),
    ],
)
def test_a_call_that_cannot_be_right_is_told(ondol, rows, arguments, code, told):
    ran = ondol("chain", *arguments)
    assert (ran.code, told in ran.err) == (code, True)


def test_when_every_row_fails_the_input_was_of_no_use(ondol, tmp_path):
    (tmp_path / "rows.csv").write_text("id,text\na,\nb,\n", encoding="utf-8")
    ran = ondol("chain", "sentiment", tmp_path / "rows.csv")
    assert (ran.code, "The text is empty." in ran.err) == (5, True)
