"""`evaluate retrieval` and `evaluate make-set`, from files to figures, page and rows."""

import json
import sys

import pytest

from ondol.cli.columns import width_of
from ondol.retrieve.config import RetrieveConfig

MODE = RetrieveConfig().mode


@pytest.fixture
def asked(filled, tmp_path):
    """Questions that name their documents by path."""
    museum, mill = str(filled / "museum.txt"), str(filled / "mill.md")
    rows = [
        {"id": "1", "question": "When does the museum open?", "document_id": museum},
        {"id": "2", "question": "방앗간 입장료는 얼마인가요?", "document_id": mill, "synthetic": True},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return rows


def test_figures_come_as_json(ondol, asked):
    ran = ondol("evaluate", "retrieval", "--queries", "q.jsonl", "--json")
    told = ran.json
    assert (ran.code, told["n"], told["pairs"], list(told["arms"])) == (0, 2, [], [MODE])
    assert told["metrics"]["hit@1"] == [1.0, 1.0, 1.0]
    assert set(told["arms"][MODE]["ms"]) == {"p50", "p95"}
    assert "queries" not in told
    assert ran.err.startswith("1 of 2 questions were made from the documents: such questions favour words over meaning")


def test_settings_are_compared_and_the_rows_written(ondol, asked, tmp_path):
    arms = f"{MODE},{MODE}+rerank"
    base = ["evaluate", "retrieval", "--queries", "q.jsonl", "--compare", arms, "--reranker", "fake:"]
    told = ondol(*base, "--json", "--per-query", "rows.tsv").json
    assert [(row["a"], row["b"], row["verdict"]) for row in told["pairs"]] == [
        (MODE, f"{MODE}+rerank", "no difference shown")
    ] * 5
    assert [row["id"] for row in told["queries"]] == ["1", "2"]
    assert len((tmp_path / "rows.tsv").read_text(encoding="utf-8").splitlines()) == 5
    assert ondol(*base, "--per-query", "rows.jsonl").code == 0
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows == [{**row, "arms": rows[place]["arms"]} for place, row in enumerate(told["queries"])]


@pytest.mark.parametrize("columns", [80, 50])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_table_fits_the_terminal(ondol, asked, monkeypatch, columns, language):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("ONDOL_LANG", language)
    ran = ondol(
        "evaluate", "retrieval", "--queries", "q.jsonl", "--compare", f"{MODE},{MODE}+rerank", "--reranker", "fake:"
    )
    lines = ran.out.splitlines()
    assert max(map(width_of, lines)) <= columns
    assert sum(line.startswith(f"  {MODE}") for line in lines) >= 12
    assert sum("  1.000  1.000–1.000" in line for line in lines) == 10
    assert any("█" in line for line in lines)


def test_the_table_says_what_it_is_about(ondol, asked, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines = ondol("evaluate", "retrieval", "--queries", "q.jsonl").out.splitlines()
    assert lines[0] == "main: 2 questions, the first 10 documents of each; 95 % intervals"
    assert lines[1].startswith("! 1 of 2 questions were made from the documents: such questions favour words over")
    assert "! With 2 questions only large differences can show." in lines


def test_beir_files_are_read(ondol, asked, filled, tmp_path):
    rows = [{"_id": row["id"], "text": row["question"]} for row in asked]
    (tmp_path / "queries.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    lines = ["query-id\tcorpus-id\tscore", *(f"{row['id']}\t{row['document_id']}\t1" for row in asked)]
    (tmp_path / "test.tsv").write_text("\n".join([*lines, "1\tgone\t1"]))
    ran = ondol("evaluate", "retrieval", "--queries", "queries.jsonl", "--qrels", "test.tsv", "--json")
    assert ran.json["metrics"]["recall@10"][0] == 1
    assert "Judged documents that the collection lacks: 1; questions left out for it: 0." in ran.err


def test_a_page_is_written_and_written_again(ondol, asked, tmp_path):
    for _ in range(2):
        ran = ondol("evaluate", "retrieval", "--queries", "q.jsonl", "--html", "report.html")
        assert (ran.code, ran.err.splitlines()[-1]) == (0, "Written: report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "museum.txt" in page or "None: every question" in page
    assert not list(tmp_path.glob(".*"))


def test_a_set_is_made_and_measured(ondol, filled, tmp_path):
    ran = ondol("evaluate", "make-set", "--out", "set.jsonl", "-n", 3)
    assert ran.code == 0
    assert ran.out.endswith("then: ondol evaluate retrieval --queries set.jsonl\n")
    rows = [json.loads(line) for line in (tmp_path / "set.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows
    assert all(
        row["synthetic"] and set(row) >= {"id", "question", "document_id", "start", "end", "how"} for row in rows
    )
    told = ondol("evaluate", "retrieval", "--queries", "set.jsonl", "--json").json
    assert (told["n"], told["synthetic"]) == (len(rows), len(rows))
    again = ondol("evaluate", "make-set", "--out", "again.jsonl", "-n", 3, "--json").json
    assert again == {"path": "again.jsonl", "questions": len(rows), "how": again["how"], "wanted": 3}
    assert (tmp_path / "again.jsonl").read_text() == (tmp_path / "set.jsonl").read_text()


def test_a_model_may_write_questions(ondol, filled, tmp_path):
    ran = ondol(
        "evaluate", "make-set", "--out", "s.jsonl", "-n", 2, "--model", "fake:When does the museum open?", "--json"
    )
    assert ran.json["how"] == {"model": 1, "definition": 1} or ran.json["how"] == {"model": 1, "heading": 1}


def test_a_set_is_never_written_over(ondol, filled, tmp_path):
    (tmp_path / "set.jsonl").write_text("mine")
    ran = ondol("evaluate", "make-set", "--out", "set.jsonl")
    assert (ran.code, ran.err) == (2, "set.jsonl is there already.\n  → Choose another name.\n")
    assert (tmp_path / "set.jsonl").read_text() == "mine"
    assert ondol("evaluate", "make-set", "--out", "no/set.jsonl").err.startswith("no/set.jsonl cannot be a file.\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--queries", "none.jsonl"], 5, "none.jsonl cannot be read: No such file or directory."),
        (["--queries", "q.jsonl", "--compare", "magic"], 2, "No search mode is called 'magic'."),
        (["--queries", "q.jsonl", "--compare", f"{MODE}+rerank"], 2, f"The setting '{MODE}+rerank' needs a reranker."),
        (["--queries", "q.jsonl", "--html", "out.txt"], 2, "out.txt must end in .html / .htm."),
        (["--queries", "q.jsonl", "--per-query", "no/out.tsv"], 2, "no/out.tsv cannot be a file."),
        (["--queries", "q.jsonl", "--per-query", "q.jsonl"], 2, "q.jsonl is a file of questions or judgements."),
        (["--queries", "q.jsonl", "--qrels", "none"], 5, "none cannot be read: No such file or directory."),
        (["--queries", "q.jsonl", "-c", "mian"], 4, "There is no collection 'mian' yet."),
        (["--queries", "q.jsonl", "-k", "0"], 2, ""), ([], 2, ""),
    ],
)  # fmt: skip
def test_mistakes_have_a_message_and_a_code(ondol, asked, arguments, code, message):
    ran = ondol("evaluate", "retrieval", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith(message)
    assert "Traceback" not in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX rights")
def test_a_page_that_cannot_be_written_is_an_error_that_says_why(ondol, asked, tmp_path, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    ran = ondol("evaluate", "retrieval", "--queries", "q.jsonl", "--html", "out.html")
    assert ran.code == 6
    assert ran.err.splitlines()[-2:] == [
        "out.html cannot be written: No space left on device.", "  → Check its folder and the disk.",
    ]  # fmt: skip
