"""The file of results: whole lines only, gone on with by the same call, never written over."""

import json

import pytest

from ondol.chains.inputs import Item
from ondol.chains.over_items import run_over
from ondol.chains.results_file import ResultsFile
from ondol.chains.run import open_chain
from ondol.errors import UsageError

ITEMS = [Item(source="a.csv", row=number, text=text) for number, text in enumerate(["One.", "둘.", "", "Four."], 1)]


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def run(say, place):
    def over(*replies, items=ITEMS, asked=None):
        model = say(*replies)
        with ResultsFile(place / "r.jsonl", asked or {"chain": "summarise"}) as results:
            run_over("summarise", open_chain("summarise", model), items, results)
        return model, results

    return over


def test_a_row_that_fails_is_written_with_its_reason_and_the_rest_goes_on(run, place):
    run("x")
    head, *rows = lines(place / "r.jsonl")
    assert head["ondol"] == "chain"
    assert [row.get("result") for row in rows] == ["x", "x", None, "x"]
    assert rows[2]["error"] == "The text is empty."


def test_the_same_call_runs_only_what_is_not_done_and_tries_failures_again(run, place):
    run("first")
    model, results = run("second")
    assert (len(model.asked), len(results.done), len(results.rows)) == (0, 3, 1)
    mended = [*ITEMS[:2], Item(source="a.csv", row=3, text="Three."), ITEMS[3]]
    run("third", items=mended)
    rows = lines(place / "r.jsonl")[1:]
    assert sorted((row["row"], row["result"]) for row in rows) == [
        (1, "first"),
        (2, "first"),
        (3, "third"),
        (4, "first"),
    ]


def test_a_line_that_was_cut_off_is_dropped_and_done_again(run, place):
    run("first", items=ITEMS[:2])
    whole = (place / "r.jsonl").read_bytes()
    (place / "r.jsonl").write_bytes(whole[:-9])
    model, _ = run("second", items=ITEMS[:2])
    assert len(model.asked) == 1
    assert [row["result"] for row in lines(place / "r.jsonl")[1:]] == ["first", "second"]


def test_results_of_another_call_are_refused_and_kept(run, place):
    run("first")
    before = (place / "r.jsonl").read_bytes()
    with pytest.raises(UsageError, match="holds something else than results of this chain"):
        run("second", asked={"chain": "summarise", "model": "other"})
    assert (place / "r.jsonl").read_bytes() == before


def test_a_file_of_somebody_else_is_refused_and_kept(run, place):
    (place / "r.jsonl").write_text("my notes\n", encoding="utf-8")
    with pytest.raises(UsageError):
        run("x")
    assert (place / "r.jsonl").read_text(encoding="utf-8") == "my notes\n"
