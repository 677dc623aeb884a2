"""Word documents in reading order."""

import io
import zipfile
from datetime import UTC, datetime

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ondol.errors import UnusableInput
from ondol.ingest.formats.docx import read_docx


def saved(document):
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture
def document():
    made = docx.Document()
    made.core_properties.title = ""
    return made


def test_headings_paragraphs_lists_and_tables_keep_their_order(document):
    document.add_heading("도서관 안내", 1)
    document.add_paragraph("도서관은 9시에 엽니다.")
    for item in ("신분증", "사진"):
        document.add_paragraph(item, style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells], "요일 시간 토요일 13시".split(), strict=True
    ):
        cell.text = text
    document.add_heading("Fees", 2)
    document.add_paragraph("Free.")
    parsed = read_docx(saved(document), "guide")
    assert (
        parsed.text
        == "도서관 안내\n\n도서관은 9시에 엽니다.\n\n- 신분증\n- 사진\n\n요일 | 시간\n토요일 | 13시\n\nFees\n\nFree."
    )
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "도서관 안내"), (2, "Fees")]
    assert all(parsed.text.startswith(heading.title, heading.start) for heading in parsed.headings)


def test_tracked_changes_and_content_controls_are_read(document):
    paragraph = document.add_paragraph("Closes at ")._p
    paragraph.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>six</w:t></w:r></w:ins>"))
    paragraph.append(parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>five</w:delText></w:r></w:del>"))
    control = (
        f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    document.element.body.insert(1, parse_xml(control))
    assert read_docx(saved(document), "x").text == "Closes at six\n\nIn a control."


def test_the_title_comes_from_the_properties_the_title_style_or_the_name(document):
    document.add_paragraph("text")
    assert read_docx(saved(document), "name").title == "name"
    document.add_paragraph("House Rules", style="Title")
    assert read_docx(saved(document), "name").title == "House Rules"
    document.core_properties.title = "규칙"
    assert read_docx(saved(document), "name").title == "규칙"


def test_damage_passwords_and_other_zips_are_told():
    with pytest.raises(UnusableInput, match=r"^The document is damaged or not a \.docx file\.$"):
        read_docx(b"PK\x03\x04 cut off", "bad")
    with pytest.raises(UnusableInput, match="protected by a password, or in the old"):
        read_docx(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "locked")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("hello.txt", "not word")
    with pytest.raises(UnusableInput, match=r"^The document is damaged or not a \.docx file\.$"):
        read_docx(buffer.getvalue(), "zip")


def test_the_date_is_the_last_change_where_a_person_made_one(document):
    document.add_paragraph("text")
    assert read_docx(saved(document), "x").date == "", "python-docx writes 2013 into all that it makes"
    document.core_properties.created = datetime(2024, 1, 2, tzinfo=UTC)
    document.core_properties.modified = datetime(2024, 5, 17, 23, 30, tzinfo=UTC)
    assert read_docx(saved(document), "x").date == "2024-05-17"


def test_a_document_without_properties_has_no_made_up_ones(document):
    document.add_paragraph("text")
    properties = next(name for name, part in document.part.package.rels.items() if "core-properties" in part.reltype)
    del document.part.package.rels[properties]
    parsed = read_docx(saved(document), "notes")
    assert (parsed.title, parsed.date) == ("notes", "")
