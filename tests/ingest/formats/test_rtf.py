"""RTF: notes, margins, tables, hidden text and letters."""

import runpy
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.rtf import read_rtf

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
HEAD = "{\\rtf1\\ansi\\ansicpg949\\deff0"
HEAD += "{\\fonttbl{\\f0\\fcharset129 Batang;}{\\f1\\fcharset0 Arial;}{\\f2\\fcharset128 M;}}"


def read(body):
    return read_rtf(f"{HEAD}{body}}}".encode("latin-1"), "x")


def bytes_of(text, encoding="cp949"):
    return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))


def test_notes_stand_below_their_paragraph_and_margins_once_at_the_end():
    margins = "{\\header Head\\par}{\\headerf Head\\par}{\\footer Page {\\chpgn}\\par}{\\footerl 1}"
    note = "{\\footnote\\chftn  " + bytes_of("구들: 바닥돌") + "\\par}"
    text = read(f"{margins}First{note} goes on.\\par Second\\par").text
    assert text == "First goes on.\n주: 구들: 바닥돌\nSecond\n\nHead\nPage"


def test_a_note_in_a_table_stands_below_the_table():
    text = read("\\trowd a{\\footnote n}\\cell b\\cell\\row\\pard after{\\footnote m}\\par").text
    assert text == "a | b\nNote: n\n\nafter\nNote: m"


@pytest.mark.parametrize("bar", ["|", "\\'7c", "\\u124?"])
def test_a_bar_in_prose_stays_as_it_is_written(bar):
    assert read(f"a{bar}b and ||c||\\par").text == "a|b and ||c||"


def test_cells_hold_paragraphs_and_rows_have_the_names_of_their_columns():
    rows = [("Room", "Degrees"), ("warm\\par end", "45|46"), ("cold", "20")]
    table = "".join(f"\\trowd\\pard\\intbl {one}\\cell {two}\\cell\\row " for one, two in rows)
    text = read(f"before\\par {table}\\pard after\\par").text
    assert text == "before\n\nRoom: warm end | Degrees: 45|46\nRoom: cold | Degrees: 20\n\nafter"


def test_hidden_text_and_comments_are_left_out_and_told():
    body = (
        "See {\\v secret \\b one}{\\*\\atnid K}{\\*\\annotation\\chatn a remark}this{\\deleted  gone}. \\v two\\v0\\par"
    )
    parsed = read(body)
    assert (parsed.text, parsed.hidden) == ("See this.", "3 hidden passages: text marked as hidden (2), comments (1)")


def test_letters_are_read_as_their_font_says():
    assert read("\\f0 " + bytes_of("온돌") + "\\f2 " + bytes_of("ポ", "cp932") + "\\f1  caf\\'e9").text == "온돌ポ café"
    assert read("\\f2 \\'83|").text == "ポ"
    assert read("\\uc1\\u50728?\\u46028\\'3f\\u-10179?\\u-8704? {\\uc0\\u50728 !}").text == "온돌😀 온!"
    assert read("{\\upr{ansi}{\\*\\ud{unicode}}}\\{x\\}\\~C:\\\\cell").text == "unicode{x} C:\\cell"


def test_boxes_fields_and_list_marks_are_text_and_pictures_are_not():
    box = "{\\shp{\\*\\shpinst{\\sp{\\sn n}{\\sv v}}{\\shptxt in a box\\par}}{\\shprslt copy}}"
    picture = "{\\*\\shppict{\\pict\\bin4 }}}}0102}}{\\nonshppict{\\pict ffff}}"
    field = '{\\field{\\*\\fldinst HYPERLINK "https://example.org"}{\\fldrslt link}}'
    items = "{\\listtext\\f1 \\'b7\\tab}one\\par{\\pntext 2.\\tab}two\\par"
    assert read(f"{box}{picture}{field}\\par{items}").text == "link\n\nin a box\n- one\n2. two"


def test_a_file_that_is_cut_off_is_told():
    parsed = read_rtf(b"{\\rtf1 whole {\\footnote half a no", "x")
    assert (parsed.text, parsed.unread) == (
        "whole\nNote: half a no",
        "The file is cut off: the end of its text is missing.",
    )
    assert read("whole").unread == ""


def test_groups_are_not_nested_without_end():
    with pytest.raises(UnusableInput, match="damaged"):
        read_rtf(b"{\\rtf1" + b"{" * 100_000, "x")


def test_damaged_copies_are_read_or_refused():
    body = (
        "{\\header h}a{\\footnote n}\\par\\trowd b\\cell c\\cell\\row{\\*\\shppict{\\pict\\bin3 abc}}\\u50728?"
        + bytes_of("온")
    )
    assert check_reader(read_rtf, f"{HEAD}{body}}}".encode("latin-1"))
