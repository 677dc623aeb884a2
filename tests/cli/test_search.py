"""`search`: hits as JSON, a quiet page for people, and batches."""

import json

import pytest


def test_a_hit_says_where_it_stands(ondol, filled):
    found = ondol("search", "museum opens", "-k", 1, "--json").json
    assert set(found) >= {"query", "mode", "hits", "ms"}
    assert set(found["ms"]) == {"embed", "search", "total"}
    [hit] = found["hits"]
    assert set(hit) >= {"rank", "score", "document_id", "source", "title", "page", "start", "end", "text"}
    assert (hit["rank"], hit["source"], hit["page"]) == (1, str(filled / "museum.txt"), None)
    assert ondol("show", hit["document_id"], "--json").json["text"][hit["start"] : hit["end"]] == hit["text"]


def test_people_see_place_and_beginning(ondol, filled, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    (filled / "long.txt").write_text("The museum opens at 9:30. " * 20)
    ondol("add", "docs/long.txt")
    lines = ondol("search", "museum opens", "-k", 1).out.splitlines()
    assert lines[0].endswith("docs/long.txt")
    assert lines[0].startswith("[1] 0.")
    assert len(lines) == 4
    assert all(line.startswith("    ") and len(line) <= 40 for line in lines[1:])
    assert lines[-1].endswith(" …")


def test_an_empty_collection_says_so(ondol, filled):
    ondol("remove", "docs/museum.txt", "docs/mill.md")
    ran = ondol("search", "museum")
    assert (ran.code, ran.out, ran.err) == (0, "", "Nothing was found: the collection is empty.\n")


@pytest.mark.parametrize("question", ["?!", "🙂", "two\nlines", "half \udcff", "a" * 100_000, "박물관 " * 20_000])
def test_odd_questions_are_searched(ondol, filled, question):
    assert len(ondol("search", question, "--json").json["hits"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2), ([""], 2), ([" "], 2), (["x", "-k", "0"], 2), (["x", "-k", "many"], 2), (["x", "--mode", "magic"], 2),
        (["x", "--batch", "q.jsonl"], 2), (["--batch", "missing.jsonl", "--out", "o.jsonl"], 5),
        (["--batch", "q.jsonl", "--out", "missing/o.jsonl"], 2), (["--batch", "q.jsonl", "--out", "docs"], 2),
        (["x", "--collection", "mian"], 4), (["x", "--embeddings", "fake:other"], 2),
    ],
)  # fmt: skip
def test_mistakes_have_a_message_and_a_code(ondol, filled, tmp_path, arguments, code):
    (tmp_path / "q.jsonl").write_text('{"id": 1, "question": "museum?"}')
    ran = ondol("search", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert "Traceback" not in ran.err
    assert len(ran.err.splitlines()) <= 4


def test_an_unknown_collection_offers_the_nearest_or_the_command_that_makes_it(ondol, filled):
    assert ondol("search", "x", "-c", "mian").err == (
        "There is no collection 'mian' yet.\n  → Did you mean 'main'? Known: main.\n"
    )
    assert ondol("search", "x", "-c", "tax law").err == (
        "There is no collection 'tax law' yet.\n  → Add documents to it: ondol add PATH --collection 'tax law'\n"
    )


def test_a_batch_keeps_ids_and_order(ondol, filled, tmp_path):
    rows = [{"id": 7, "question": "museum"}, {"id": "b", "question": "half \ud800"}]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ran = ondol("search", "--batch", "q.jsonl", "--out", "r.jsonl", "-k", 1)
    assert (ran.code, ran.out) == (0, "")
    found = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in found] == [7, "b"]
    assert found[0]["hits"][0]["source"].endswith("museum.txt")


@pytest.mark.parametrize("bad", ['{"id": "b"}', "no json", '{"id": "b", "question": " "}', "[1]"])
def test_a_bad_row_is_named_before_any_work(ondol, filled, tmp_path, bad):
    (tmp_path / "q.jsonl").write_text('{"id": "a", "question": "museum"}\n' + bad)
    ran = ondol("search", "--batch", "q.jsonl", "--out", "r.jsonl")
    assert ran.code == 5
    assert ran.err.startswith("Line 2 of q.jsonl is not a question row.\n  → ")
    assert not (tmp_path / "r.jsonl").exists()


def test_pages_and_an_empty_result_in_korean(ondol, filled, monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    ondol("remove", "docs/museum.txt", "docs/mill.md")
    assert ondol("search", "박물관").err == "찾은 것이 없습니다. 컬렉션이 비어 있습니다.\n"
    assert ondol("search", " ").err.startswith("질문이 비어 있습니다.\n")


def test_a_line_separator_inside_a_question_does_not_break_its_row(ondol, filled, tmp_path):
    (tmp_path / "q.jsonl").write_text('{"id": "a", "question": "museum\u2028opens?"}\n', encoding="utf-8")
    assert ondol("search", "--batch", "q.jsonl", "--out", "o.jsonl").code == 0
    assert json.loads((tmp_path / "o.jsonl").read_text(encoding="utf-8"))["id"] == "a"
