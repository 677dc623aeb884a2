"""Files of records by extension; a reader is `(path, wanted columns) -> rows, or why one cannot be read`."""

from ondol.registry import Entry

_LINES = Entry("lines:read_lines", about="JSON, an object in each line")
_TABLE = Entry("table:read_table", about="tables with the names of their columns in the first row")

RECORD_FILES = {
    ".csv": _TABLE,
    ".json": Entry("json_list:read_json_list", about="JSON, a list of objects"),
    ".jsonl": _LINES,
    ".ndjson": _LINES,
    ".parquet": Entry("parquet:read_parquet", extra="parquet", about="Parquet, batch by batch"),
    ".tsv": _TABLE,
}
