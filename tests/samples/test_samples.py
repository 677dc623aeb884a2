"""The samples can be read, and what the questions quote stands in them."""

from __future__ import annotations

import csv
import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
from lxml import html

import ondol

SAMPLES = Path(ondol.__file__).parent / "samples"
QUESTIONS = [
    json.loads(line) for line in Path(__file__).with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
]
ANSWERABLE = [row for row in QUESTIONS if not row.get("unanswerable")]
FORMATS = {".csv", ".docx", ".html", ".md", ".pdf"}
CP949 = "텃밭-창고.csv"


def files(language: str = "") -> list[Path]:
    return sorted(path for path in (SAMPLES / language).rglob("*") if path.is_file())


def squeeze(text: str) -> str:
    return " ".join(text.split())


@cache
def read_pages(name: str) -> list[str]:
    """Text of a sample, read without ondol: one item per page, a single one where there are no pages."""
    path = SAMPLES / name
    match path.suffix:
        case ".pdf":
            with pypdfium2.PdfDocument(path) as pdf:
                # Lines keep the space at their end; one without it goes on in the next line.
                pages = [page.get_textpage().get_text_range().replace("\r\n", "") for page in pdf]
        case ".docx":
            document = docx.Document(str(path))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            pages = ["\n".join([*(p.text for p in document.paragraphs), *cells])]
        case ".html":
            pages = [html.fromstring(path.read_bytes()).text_content()]
        case ".csv":
            with path.open(encoding="cp949" if path.name == CP949 else "utf-8", newline="") as lines:
                pages = ["\n".join(cell for row in csv.reader(lines) for cell in row)]
        case _:
            pages = [path.read_text(encoding="utf-8")]
    return [squeeze(page) for page in pages]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_language_has_every_format(language: str) -> None:
    assert {path.suffix for path in files(language)} == FORMATS


def test_the_samples_are_small_and_nothing_else_lies_among_them() -> None:
    assert all(path.suffix in FORMATS for path in files())
    assert sum(path.stat().st_size for path in files()) < 500_000


def test_names_are_composed_and_text_too() -> None:
    for path in files():
        name = path.relative_to(SAMPLES).as_posix()
        assert unicodedata.is_normalized("NFC", name)
        assert all(unicodedata.is_normalized("NFC", page) for page in read_pages(name)), name


def test_the_korean_table_is_cp949_and_not_utf_8() -> None:
    with pytest.raises(UnicodeDecodeError):
        (SAMPLES / "ko" / CP949).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["en/repair-cafe.pdf", "ko/온돌-이야기.pdf"])
def test_a_pdf_has_two_pages_and_tells_only_its_title(name: str) -> None:
    with pypdfium2.PdfDocument(SAMPLES / name) as pdf:
        assert len(pdf) == 2
        told = {key for key, value in pdf.get_metadata_dict().items() if value}
    assert told <= {"Title", "Producer"}


@pytest.mark.parametrize(
    "topic", ["langchain", "retrieval-augmented", "vector database", "랭체인", "검색 증강", "벡터 데이"]
)
def test_the_tutorials_topics_are_there_in_both_languages(topic: str) -> None:
    assert any(topic in read_pages(path.relative_to(SAMPLES).as_posix())[0].lower() for path in files())


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_a_quote_stands_verbatim_in_its_file_and_on_its_page(row: dict[str, Any]) -> None:
    found = [number for number, page in enumerate(read_pages(row["file"]), 1) if squeeze(row["quote"]) in page]
    assert found == [row["page"] or 1]
    assert (row["page"] is not None) == row["file"].endswith(".pdf")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_questions_are_many_and_a_third_have_no_answer(language: str) -> None:
    rows = [row for row in QUESTIONS if row["id"].startswith(language)]
    refused = [row for row in rows if row.get("unanswerable")]
    assert len(rows) >= 30
    assert len(refused) >= 12
    assert all(row["answer"] is row["file"] is row["quote"] is None for row in refused)


def test_no_question_is_asked_twice() -> None:
    assert len({row["id"] for row in QUESTIONS}) == len({row["question"] for row in QUESTIONS}) == len(QUESTIONS)
