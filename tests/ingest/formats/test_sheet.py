"""Spreadsheets: what Excel and LibreOffice show of their cells is what is read."""

import io
import runpy
import struct
import zipfile
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from ondol.errors import UnusableInput
from ondol.ingest.formats.sheet import read_sheet

write_ole = runpy.run_path(str(Path(__file__).with_name("ole.py")))["write_ole"]
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
LOCKED = r"^The document is protected by a password\.$"
TOO_LARGE = r"^The sheet 'A' has more than 20000000 cells\.$"


def make_xlsx(fill):
    data = io.BytesIO()
    with Workbook(data, {"in_memory": True}) as book:
        fill(book, book.add_worksheet("A"))
    return data.getvalue()


def make_ods(rows, *, columns="", manifest="<manifest/>"):
    names = " ".join(f'xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "text", "table"))
    table = f'<table:table table:name="A">{columns}{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", f"<office:document-content {names}>{body}</office:document-content>")
        package.writestr("META-INF/manifest.xml", manifest)
    return data.getvalue()


def ods_row(*cells, more=""):
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def ods_cell(text, more=""):
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def ods_empty(count):
    return f'<table:table-cell table:number-columns-repeated="{count}"/>'


def xlsb_record(kind, body=b""):
    return bytes([kind] if kind < 128 else [kind & 0x7F | 0x80, kind >> 7]) + bytes([len(body)]) + body


def xlsb_text(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def make_xlsb(*cells, link="rId1"):
    """Cells are (row, column, number)."""
    sheet = struct.pack("<II", 0, 1) + xlsb_text("rId1") + xlsb_text("A")
    begin, end = xlsb_record(131) + xlsb_record(143), xlsb_record(144) + xlsb_record(132)
    size = struct.pack("<IIII", 0, cells[-1][0], 0, cells[-1][1])
    rows = b"".join(
        xlsb_record(0, struct.pack("<II17x", row, 0)) + xlsb_record(5, struct.pack("<IId", column, 0, number))
        for row, column, number in cells
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as package:
        package.writestr("xl/workbook.bin", begin + xlsb_record(156, sheet) + end)
        rows = xlsb_record(129) + xlsb_record(148, size) + xlsb_record(145) + rows + xlsb_record(146) + xlsb_record(130)
        package.writestr("xl/worksheets/sheet1.bin", rows)
        link = f'<Relationship Id="{link}" Type="x/worksheet" Target="worksheets/sheet1.bin"/>'
        space = "http://schemas.openxmlformats.org/package/2006/relationships"
        package.writestr("xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{space}">{link}</Relationships>')
    return data.getvalue()


def test_a_damaged_sheet_of_an_xlsb_is_refused_before_it_is_opened():
    data = make_xlsb((0, 0, 1.0), (300, 2, 2.0))
    with pytest.raises(UnusableInput, match=r"damaged or not a \.xlsb file"):
        read_sheet(data.replace(struct.pack("<II17x", 300, 0), struct.pack("<II17x", 0xFFFFFF, 0)), "x")


def test_a_panic_of_the_reader_of_values_refuses_the_file():
    with pytest.raises(UnusableInput, match=r"^The table cannot be read: no entry found for key\.$"):
        read_sheet(make_xlsb((0, 0, 1.5), link="rId7"), "x")


def test_a_cell_in_the_last_corner_of_an_xlsb_is_refused_as_well():
    assert read_sheet(make_xlsb((0, 0, 1.5), (300, 2, 2.0)), "x").text == "A\n\n1.5\n\n2"
    with pytest.raises(UnusableInput, match=TOO_LARGE):
        read_sheet(make_xlsb((0, 0, 1.0), (1048575, 16383, 2.0)), "x")


def test_a_cell_in_the_last_corner_is_refused_before_the_sheet_is_opened():
    def fill(_, sheet):
        sheet.write(0, 0, "first")
        sheet.write(1048575, 16383, "last")

    with pytest.raises(UnusableInput, match=TOO_LARGE):
        read_sheet(make_xlsx(fill), "x")


def test_empty_cells_with_a_format_do_not_make_a_sheet_large():
    def fill(book, sheet):
        sheet.write(0, 0, "first")
        sheet.write_blank(1048575, 16383, None, book.add_format({"bold": True}))

    assert read_sheet(make_xlsx(fill), "x").text == "A\n\nfirst"


def test_a_repeated_row_in_the_last_corner_of_an_ods_is_refused():
    gap = ods_row(ods_empty(16384), more='table:number-rows-repeated="1048574"')
    with pytest.raises(UnusableInput, match=TOO_LARGE):
        read_sheet(make_ods(ods_row(ods_cell("a")) + gap + ods_row(ods_empty(16383), ods_cell("z"))), "x")
    many = 'table:number-columns-repeated="16384"'
    with pytest.raises(UnusableInput, match=TOO_LARGE):
        read_sheet(make_ods(ods_row(ods_cell("a", many), more='table:number-rows-repeated="1048576"')), "x")


def test_empty_rows_down_to_the_end_of_an_ods_do_no_harm():
    end = ods_row(ods_empty(16384), more='table:number-rows-repeated="1048570"')
    assert read_sheet(make_ods(ods_row(ods_empty(2), ods_cell("온돌")) + end), "x").text == "A\n\n온돌"


def test_an_encrypted_workbook_is_refused_with_the_reason():
    with pytest.raises(UnusableInput, match=LOCKED):
        read_sheet(write_ole({"EncryptedPackage": b"x" * 90, "EncryptionInfo": b"y" * 90}), "x")
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    with pytest.raises(UnusableInput, match=LOCKED):
        read_sheet(make_ods("", manifest=manifest), "x")


def test_shares_are_read_as_percent():
    def fill(book, sheet):
        sheet.write_row(0, 0, ["지역", "비율", "증가", "값"])
        for row, share in enumerate((0.25, 0.075, 1), 1):
            sheet.write(row, 0, f"{row}호")
            sheet.write(row, 1, share, book.add_format({"num_format": 9}))
            sheet.write(row, 2, share, book.add_format({"num_format": "0.0%;[Red]-0.0%"}))
            sheet.write(row, 3, share, book.add_format({"num_format": '0.00" %"'}))

    rows = read_sheet(make_xlsx(fill), "x").text.split("\n\n")
    assert rows[1:] == [
        "지역: 1호\n비율: 25%\n증가: 25%\n값: 0.25",
        "지역: 2호\n비율: 7.5%\n증가: 7.5%\n값: 0.075",
        "지역: 3호\n비율: 100%\n증가: 100%\n값: 1",
    ]


def test_shares_of_an_ods_are_read_as_percent():
    share = (
        '<table:table-cell office:value-type="percentage" office:value="0.125"><text:p>13%</text:p></table:table-cell>'
    )
    assert read_sheet(make_ods(ods_row(ods_cell("a"), share)), "x").text == "A\n\na | 12.5%"


def test_hidden_rows_and_columns_are_left_out_and_told():
    def fill(_, sheet):
        for row in range(4):
            sheet.write_row(row, 1, [f"{name}{row}" for name in "abc"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(2, 2, None, None, {"hidden": True})
        sheet.set_column(9, 12, None, None, {"hidden": True})

    parsed = read_sheet(make_xlsx(fill), "x")
    assert parsed.text == "A\n\na0: a1\nc0: c1\n\na0: a3\nc0: c3"
    assert parsed.hidden == "1 hidden rows; 1 hidden columns"


def test_hidden_rows_and_columns_of_an_ods_are_left_out_and_told():
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    hidden = 'table:visibility="filter" table:number-rows-repeated="2"'
    rows = ods_row(ods_cell("a"), ods_cell("b")) + ods_row(ods_cell("c"), more=hidden) + ods_row(ods_cell("d"))
    parsed = read_sheet(make_ods(rows, columns=columns), "x")
    assert parsed.text == "A\n\na\n\nd"
    assert parsed.hidden == "2 hidden rows; 1 hidden columns"


def test_the_value_of_a_merged_cell_stands_in_each_of_its_rows():
    def fill(_, sheet):
        sheet.merge_range(0, 1, 1, 3, "매출 현황")
        sheet.write_row(2, 1, ["지역", "지점", "금액"])
        sheet.merge_range(3, 1, 4, 1, "서울")
        sheet.write_row(3, 2, ["강남", 3])
        sheet.write_row(4, 2, ["종로", 4])

    assert read_sheet(make_xlsx(fill), "x").text.split("\n\n")[1:] == [
        "매출 현황",
        "지역: 서울\n지점: 강남\n금액: 3",
        "지역: 서울\n지점: 종로\n금액: 4",
    ]


def test_the_value_of_a_merged_cell_of_an_ods_stands_in_each_of_its_rows():
    rows = ods_row(ods_cell("지역"), ods_cell("지점"))
    rows += ods_row(ods_cell("서울", 'table:number-rows-spanned="2"'), ods_cell("강남"))
    rows += ods_row("<table:covered-table-cell/>", ods_cell("종로"))
    assert read_sheet(make_ods(rows), "x").text == "A\n\n지역: 서울\n지점: 강남\n\n지역: 서울\n지점: 종로"
