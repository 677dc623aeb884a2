"""Questions and judgements are read in the forms that are about, and mistakes name file, line and remedy."""

import unicodedata

import pytest

from ondol.errors import UnusableInput
from ondol.evaluate.qrels import Query, known_names, read_qrels, read_queries, read_set

QUESTIONS = {
    "jsonl": [{"id": "1", "question": "When?"}, {"id": 2, "question": "언제 여나요?"}],
    "beir": [{"_id": "1", "text": "When?", "metadata": {}}, "", {"_id": "2", "text": "언제 여나요?"}],
    "query key": [{"query_id": "1", "query": "When?"}, {"query_id": "2", "query": "언제 여나요?"}],
    "table": ["1\tWhen?", "2\t언제 여나요?"],
    "table with names": ["query-id\ttext", "1\tWhen?", "2\t언제 여나요?"],
    "windows": ['\ufeff{"id": "1", "question": "When?"}\r', '{"id": "2", "question": "언제 여나요?"}\r'],
}
JUDGEMENTS = {
    "jsonl": [{"query_id": "1", "document_id": "a"}, {"query_id": "2", "document_id": "b", "relevance": 2}],
    "other keys": [{"id": 1, "doc_id": "a"}, {"id": 2, "doc_id": "b", "score": "2"}],
    "beir": ["query-id\tcorpus-id\tscore", "1\ta\t1", "2\tb\t2"],
    "trec": ["1 0 a 1", "2 0 b 2"],
    "trec with tabs": ["1\t0\ta\t1", "2\t0\tb\t2"],
}


@pytest.mark.parametrize("form", QUESTIONS)
def test_questions_are_read(write, form):
    queries, expected = read_queries(write("q.jsonl", *QUESTIONS[form]))
    assert queries == [Query("1", "When?"), Query("2", "언제 여나요?")]
    assert expected == {}


@pytest.mark.parametrize("form", JUDGEMENTS)
def test_judgements_are_read(write, form):
    assert read_qrels(write("qrels", *JUDGEMENTS[form])) == {"1": {"a": 1.0}, "2": {"b": 2.0}}


def test_paths_with_blanks_are_documents_of_a_table(write):
    path = write("qrels.tsv", "query-id\tcorpus-id\tscore", "1\tmy docs/a b.pdf\t1")
    assert read_qrels(path) == {"1": {"my docs/a b.pdf": 1.0}}


def test_of_two_judgements_of_a_pair_the_higher_one_holds(write):
    assert read_qrels(write("qrels", "1 0 a 2", "1 0 a 1", "1 0 b -1")) == {"1": {"a": 2.0, "b": -1.0}}


@pytest.mark.parametrize(
    ("row", "documents"),
    [
        ({"context_id": "c1"}, ["c1"]), ({"context_ids": [["c1", "c2"], ["c3"]]}, ["c1", "c2", "c3"]),
        ({"document_id": 7}, ["7"]), ({"document_id": None, "synthetic": True}, []),
    ],
)  # fmt: skip
def test_a_question_may_name_its_documents(write, row, documents):
    queries, expected = read_queries(write("q.jsonl", {"id": "1", "question": "When?", **row}))
    assert expected == ({"1": dict.fromkeys(documents, 1.0)} if documents else {})
    assert queries[0].synthetic is (row.get("synthetic") is True)


def test_decomposed_hangul_is_composed(write):
    nfd = unicodedata.normalize("NFD", "한글.pdf")
    queries, expected = read_queries(write("q.jsonl", {"id": "1", "question": nfd, "document_id": nfd}))
    assert (queries[0].question, expected["1"]) == ("한글.pdf", {"한글.pdf": 1.0})


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{no json", "it is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))."),
        ("[1]", "it is not an object."), ("{}", "the id or the question is missing."),
        ('{"id": "2"}', "the id or the question is missing."),
        ('{"id": true, "question": "x"}', "the id or the question is missing."),
        ('{"id": "2", "question": " "}', "the id or the question is missing."),
        ('{"id": 1, "question": "x"}', "the id '1' stands in line 1 already."),
        ("[" * 100_000, "it is not JSON ("),
    ],
)  # fmt: skip
def test_a_bad_question_is_named_by_its_line(write, bad, reason):
    path = write("q.jsonl", {"id": "1", "question": "When?"}, bad)
    with pytest.raises(UnusableInput) as caught:
        read_queries(path)
    assert caught.value.message.startswith(f"Line 2 of {path}: {reason}")
    assert caught.value.hint


@pytest.mark.parametrize("lines", [["1 When is it?"], ["1\t"], ["\tWhen?"], ["1\tWhen?", "2"]])
def test_a_bad_row_of_a_table_is_named_too(write, lines):
    path = write("q.tsv", *lines)
    with pytest.raises(UnusableInput) as caught:
        read_queries(path)
    assert caught.value.message == f"Line {len(lines)} of {path}: the id or the question is missing."
    assert caught.value.hint == 'A question is written {"id": "1", "question": "…"}, or as id, tab, question.'


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("1 0 a b c", "it has 5 columns"), ("1", "it has 1 columns"), ("1 0 a much", "the relevance is no number"),
        ("1 0 a nan", "the relevance is no number"), ("1 0 a inf", "the relevance is no number"),
    ],
)  # fmt: skip
def test_a_bad_judgement_is_named_by_its_line(write, bad, reason):
    path = write("qrels.txt", "1 0 a 1", bad)
    with pytest.raises(UnusableInput) as caught:
        read_qrels(path)
    assert caught.value.message == f"Line 2 of {path}: {reason}."
    assert caught.value.hint.startswith('A judgement is written {"query_id": "1"')


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"query_id": "1"}, "the query or the document is missing"),
        ({"document_id": "a"}, "the query or the document is missing"),
        ({"query_id": "1", "document_id": "a", "score": True}, "the relevance is no number"),
        ({"query_id": "1", "document_id": "a", "score": [1]}, "the relevance is no number"),
    ],
)
def test_a_bad_judgement_in_json_too(write, row, reason):
    path = write("qrels.jsonl", row)
    with pytest.raises(UnusableInput) as caught:
        read_qrels(path)
    assert caught.value.message == f"Line 1 of {path}: {reason}."


@pytest.mark.parametrize("read", [read_queries, read_qrels])
def test_files_that_hold_nothing_or_cannot_be_read_are_refused(read, tmp_path):
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text(" \n\n")
    binary.write_bytes(b"\xff\xfe\x00\x01")
    for path, message in (
        (empty, f"{empty} is empty."),
        (binary, f"{binary} cannot be read: "),
        (tmp_path / "no", f"{tmp_path / 'no'} cannot be read: No such file or directory."),
        (tmp_path, f"{tmp_path} cannot be read: Is a directory."),
        (tmp_path / "a\0b", "cannot be read: "),
    ):
        with pytest.raises(UnusableInput) as caught:
            read(path)
        assert message in caught.value.message


def test_a_file_of_names_alone_holds_nothing(write):
    with pytest.raises(UnusableInput, match="holds no judgement"):
        read_qrels(write("qrels.tsv", "query-id\tcorpus-id\tscore"))
    with pytest.raises(UnusableInput, match="holds no question"):
        read_queries(write("q.tsv", "id\ttext"))


KNOWN = {"a": "a", "b": "b", "docs/a.txt": "a"}


def test_what_cannot_be_used_is_counted(write):
    queries = write("q.jsonl", *({"id": str(n), "question": f"{n}?", "synthetic": n == 1} for n in range(1, 6)))
    qrels = write("qrels", "1 0 a 1", "1 0 gone 1", "2 0 lost 1", "3 0 b 0", "4 0 docs/a.txt 2", "4 0 a 1", "9 0 a 1")
    found = read_set(queries, qrels, KNOWN)
    assert [(row.query.id, row.grades) for row in found.judged] == [("1", {"a": 1.0}), ("4", {"a": 2.0})]
    assert (found.unknown_documents, found.left_out, found.without_judgement, found.without_question) == (2, 1, 2, 1)
    assert found.synthetic == 1


def test_judgements_of_a_file_win_over_those_of_the_questions(write):
    queries = write("q.jsonl", {"id": "1", "question": "When?", "document_id": "a"})
    assert read_set(queries, None, KNOWN).judged[0].grades == {"a": 1.0}
    assert read_set(queries, write("qrels", "1 0 b 1"), KNOWN).judged[0].grades == {"b": 1.0}


@pytest.mark.parametrize(
    ("qrels", "message", "hint"),
    [
        (None, "The rows of {q} do not say which documents answer them.",
         'Give the judgements with --qrels, or write "document_id" into every row.'),
        ("q7 0 a 1", "No question of {q} has a relevant document in {r}: the ids are '1' … and 'q7' ….",
         "Check that both files are of the same set."),
        ("1 0 c1 1", "The library holds none of the documents that are judged relevant, such as 'c1'.",
         "Name them as ondol list --sources does, or add them first: ondol add FILE.jsonl --records"),
    ],
)  # fmt: skip
def test_files_that_have_nothing_in_common_are_refused(write, qrels, message, hint):
    queries = write("q.jsonl", {"id": "1", "question": "When?"})
    path = write("qrels", qrels) if qrels else None
    with pytest.raises(UnusableInput) as caught:
        read_set(queries, path, KNOWN)
    assert (caught.value.message, caught.value.hint) == (message.format(q=queries, r=path), hint)


def test_sources_are_known_by_id_and_path():
    rows = [{"document_id": "a-1", "source": "docs/a.txt"}, {"document_id": "docs/a.txt", "source": "x"}]
    assert known_names(rows) == {"a-1": "a-1", "docs/a.txt": "docs/a.txt", "x": "docs/a.txt"}
