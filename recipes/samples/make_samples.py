"""Build the samples that are not plain text: two PDFs, two Word files and the cp949 table.

    apt-get install fonts-noto-core fonts-nanum libpangoft2-1.0-0 libharfbuzz-subset0
    pip install weasyprint markdown-it-py python-docx
    python recipes/samples/make_samples.py

The sources stand beside this file, one folder per language; the same sources give the same bytes.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from weasyprint import HTML

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "ondol" / "samples"
WRITTEN = datetime.datetime(2026, 11, 9, tzinfo=datetime.UTC)

PAGE_STYLE = """
@page { size: A5; margin: 16mm 15mm }
html { font: 9.6pt/1.5 'Noto Serif'; hyphens: none } html:lang(ko) { font: 10.2pt/1.6 NanumMyeongjo }
h1, h2 { font-family: 'Noto Sans'; line-height: 1.25; margin: 0 0 .3em }
h1:lang(ko), h2:lang(ko) { font-family: NanumGothic }
h1 { font-size: 17pt } h1 + p { color: #777; margin: 0 0 1.2em }
h2 { font-size: 13pt; margin-top: 1em; color: #8a3b12 }
p, li { white-space: pre-wrap }
p, ul, ol { margin: .3em 0 } ul, ol { list-style: none; padding: 0 } li { padding-left: 1.4em; text-indent: -1.2em }
ul > li::before { content: "•  " } ol { counter-reset: n }
ol > li::before { counter-increment: n; content: counter(n) ". " }
hr { break-after: page; border: 0; margin: 0 } nobr { white-space: nowrap }
"""


def make_pdf(source: Path, target: Path) -> None:
    """Print Markdown; `---` starts a new page. Only the glyphs that are used are embedded.

    `pre-wrap` keeps the space at a line's end in the text layer, which tells a reader whether a Korean word goes on
    in the next line. A hyphenated word is kept on its line, because pdfium takes the hyphen at an end away.
    """
    text = source.read_text(encoding="utf-8")
    body = re.sub(r"[^\s<>]+-[^\s<>]+", r"<nobr>\g<0></nobr>", MarkdownIt().render(text))
    head = f"<title>{title_of(text)}</title><style>{PAGE_STYLE}</style>"
    HTML(string=f'<html lang="{source.parent.name}">{head}{body}</html>').write_pdf(target)


def make_docx(source: Path, target: Path) -> None:
    """Headings, paragraphs, bullet lists and tables of a Markdown text as a Word file."""
    text = source.read_text(encoding="utf-8")
    document = Document()
    fonts = document.styles["Normal"].element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), "Malgun Gothic")
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if heading := re.match(r"(#+) (.*)", block):
            document.add_heading(heading[2], level=len(heading[1]))
        elif block.startswith("|"):
            add_table(document, [[cell.strip() for cell in line.strip("|").split("|")] for line in lines])
        elif block.startswith("- "):
            for line in lines:
                document.add_paragraph(line.removeprefix("- "), style="List Bullet")
        else:
            document.add_paragraph(block)
    about = document.core_properties
    about.title, about.author, about.last_modified_by, about.comments = title_of(text), "ondol", "ondol", ""
    about.created = about.modified = WRITTEN
    saved = io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as kept:
        for item in made.infolist():  # under one date, so that a rebuild gives the same bytes
            dated = zipfile.ZipInfo(item.filename, WRITTEN.timetuple()[:6])
            kept.writestr(dated, made.read(item), zipfile.ZIP_DEFLATED)


def add_table(document: Document, rows: list[list[str]]) -> None:
    """Add a table; the second row is Markdown's line of dashes."""
    rows = [rows[0], *rows[2:]]
    table = document.add_table(len(rows), len(rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, cells, strict=True):
            cell.text = value
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True


def make_cp949(source: Path, target: Path) -> None:
    """What Korean Excel writes when it saves as CSV: cp949 and CRLF."""
    rows = source.read_text(encoding="utf-8").splitlines()
    target.write_bytes("".join(f"{row}\r\n" for row in rows).encode("cp949"))


def title_of(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")


if __name__ == "__main__":
    make_pdf(HERE / "en/repair-cafe.md", SAMPLES / "en/repair-cafe.pdf")
    make_pdf(HERE / "ko/온돌-이야기.md", SAMPLES / "ko/온돌-이야기.pdf")
    make_docx(HERE / "en/vector-databases.md", SAMPLES / "en/vector-databases.docx")
    make_docx(HERE / "ko/휴가-규정.md", SAMPLES / "ko/휴가-규정.docx")
    make_cp949(HERE / "ko/텃밭-창고.csv", SAMPLES / "ko/텃밭-창고.csv")
