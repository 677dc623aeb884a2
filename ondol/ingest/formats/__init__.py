"""File formats by extension; a reader is `(bytes, name of the file without extension) -> Parsed`."""

from ondol.registry import Entry

_TEXT = Entry("txt:read_txt", about="plain text: UTF-8, UTF-16 or CP949")
_MARKDOWN = Entry("md:read_md", about="Markdown: headings, front matter, code")
_HTML = Entry("html:read_html", about="web pages: text, headings, lists and tables without navigation and scripts")
_TABLE = Entry("csv:read_csv", about="tables: every row with the names of its columns")

FORMATS = {
    ".csv": _TABLE,
    ".docx": Entry("docx:read_docx", about="Word: headings, paragraphs, lists and tables in their order"),
    ".htm": _HTML,
    ".html": _HTML,
    ".markdown": _MARKDOWN,
    ".md": _MARKDOWN,
    ".pdf": Entry("pdf:read_pdf", about="PDF with a text layer: pages, mended lines, no running headers"),
    ".text": _TEXT,
    ".tsv": _TABLE,
    ".txt": _TEXT,
}
