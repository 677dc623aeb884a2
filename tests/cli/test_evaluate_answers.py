"""`evaluate answers`, from a file of questions to figures, page and replies."""

import json

import pytest

from ondol.cli.columns import width_of
from ondol.models.fake import FakeChat


@pytest.fixture
def asked(filled, tmp_path):
    rows = [
        {"id": "1", "question": "When does the museum open?", "answers": ["9:30"]},
        {"id": "2", "question": "방앗간 입장료는 얼마인가요?", "answers": ["3,000원"]},
        {"id": "3", "question": "Who is the mayor of Zorbtown?", "answers": []},
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return ["evaluate", "answers", "--questions", "q.jsonl"]


def test_figures_come_as_json_and_replies_are_kept(ondol, asked, tmp_path):
    ran = ondol(*asked, "--json", "--out", "r.jsonl", "--html", "out.html")
    told = ran.json
    assert (ran.code, told["n"], told["model"], list(told["arms"])) == (0, 3, "fake:", ["base", "rag"])
    assert told["best"] == {"en": None, "ko": None}
    assert set(told["arms"]["rag"]) == {"en", "ko"}
    assert told["arms"]["base"]["en"]["n"] == 2
    assert {row["language"] for row in told["pairs"]} == {"en", "ko"}
    assert [row["sentence"] is None for row in told["pairs"]] == [row["p_holm"] is None for row in told["pairs"]]
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(row["arm"], row["id"]) for row in lines[1:]] == [(a, n) for n in "123" for a in ("base", "rag")]
    assert "<h1>Evaluation of answers</h1>" in (tmp_path / "out.html").read_text(encoding="utf-8")
    again = ondol(*asked, "--json", "--out", "r.jsonl")
    assert "6 replies are there already; going on." in again.err
    assert again.json["arms"] == told["arms"]
    other = ondol(*asked, "--arms", "base", "--out", "r.jsonl")
    assert other.code == 2
    assert "holds something else than replies" in other.err


def test_a_model_alone_needs_no_library(ondol, asked):
    told = ondol(*asked, "--arms", "base", "--limit", "1", "--collection", "none", "--json").json
    assert (told["n"], told["pairs"]) == (1, [])


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [(["--arms", "base,tuned"], 2, "The arm 'tuned' needs an adapter."),
     (["--arms", "base", "--adapter", "food"], 2, "No arm uses the adapter."),
     (["--adapter", "food"], 4, "food"),
     (["--arms", "magic"], 4, "No arm is called 'magic'."),
     (["--out", "q.jsonl"], 2, "q.jsonl is a file of questions or judgements."),
     (["--collection", "none"], 4, "There is no collection 'none' yet.")],
)  # fmt: skip
def test_what_cannot_be_is_told_at_once(ondol, asked, options, code, message):
    ran = ondol(*asked, *options)
    assert ran.code == code
    assert message in ran.err


@pytest.mark.parametrize("columns", [80, 50])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_table_fits_the_terminal(ondol, asked, monkeypatch, columns, language):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("ONDOL_LANG", language)
    lines = ondol(*asked).out.splitlines()
    assert max(map(width_of, lines)) <= columns
    assert sum(line.startswith("  rag") for line in lines) >= 4


def test_an_adapter_is_opened_for_the_tuned_arms_only(ondol, asked, monkeypatch, tmp_path):
    opened = []
    weights = tmp_path / "food.gguf"
    weights.write_bytes(b"1")

    def open_model(spec, *, settings, **options):
        opened.append(options)
        return FakeChat(replies=("9:30",) if options else ("noon",))

    monkeypatch.setattr("ondol.assemble_evaluation.open_model", open_model)
    told = ondol(*asked, "--adapter", "food.gguf", "--json", "--out", "r.jsonl").json
    assert opened == [{}, {"adapter": "food.gguf"}]
    assert (list(told["arms"]), told["adapter"]) == (["base", "rag", "tuned", "tuned+rag"], "food.gguf")
    assert [told["arms"][arm]["en"]["metrics"]["em"][0] for arm in ("base", "tuned")] == [0.0, 1.0]
    assert ondol(*asked, "--adapter", "food.gguf", "--json", "--out", "r.jsonl").json == told
    assert len(opened) == 4  # general text is tried anew: these models do not tell how likely it is
    weights.write_bytes(b"12")  # trained anew
    assert "holds something else" in ondol(*asked, "--adapter", "food.gguf", "--out", "r.jsonl").err
