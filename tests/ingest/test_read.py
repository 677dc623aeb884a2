"""Files as LangChain documents."""

import json
from pathlib import Path

import pytest

from ondol.errors import OndolError, UnusableInput
from ondol.ingest.formats import FORMATS
from ondol.ingest.read import load_documents, read_source

DOCUMENTS = Path(__file__).parents[3] / "shared" / "data" / "documents"


def test_a_file_is_one_document(files):
    path = files.write("a.txt", "도서관은 9시에 엽니다.")
    (document,) = load_documents(path)
    assert document.page_content == "도서관은 9시에 엽니다."
    assert document.metadata == {"source": path, "title": "a", "format": "txt", "author": ""}


def test_an_unknown_format_names_the_known_ones(files):
    with pytest.raises(OndolError, match=r"No format is called '\.xyz'"):
        load_documents(files.write("a.xyz", "text"))


def test_a_missing_file_is_told(files):
    with pytest.raises(UnusableInput, match="The file cannot be read: No such file or directory"):
        load_documents(files.path / "none.txt")


def probes():
    lines = (DOCUMENTS / "probes.jsonl").read_text().splitlines() if DOCUMENTS.is_dir() else []
    rows = [json.loads(line) for line in lines]
    return [row for row in rows if Path(row["file"]).suffix in FORMATS and row["must_contain"]]


@pytest.mark.data
@pytest.mark.parametrize("probe", probes() or [None], ids=lambda probe: probe and probe["file"])
def test_real_documents_yield_what_stands_in_them(probe):
    if probe is None:
        pytest.skip("shared/data/documents is not beside the checkout")
    pages = load_documents(DOCUMENTS / probe["file"])
    text = "".join(page.page_content for page in pages)
    assert [piece for piece in probe["must_contain"] if piece not in text] == []
    assert text == read_source(DOCUMENTS / probe["file"]).text


@pytest.mark.data
def test_a_real_scan_is_refused_without_ocr(monkeypatch):
    monkeypatch.setattr("ondol.ingest.formats.pdf.find_ocr", lambda: (None, ""))
    if not DOCUMENTS.is_dir():
        pytest.skip("shared/data/documents is not beside the checkout")
    with pytest.raises(UnusableInput, match="no text layer"):
        read_source(DOCUMENTS / "en_scan_no_text.pdf")
