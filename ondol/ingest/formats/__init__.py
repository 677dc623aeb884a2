"""File formats by extension; a reader is `(bytes, name of the file without extension) -> Parsed`."""

from ondol.registry import Entry

_TEXT = Entry("txt:read_txt", about="plain text: UTF-8, UTF-16 or CP949")
_MARKDOWN = Entry("md:read_md", about="Markdown: headings, front matter, code")
_HTML = Entry("html:read_html", about="web pages: text, headings, lists and tables without navigation and scripts")
_TABLE = Entry("csv:read_csv", about="tables: every row with the names of its columns")

_AUDIO = Entry("audio:read_audio", extra="audio", about="recordings and films: what is said, with times")
_PICTURE = Entry("picture:read_picture", about="pictures of text, by OCR (extra ocr)")
_SHEET = Entry("sheet:read_sheet", about="spreadsheets: every sheet, every row with the names of its columns")
_MAILBOX = Entry("eml:read_mbox", about="mailboxes: every mail a section, attachments as sources of their own")
_SAVED = Entry("mhtml:read_mhtml", about="web pages saved as one file")
_ARCHIVE = Entry(
    "archive:read_archive", about="archives: every file inside is a source; nothing is written to the disk"
)
_JSONL = Entry("json_yaml:read_jsonl", about="JSON lines: every line a row")
_YAML = Entry("json_yaml:read_yaml", about="YAML: lists of objects as rows, else as it is written")
_ASS = Entry("subtitles:read_ass", about="SubStation Alpha subtitles: sentences with their time")
_TEX = Entry("markup:read_tex", about="TeX: sections, without comments")
_ORG = Entry("markup:read_org", about="Org: headings, title, author")
_ADOC = Entry("markup:read_adoc", about="AsciiDoc: headings, blocks")
_CODE = {
    "c": ".c .cc .cpp .cxx .h .hh .hpp .cu .cuh", "csharp": ".cs", "css": ".css .scss .less .sass", "dart": ".dart",
    "docker": ".dockerfile", "elixir": ".ex .exs", "go": ".go", "graphql": ".graphql .gql", "haskell": ".hs",
    "ini": ".ini .cfg .conf", "java": ".java .groovy", "javascript": ".js .jsx .mjs .cjs .ts .tsx .mts", "julia": ".jl",
    "kotlin": ".kt .kts", "lua": ".lua", "make": ".makefile .mk", "matlab": ".m", "perl": ".pl .pm", "php": ".php",
    "powershell": ".ps1 .psm1", "properties": ".properties", "proto": ".proto", "python": ".py .pyi", "r": ".r",
    "ruby": ".rb", "rust": ".rs", "scala": ".scala", "shell": ".sh .bash .zsh", "sql": ".sql", "swift": ".swift",
    "vue": ".vue .svelte", "zig": ".zig",
}  # fmt: skip

FORMATS = {
    ".csv": _TABLE,
    ".docx": Entry("docx:read_docx", about="Word: headings, paragraphs, lists and tables in their order"),
    ".htm": _HTML,
    ".html": _HTML,
    ".markdown": _MARKDOWN,
    ".md": _MARKDOWN,
    ".epub": Entry("epub:read_epub", about="books: their chapters in order"),
    ".hwp": Entry("hwp:read_hwp", about="Hangul 5: text, tables, notes, headers and footers"),
    ".hwpx": Entry("hwpx:read_hwpx", about="Hangul: text, tables, notes, headers and footers"),
    ".odt": Entry("odt:read_odt", about="OpenDocument text: headings, lists, tables, notes"),
    ".odp": Entry("odt:read_odt", about="OpenDocument presentations: slides and notes"),
    ".pptx": Entry("pptx:read_pptx", about="PowerPoint: slides and notes"),
    ".rtf": Entry("rtf:read_rtf", about="rich text"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), _SHEET),
    ".pdf": Entry("pdf:read_pdf", about="PDF with a text layer: pages, mended lines, no running headers"),
    ".text": _TEXT,
    ".tsv": _TABLE,
    ".txt": _TEXT,
    ".eml": Entry("eml:read_eml", about="mail: who, when, the text; attachments as sources of their own"),
    ".mbox": _MAILBOX,
    ".msg": Entry("msg:read_msg", about="Outlook messages, as mail"),
    ".mht": _SAVED,
    ".mhtml": _SAVED,
    **dict.fromkeys((".zip", ".tar", ".tgz", ".tbz2", ".txz", ".gz", ".bz2", ".xz"), _ARCHIVE),
    ".ipynb": Entry("ipynb:read_ipynb", about="Jupyter notebooks: prose, code, short outputs; nothing is run"),
    ".json": Entry("json_yaml:read_json", about="JSON: lists of objects as rows, else an outline under its keys"),
    ".jsonl": _JSONL,
    ".ndjson": _JSONL,
    ".yaml": _YAML,
    ".yml": _YAML,
    ".toml": Entry("json_yaml:read_toml", about="TOML: as it is written, tables as headings"),
    ".xml": Entry("xml:read_xml", about="XML: repeated elements as rows, else an outline"),
    ".srt": Entry("subtitles:read_srt", about="SubRip subtitles: sentences with their time"),
    ".vtt": Entry("subtitles:read_vtt", about="WebVTT subtitles: sentences with their time"),
    ".smi": Entry("subtitles:read_smi", about="SAMI subtitles, every language by itself"),
    ".ass": _ASS,
    ".ssa": _ASS,
    ".rst": Entry("markup:read_rst", about="reStructuredText: headings"),
    ".adoc": _ADOC,
    ".asciidoc": _ADOC,
    ".org": _ORG,
    ".tex": _TEX,
    ".log": Entry("txt:read_txt", about="plain text: UTF-8, UTF-16 or CP949"),
    **dict.fromkeys(".png .jpg .jpeg .tif .tiff .bmp .webp .gif".split(), _PICTURE),
    **dict.fromkeys(".mp3 .wav .m4a .flac .ogg .opus .aac .mp4 .mkv .webm .mov".split(), _AUDIO),
    **{
        suffix: Entry(f"code:read_{language}", about="source code: functions and classes as headings")
        for language, suffixes in _CODE.items()
        for suffix in suffixes.split()
    },
}
