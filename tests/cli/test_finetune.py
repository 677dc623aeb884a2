"""`ondol finetune` and `ondol adapters` as people call them: one clear message for each mistake."""

import csv
import json

import pytest

ROWS = [(f"What is stone {n} like?", f"Stone {n} is {'smooth' if n % 3 else 'rough'} and {'grey' if n % 2 else 'red'}.")
        for n in range(60)]  # fmt: skip
SWEPT = "Because soot narrows the flue and the smoke turns back into the room."


@pytest.fixture
def table(tmp_path):
    def write(rows, names=("question", "answer"), name="stones.csv"):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([names, *rows])
        return str(path)

    return write


def kinds(ran):
    return {row["kind"] for row in json.loads(ran.out)["findings"]}


def test_lint_finds_what_was_planted(ondol, table, tmp_path):
    rows = [
        *ROWS,
        ROWS[1],
        ("Why should the stove be swept every autumn before the first frost comes?", SWEPT),
        ("Why should the stove be swept each autumn before the first frost comes?", SWEPT),
        ("Capital?", "Paris"),
        ("Capital?", "Rome"),
    ]
    held = table([ROWS[5], ("Something new?", "Yes, entirely.")], name="held.csv")
    ran = ondol("finetune", table(rows), "--valid", held, "--lint", "--json")
    found = json.loads(ran.out)
    assert {"duplicate", "near_duplicate", "leak", "contradiction"} <= kinds(ran), kinds(ran)
    leak = next(row for row in found["findings"] if row["kind"] == "leak")
    assert leak["fix"]
    assert any(row.startswith(("held.csv", "stones.csv")) for row in leak["rows"])
    assert ran.code == (1 if any(row["level"] == "error" for row in found["findings"]) else 0)


def test_lint_says_that_one_row_cannot_be_evaluated(ondol, table):
    ran = ondol("finetune", table([ROWS[0]]), "--lint")
    assert ran.code == 0
    assert "cannot be evaluated" in ran.out
    assert "→" in ran.out


def test_lint_reads_a_training_script(ondol, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "def encode(row):\n"
        "    out = tokenizer(row['text'], padding='max_length', max_length=64)\n"
        "    out['labels'] = out['input_ids'].copy()\n"
        "    return out\n"
    )
    ran = ondol("finetune", str(script), "--lint")
    assert ran.code == 1
    assert "train.py:3" in ran.out


@pytest.mark.parametrize(
    ("names", "options", "code", "words"),
    [
        (
            ("alpha", "beta"),
            ("--base", "hf:x", "--name", "x"),
            2,
            "has no column that is the question: its columns are alpha, beta",
        ),
        (
            ("question", "answer"),
            ("--base", "hf:x", "--name", "x", "--map", "answer=reply"),
            2,
            "has no column 'reply'",
        ),
        (("question", "answer"), ("--base", "llama.cpp:nobody", "--name", "x"), 4, "nobody"),
        (("question", "answer"), ("--name", "x"), 2, "does not say base"),
        (("question", "answer"), ("--base", "hf:x", "--name", "x", "--set", "rnak=4"), 2, "Did you mean 'rank'?"),
        (("question", "answer"), ("--base", "hf:x", "--name", "x", "--method", "lorra"), 2, "method is 'lorra'"),
    ],
)
def test_mistakes_are_told_with_what_to_do(ondol, table, names, options, code, words):
    ran = ondol("finetune", table(ROWS, names), *options)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert "→" in ran.err
    assert "Traceback" not in ran.err


def test_adapters_are_listed_and_an_unknown_one_is_exit_4(ondol):
    assert json.loads(ondol("adapters", "list", "--json").out) == {"adapters": []}
    ran = ondol("adapters", "rm", "warm")
    assert ran.code == 4
    assert "No adapter is called 'warm'" in ran.err
    assert ondol("generate", "x", "--model", "llama.cpp:gemma-3-270m", "--adapter", "warm").code == 4


def test_a_plan_without_the_weights_names_what_would_fit(ondol, table):
    ran = ondol(
        "finetune", table(ROWS), "--base", "llama.cpp:llama-3.1-8b-instruct", "--method", "full", "--plan", "--memory",
        "64", "--json",
    )  # fmt: skip
    plan = json.loads(ran.out)
    assert (plan["fits"], plan["source"]) == (False, "config")
    assert plan["change"]
    assert plan["memory_mb"] > 100_000
