"""Rows with the names of their columns, whatever Excel wrote."""

import pytest

from ondol.ingest.formats.csv import find_delimiter, read_csv

ROWS = '음식이름,음식설명\n기장밥,"기장을 섞어, 지은 밥"\n곤드레밥,"나물을\n넣은 밥"\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_every_row_names_its_columns(encoding):
    parsed = read_csv(ROWS.replace("\n기", "\r\n기").encode(encoding), "food")
    assert [parsed.text[start:end] for start, end in parsed.rows] == [
        "음식이름: 기장밥\n음식설명: 기장을 섞어, 지은 밥",
        "음식이름: 곤드레밥\n음식설명: 나물을 넣은 밥",
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(delimiter):
    text = "\n".join(delimiter.join(row) for row in (["name", "note"], ["a", "x y"], ["b", "1.5 z"]))
    assert find_delimiter(text) == delimiter
    assert read_csv(text.encode(), "t").text == "name: a\nnote: x y\n\nname: b\nnote: 1.5 z"


def test_a_first_row_with_numbers_is_data():
    assert read_csv(b"a,1\nb,2\n", "t").text == "a | 1\n\nb | 2"


def test_empty_cells_and_long_rows_lose_nothing():
    assert read_csv("이름,값\n가,\n나,1,덤\n,,\n".encode(), "t").text == "이름: 가\n\n이름: 나\n값: 1\n덤"


def test_a_header_alone_is_text():
    assert read_csv(b"name,value\n", "t").text == "name | value"
