"""Questions and the documents that answer them, from JSONL, BEIR and TREC files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ondol.errors import UnusableInput
from ondol.evaluate.rows import bad_line, is_jsonl, json_rows, name_in, pick, read_lines, table_rows

QUERY_ID = ("id", "_id", "query_id", "query-id", "qid")
QUESTION = ("question", "text", "query")
EXPECTED = ("document_id", "document_ids", "context_id", "context_ids", "doc_id")
"""Keys of a question's row that name the documents which answer it; lists may stand in lists."""
JUDGED_QUERY = ("query_id", "query-id", "qid", "id", "_id")
JUDGED_DOCUMENT = ("document_id", "doc_id", "corpus-id", "corpus_id", "context_id", "docid")
GRADE = ("relevance", "score", "rel", "grade")
QUERY_FORM = 'A question is written {{"id": "1", "question": "…"}}, or as id, tab, question.'
QREL_FORM = (
    'A judgement is written {{"query_id": "1", "document_id": "d7", "relevance": 1}}, '
    "as query-id, tab, corpus-id, tab, score, or in TREC's four columns."
)

Grades = dict[str, float]
"""Document → relevance; above 0 is relevant, and more is better."""


@dataclass(frozen=True, slots=True)
class Query:
    id: str
    question: str
    synthetic: bool = False
    """Made from the documents by `make-set`, not asked by a person."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the documents that answer it, named as the library names them."""

    query: Query
    grades: Grades


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """What is asked and expected, and what of the files cannot be used."""

    judged: list[Judged]
    unknown_documents: int = 0
    """Documents of the judgements that the library lacks."""
    left_out: int = 0
    """Questions that no document of the library is judged relevant for."""
    without_judgement: int = 0
    """Questions that nothing was judged for; the files of BEIR hold all parts' questions in one."""
    without_question: int = 0
    """Questions that are judged and whose text is in no file."""

    @property
    def synthetic(self) -> int:
        return sum(row.query.synthetic for row in self.judged)


def read_set(queries: Path, qrels: Path | None, known: Mapping[str, str]) -> QuestionSet:
    """Read both files, and keep what the library can be asked.

    Args:
        qrels: judgements; without them the questions' rows name their documents.
        known: every name of a source → its document id.

    Raises:
        UnusableInput: a file or line cannot be used, or questions, judgements and library have nothing in common.
    """
    questions, expected = read_queries(queries)
    grades = read_qrels(qrels) if qrels else expected
    if not grades:
        raise UnusableInput(
            "The rows of {path} do not say which documents answer them.",
            hint='Give the judgements with --qrels, or write "document_id" into every row.',
            path=queries,
        )
    named = [query for query in questions if max(grades.get(query.id, {}).values(), default=0.0) > 0]
    if not named:
        raise UnusableInput(
            "No question of {queries} has a relevant document in {qrels}: the ids are '{asked}' … and '{judged}' ….",
            hint="Check that both files are of the same set.",
            queries=queries, qrels=qrels or queries, asked=questions[0].id, judged=next(iter(grades)),
        )  # fmt: skip
    return _keep_known(questions, named, grades, known)


def _keep_known(
    questions: list[Query], named: list[Query], grades: Mapping[str, Grades], known: Mapping[str, str]
) -> QuestionSet:
    judged, lacking = list[Judged](), dict[str, None]()
    for query in named:
        found: Grades = {}
        for name, grade in grades[query.id].items():
            if name in known:
                found[known[name]] = max(grade, found.get(known[name], grade))
            else:
                lacking[name] = None
        if any(grade > 0 for grade in found.values()):
            judged.append(Judged(query, found))
    if not judged:
        raise UnusableInput(
            "The library holds none of the documents that are judged relevant, such as '{example}'.",
            hint="Name them as ondol list --sources does, or add them first: ondol add FILE.jsonl --records",
            example=next(iter(lacking)),
        )
    ids = {query.id for query in questions}
    return QuestionSet(
        judged=judged,
        unknown_documents=len(lacking),
        left_out=len(named) - len(judged),
        without_judgement=len(questions) - len(named),
        without_question=sum(name not in ids for name in grades),
    )


def read_queries(path: Path) -> tuple[list[Query], dict[str, Grades]]:
    """Questions in the order of the file, and the documents that their rows name (relevance 1).

    Raises:
        UnusableInput: a line is no question, or two have one id.
    """
    lines = read_lines(path)
    rows = _json_queries(lines, path) if is_jsonl(lines) else _table_queries(lines, path)
    seen: dict[str, int] = {}
    queries, expected = [], dict[str, Grades]()
    for number, query, documents in rows:
        if query.id in seen:
            raise bad_line(
                path, number, "the id '{id}' stands in line {first} already", id=query.id, first=seen[query.id]
            )
        seen[query.id] = number
        queries.append(query)
        if documents:
            expected[query.id] = dict.fromkeys(documents, 1.0)
    if not queries:
        raise UnusableInput("{path} holds no question.", hint=QUERY_FORM, path=path)
    return queries, expected


def _json_queries(lines: list[tuple[int, str]], path: Path) -> Iterator[tuple[int, Query, list[str]]]:
    for number, row in json_rows(lines, path):
        name, question = name_in(pick(row, QUERY_ID)), pick(row, QUESTION)
        if not name or not isinstance(question, str) or not question.strip():
            raise bad_line(path, number, "the id or the question is missing", QUERY_FORM)
        documents = [name for value in (row.get(key) for key in EXPECTED) for name in _names(value)]
        yield number, Query(name, question.strip(), row.get("synthetic") is True), documents


def _table_queries(lines: list[tuple[int, str]], path: Path) -> Iterator[tuple[int, Query, list[str]]]:
    for place, (number, cells) in enumerate(table_rows(lines)):
        if place == 0 and cells[0].lower() in QUERY_ID:
            continue
        if "\t" not in lines[place][1] or not cells[0] or not cells[1]:
            raise bad_line(path, number, "the id or the question is missing", QUERY_FORM)
        yield number, Query(cells[0], cells[1]), []


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif name := name_in(value):
        yield name


def read_qrels(path: Path) -> dict[str, Grades]:
    """Query id → document → relevance; of two judgements of one pair the higher one holds.

    Raises:
        UnusableInput: a line is no judgement.
    """
    lines = read_lines(path)
    rows = _json_qrels(lines, path) if is_jsonl(lines) else _table_qrels(lines, path)
    grades: dict[str, Grades] = {}
    for number, query, document, value in rows:
        grade = _grade(value)
        if not query or not document or not math.isfinite(grade):
            reason = "the relevance is no number" if query and document else "the query or the document is missing"
            raise bad_line(path, number, reason, QREL_FORM)
        of_query = grades.setdefault(query, {})
        of_query[document] = max(grade, of_query.get(document, grade))
    if not grades:
        raise UnusableInput("{path} holds no judgement.", hint=QREL_FORM, path=path)
    return grades


def _json_qrels(lines: list[tuple[int, str]], path: Path) -> Iterator[tuple[int, str, str, Any]]:
    for number, row in json_rows(lines, path):
        grade = pick(row, GRADE)
        yield (
            number,
            name_in(pick(row, JUDGED_QUERY)),
            name_in(pick(row, JUDGED_DOCUMENT)),
            1 if grade is None else grade,
        )


def _table_qrels(lines: list[tuple[int, str]], path: Path) -> Iterator[tuple[int, str, str, Any]]:
    """BEIR's three columns under a line of names, or TREC's four: query, iteration, document, relevance."""
    for place, (number, cells) in enumerate(table_rows(lines)):
        if place == 0 and cells[0].lower() in (*JUDGED_QUERY, "query"):
            continue
        if len(cells) not in (2, 3, 4):
            raise bad_line(path, number, "it has {count} columns", QREL_FORM, count=len(cells))
        document = cells[2] if len(cells) == 4 else cells[1]
        yield number, cells[0], document, cells[-1] if len(cells) > 2 else 1


def _grade(value: Any) -> float:
    """NaN for what is no number."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def known_names(sources: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Document ids and paths of the library's sources → document id; an id wins over a path that looks like it."""
    rows = list(sources)
    return {row["source"]: row["document_id"] for row in rows} | {
        row["document_id"]: row["document_id"] for row in rows
    }
