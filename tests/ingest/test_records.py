import json
import tracemalloc
from datetime import date, datetime

import pytest

from ondol.ingest.records import Record, RecordKeys, read_records

KOREAN = RecordKeys(id="번호", text="본문", title="제목", date="작성일", tags="분류")


@pytest.fixture
def read(files):
    """Records and reasons of a file that is written first."""

    def run(name, content, keys=None):
        path = files.path / name
        files.write(name, content)
        return list(read_records(path, keys or RecordKeys()))

    return run


def ids(found):
    return [record.id if isinstance(record, Record) else record for record in found]


ROWS = [{"번호": 1, "본문": "온돌은 바닥을 데운다.", "제목": "온돌", "작성일": "2024. 5. 17.", "분류": "집, 난방"},
        {"번호": 2, "본문": "둘째 줄\n셋째 줄", "제목": "", "작성일": "", "분류": ""}]  # fmt: skip


def write_csv(rows, delimiter=","):
    def cell(value):
        return '"' + str(value).replace('"', '""') + '"'

    return "\n".join(delimiter.join(map(cell, cells)) for cells in [rows[0], *(row.values() for row in rows)])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)),
        ("a.NDJSON", "\n".join(json.dumps(row) for row in ROWS)),
        ("a.json", json.dumps(ROWS, ensure_ascii=False, indent=2)),
        ("a.json", json.dumps(ROWS, ensure_ascii=False).encode("utf-16")),
        ("a.csv", write_csv(ROWS)),
        ("a.csv", "\ufeff" + write_csv(ROWS, ";")),
        ("a.csv", write_csv(ROWS).encode("cp949")),
        ("a.csv", write_csv(ROWS).encode("utf-16")),
        ("a.tsv", write_csv(ROWS, "\t")),
    ],
)
def test_records_are_the_same_in_every_format(read, name, content):
    first, second = read(name, content, KOREAN)
    assert (first.id, first.parsed.text, first.parsed.title) == ("1", "온돌은 바닥을 데운다.", "온돌")
    assert (first.parsed.date, first.parsed.tags, first.parsed.format) == ("2024-05-17", ("집", "난방"), "record")
    assert (second.id, second.parsed.text, second.parsed.date) == ("2", "둘째 줄\n셋째 줄", "")
    assert first.line != second.line


def test_decomposed_names_of_columns_are_found(read):
    import unicodedata

    content = unicodedata.normalize("NFD", write_csv(ROWS))
    assert ids(read("a.csv", content, KOREAN)) == ["1", "2"]
    keys = RecordKeys(id=unicodedata.normalize("NFD", "번호"), text=unicodedata.normalize("NFD", "본문"))
    assert ids(read("a.json", json.dumps(ROWS), keys)) == ["1", "2"]


def test_a_missing_key_is_told_with_those_that_there_are(read):
    row = json.dumps({"id": 1, "body": "text", "note": ""})
    assert read("a.jsonl", row) == ["Line 1: the key 'text' is missing; there are: body, note."]
    assert read("a.json", f"[{row}]") == ["Row 1: the key 'text' is missing; there are: body, note."]


def test_a_missing_column_is_told_once(read):
    rows = "id,본문\n" + "".join(f"{n},text\n" for n in range(100))
    assert read("a.csv", rows) == ["There is no column 'text'; there are: id, 본문."]
    assert read("a.csv", rows, RecordKeys(id="번호", text="본문")) == [
        "There is no column '번호'; there are: id, 본문."
    ]


def test_rows_that_cannot_be_used_are_told(read):
    assert ids(read("a.csv", "id,text\n1,a\n1,b\n,c\n3,\n4,d,e\n5\n\n6,f")) == [
        "1",
        "Row 2: the id '1' stands in an earlier row already.",
        "Row 3: id or text is empty.",
        "Row 4: id or text is empty.",
        "Row 5 has 3 cells, but there are 2 columns.",
        "Row 6: id or text is empty.",
        "6",
    ]
    assert ids(read("a.json", '[{"id": 1, "text": "a"}, 7, {"id": 1.5, "text": "b"}, {"id": 2.0, "text": "c"}]')) == [
        "1", "Row 2: this is not an object.", "Row 3: id or text is not a text.", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"id": 1}', ["The file is not a list of objects."]),
        ("[]", []),
        (" \n[ ] \n", []),
        ('[{"id": 1, "text": "a"}', ["1", "The list breaks off after item 1."]),
        ('[{"id": 1, "text": "a"}, {"id": 2, "te', ["1", "Item 2 is not JSON: "]),
        ('[{"id": 1, "text": "a"} {"id": 2}]', ["A comma is missing after item 1."]),
        ("[" * 100_000, ["Item 1 is not JSON: "]),
        ("", ["The file is empty."]),
        (b"\x00\x01\x02", ["The file is binary, not text."]),
        (b"\x93NUMPY\xff\xfe\xfa", ["The encoding of the text cannot be told: it is not UTF-8, UTF-16 or CP949."]),
    ],
)
def test_broken_lists_are_told(read, content, found):
    rows = ids(read("a.json", content))
    assert len(rows) == len(found)
    assert all(row.startswith(told) for row, told in zip(rows, found, strict=True))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "The file is empty."),
        (b"\x00\x01\x02", "The file is binary, not text."),
        ("id,text,text\n1,a,b", "The table has several columns 'text'."),
        (b"id,text\n1," + b"a" * (1 << 18) + b"\n2,\xff\xff", "The file is not utf-8 throughout."),
    ],
)
def test_tables_that_are_none_are_told(read, content, reason):
    assert ids(read("a.csv", content))[-1] == reason


def test_long_cells_are_read(read):
    (record,) = read("a.csv", "id,text\n1," + "긴 글. " * 100_000)
    assert record.parsed.text == "긴 글. " * 100_000


def test_a_table_in_which_a_quote_is_never_closed_ends(read, monkeypatch):
    monkeypatch.setattr("ondol.ingest.record_files.table.LARGEST_ROW", 1 << 20)
    content = 'id,text\n1,"' + "word " * (1 << 19)
    assert read("a.csv", content) == ["The table cannot be read: field larger than field limit (1048576)."]


def test_a_line_that_is_too_long_is_passed_over(read, monkeypatch):
    monkeypatch.setattr("ondol.ingest.record_files.lines.LARGEST_ROW", 1 << 20)
    long = json.dumps({"id": 1, "text": "a" * (3 << 20)})
    found = read("a.jsonl", f'{long}\n{{"id": 2, "text": "b"}}')
    assert ids(found) == ["Line 1 is longer than 1 MB.", "2"]


def test_a_nested_line_is_told(read):
    assert read("a.jsonl", "[" * 100_000)[0].startswith("Line 1 is not JSON: ")


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv"])
def test_memory_does_not_grow_with_the_file(files, name):
    text = "온돌은 바닥을 데운다. " * 400
    path = files.path / name
    with path.open("w", encoding="utf-8") as file:
        file.write({"a.json": "[", "a.csv": "id,text\n"}.get(name, ""))
        for number in range(1000):
            row = json.dumps({"id": number, "text": text}, ensure_ascii=False)
            comma = "," if number < 999 else "]"
            file.write({"a.json": row + comma, "a.csv": f"{number},{text}\n"}.get(name, row + "\n"))
    size = path.stat().st_size
    tracemalloc.start()
    try:
        assert sum(isinstance(record, Record) for record in read_records(path, RecordKeys())) == 1000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 11 << 20
    assert peak < 6 << 20


def test_other_formats_are_not_records(read):
    (reason,) = read("a.xlsx", b"x")
    assert reason.startswith("No format is called '.xlsx'.")


def test_a_file_that_is_gone_is_told(files):
    (reason,) = read_records(files.path / "no.csv", RecordKeys())
    assert reason == "The file cannot be read: No such file or directory"


def write_parquet(path, columns, **options):
    pyarrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pyarrow.table(columns), path, **options)
    return path


def test_parquet_is_read_by_the_same_keys(files):
    columns = {
        "번호": [1, 2], "본문": ["온돌은 바닥을 데운다.", None], "작성일": [date(2024, 5, 17), None],
        "분류": [["집", "난방"], []], "제목": ["온돌", None], "그림": [b"\xff" * 100, None],
    }  # fmt: skip
    first, second = read_records(write_parquet(files.path / "a.parquet", columns), KOREAN)
    assert (first.id, first.parsed.text, first.parsed.title) == ("1", "온돌은 바닥을 데운다.", "온돌")
    assert (first.parsed.date, first.parsed.tags) == ("2024-05-17", ("집", "난방"))
    assert second == "Row 2: the key '본문' is missing; there are: 그림."


def test_parquet_tells_its_columns_and_reads_times_and_many_rows(files):
    columns = {"id": list(range(3000)), "text": [f"text {n}" for n in range(3000)],
               "date": [datetime(2024, 5, 17, 9, 30)] * 3000}  # fmt: skip
    path = write_parquet(files.path / "a.parquet", columns, row_group_size=700)
    found = list(read_records(path, RecordKeys()))
    assert ids(found) == [str(n) for n in range(3000)]
    assert found[2999].parsed.date == "2024-05-17"
    assert list(read_records(path, RecordKeys(id="no", text="body"))) == [
        "There is no column 'no'; there are: id, text, date."
    ]


def test_other_columns_of_parquet_do_not_change_a_record(files):
    before = write_parquet(files.path / "a.parquet", {"id": [1], "text": ["a"], "views": [1]})
    (first,) = read_records(before, RecordKeys())
    after = write_parquet(files.path / "b.parquet", {"id": [1], "text": ["a"], "views": [2]})
    (second,) = read_records(after, RecordKeys())
    assert first.line == second.line


@pytest.mark.parametrize("cut", [0, 4, 100, -8])
def test_broken_parquet_is_told(files, cut):
    whole = write_parquet(files.path / "a.parquet", {"id": [1], "text": ["a"]}).read_bytes()
    path = files.path / "b.parquet"
    path.write_bytes(whole[:cut])
    (reason,) = read_records(path, RecordKeys())
    assert reason.startswith("The Parquet file cannot be read: ")
    path.write_bytes(bytes(range(256)) * 4)
    (reason,) = read_records(path, RecordKeys())
    assert reason.startswith("The Parquet file cannot be read: ")
