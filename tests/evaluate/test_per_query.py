"""The rows of every question, for a spreadsheet and for a program."""

import csv
import io
import json

from ondol.evaluate.per_query import write_jsonl, write_tsv
from ondol.evaluate.qrels import Judged, Query, QuestionSet
from ondol.evaluate.retrieval import run_evaluation


def make_evaluation():
    judged = [
        Judged(Query("1", "When\tdoes it\nopen?"), {"a": 1.0}),
        Judged(Query("2", "=cmd()"), {"b": 1.0, "a": 2.0}),
    ]
    searches = {"dense": lambda _: (["a", "b"], 1.0), "lexical": lambda _: ([], 2.0)}
    return run_evaluation(QuestionSet(judged=judged), searches)


def test_a_table_has_a_line_for_every_question_and_setting():
    rows = list(csv.DictReader(io.StringIO(write_tsv(make_evaluation())), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert [(row["id"], row["arm"]) for row in rows] == [
        ("1", "dense"), ("1", "lexical"), ("2", "dense"), ("2", "lexical"),
    ]  # fmt: skip
    first, _, third, fourth = rows
    assert (first["question"], first["expected"], first["found"]) == ("When does it open?", "a", "a | b")
    assert (first["ndcg@10"], first["hit@1"], first["ms"]) == ("1.000000", "1.000000", "1.00")
    assert (third["question"], third["expected"]) == ("'=cmd()", "a | b")
    assert fourth["found"] == ""


def test_jsonl_has_a_line_for_every_question():
    rows = [json.loads(line) for line in write_jsonl(make_evaluation()).splitlines()]
    assert [row["id"] for row in rows] == ["1", "2"]
    assert rows[0]["arms"]["lexical"] == {
        "found": [], "metrics": {"ndcg@10": 0, "recall@10": 0, "mrr@10": 0, "hit@1": 0, "hit@5": 0}, "ms": 2.0,
    }  # fmt: skip
