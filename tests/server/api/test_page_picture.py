import io
import unicodedata

import numpy as np
import pytest
from PIL import Image

import ondol
from ondol.errors import NotFound, UnusableInput
from ondol.ingest.formats.pdf import read_pdf
from ondol.server.api.page_boxes import Squeezed, _Passages, join_boxes
from ondol.server.api.page_picture import INK, draw_page
from tests.ingest.formats.conftest import write_pdf

LINES = [
    (72, 700, "The mill opens at nine. It is closed on Monday, and the"),
    (72, 686, "miller lives next door. The mill opens at nine."),
    (72, 640, "Entrance is three coins."),
]
PDF = write_pdf([LINES, [(72, 700, "The second page is about the brook.")]])


def marked_rows(png):
    """Height of the picture, and the rows that hold the marker's colour, as (first, last) runs."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    rows = np.flatnonzero((abs(pixels - INK).max(axis=2) < 3).any(axis=1))
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    return pixels.shape, [(run[0], run[-1]) for run in runs if run.size]


def page_text(number=0):
    parsed = read_pdf(PDF, "mill")
    start, end = parsed.pages[number]
    return parsed.text[start:end]


def test_the_passage_is_marked_where_it_stands():
    text = page_text()
    start = text.index("Entrance")
    shape, runs = marked_rows(draw_page(PDF, 1, width=612, text=text, marked=(start, start + 8)))
    assert shape[:2] == (792, 612)
    [(first, last)] = runs
    assert 792 - 640 - 14 < first < last < 792 - 640 + 8


def test_a_sentence_that_stands_twice_is_marked_the_second_time():
    text = page_text()
    start = text.rindex("The mill opens")
    _, runs = marked_rows(draw_page(PDF, 1, width=612, text=text, marked=(start, start + 23)))
    [(first, last)] = runs
    assert 792 - 686 - 14 < first < last < 792 - 686 + 8


def test_lines_in_another_order_are_found_one_by_one():
    found = list(_Passages("ccddaabb", "aa bb\ncc dd").find(0, 11))
    assert found == [(4, 8), (0, 4)]


def test_words_are_found_where_a_line_is_not():
    assert list(_Passages("onetwo", "one or\ntwo").find(0, 10)) == [(0, 3), (3, 6)]
    assert list(_Passages("nothing", "one or two").find(0, 10)) == []


def test_decomposed_hangul_is_one_character_at_its_first_place():
    squeezed = Squeezed.of(list(unicodedata.normalize("NFD", "가 나")))
    assert (squeezed.text, squeezed.places) == ("가나", [0, 3])


def test_boxes_of_one_line_are_joined():
    assert join_boxes([(0, 0, 5, 10), (6, 0, 9, 10), (0, -14, 5, -4)]) == [(0, 0, 9, 10), (0, -14, 5, -4)]


def test_what_is_no_page_is_told():
    with pytest.raises(NotFound, match="has no page 3"):
        draw_page(PDF, 3, width=300)
    with pytest.raises(UnusableInput, match="The PDF is damaged"):
        draw_page(b"%PDF-1.4 nothing", 1, width=300)


@pytest.fixture
def pdf(client, documents, engine):
    file = documents / "방앗간 안내.pdf"
    file.write_bytes(PDF)
    with engine.library(create=True) as library:
        ondol.add_documents(library, [str(file)])
    return file


@pytest.fixture
def at(client, pdf):
    [row] = client.get("/api/sources").json()["sources"]
    return f"/api/sources/{row['document_id']}"


def test_a_page_of_the_original_is_a_picture_with_the_passage(client, at):
    shown = client.get(at).json()
    assert shown["original"] is True
    start = shown["text"].index("brook")
    told = client.get(f"{at}/page/2.png", params={"start": start, "end": start + 5, "width": 612})
    assert told.headers["content-type"] == "image/png"
    _, [(first, last)] = marked_rows(told.content)
    assert 792 - 700 - 14 < first < last < 792 - 700 + 8
    assert marked_rows(client.get(f"{at}/page/1.png?width=300").content)[1] == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("3.png", 404), ("0.png", 400), ("99999999999999999999.png", 400), ("x.png", 400), ("1.png?width=0", 400),
        ("1.png?width=100000", 400), ("1.png?start=-1", 400), ("1.png?start=9&end=2", 200),
    ],
)  # fmt: skip
def test_pages_and_widths_have_bounds(client, at, asked, status):
    assert client.get(f"{at}/page/{asked}").status_code == status


def test_a_file_that_is_another_one_now_is_not_shown(client, at, pdf):
    pdf.write_bytes(PDF.replace(b"brook", b"bro0k"))  # of the same size
    told = client.get(f"{at}/page/1.png")
    assert told.status_code == 404
    assert "was changed" in told.json()["error"]["message"]
    pdf.unlink()
    assert client.get(at).json()["original"] is False
    assert client.get(f"{at}/page/1.png").status_code == 404


def test_a_link_in_its_place_gives_nothing_else(client, at, pdf, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * len(PDF))
    pdf.unlink()
    pdf.symlink_to(secret)
    assert client.get(f"{at}/page/1.png").status_code == 404
