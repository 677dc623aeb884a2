"""HWP and HWPX: captions, comments, summaries, and what is cut off."""

import datetime
import io
import runpy
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.hwp import read_hwp
from ondol.ingest.formats.hwp_summary import read_summary
from ondol.ingest.formats.hwpx import read_hwpx

write_ole = runpy.run_path(str(Path(__file__).with_name("ole.py")))["write_ole"]
check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
CUT = "The file is cut off: the end of its text is missing."
HP = 'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph" xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section"'


def record(tag, level, body=b""):
    return struct.pack("<I", tag | level << 10 | len(body) << 20) + body


def para(level, text, *below):
    return record(66, level, bytes(22)) + record(67, level + 1, text.encode("utf-16-le")) + b"".join(below)


def control(level, kind):
    return record(71, level, kind[::-1])


def cell(level, row, text):
    return record(72, level, struct.pack("<HIHHHI", 1, 0, 0, 0, row, 0)) + para(level, text)


def pack(section):
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(section) + engine.flush()


def make_hwp(*sections, packed=True, **streams):
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010100, int(packed))
    body = {f"Section{number}": section for number, section in enumerate(sections)}
    return write_ole({"FileHeader": header.ljust(256, b"\0"), "BodyText": body, **streams})


def make_summary(properties):
    """`properties` are (number, type, content after the type)."""
    table, content = b"", b""
    for number, kind, value in properties:
        table += struct.pack("<II", number, 8 + 8 * len(properties) + len(content))
        content += struct.pack("<I", kind) + value
    section = struct.pack("<II", 8 + len(table) + len(content), len(properties)) + table + content
    return struct.pack("<HHI16sI16sI", 0xFFFE, 0, 0, b"", 1, b"", 48) + section


def wide(text):
    return struct.pack("<I", len(text) + 1) + (text + "\0").encode("utf-16-le")


def filetime(year):
    ticks = (
        (datetime.datetime(year, 3, 4, 12) - datetime.datetime(1601, 1, 1)) // datetime.timedelta(microseconds=1) * 10
    )
    return struct.pack("<Q", ticks)


def make_hwpx(body):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("Contents/section0.xml", f"<hs:sec {HP}>{body}</hs:sec>")
    return data.getvalue()


def words(text):
    return f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>"


def test_the_caption_of_a_table_stands_before_it():
    caption = record(72, 2, bytes(24)) + para(2, "표 1. 방의 온도")
    table = control(1, b"tbl ") + caption + record(77, 2, bytes(20)) + cell(2, 0, "방") + cell(2, 0, "45")
    assert read_hwp(make_hwp(pack(para(0, "본문", table))), "x").text == "본문\n표 1. 방의 온도\n\n방 | 45"


def test_hidden_comments_and_memos_are_no_text():
    in_cell = record(72, 2, struct.pack("<HIHHHI", 1, 0, 0, 0, 0, 0))
    comment = control(3, b"tcmt") + record(72, 4, bytes(8)) + para(4, "비밀")
    table = control(1, b"tbl ") + record(77, 2, bytes(20)) + in_cell + para(2, "칸", comment)
    memo = record(93, 1, bytes(4)) + record(72, 1, bytes(8)) + para(1, "메모")
    hidden = control(1, b"tcmt") + record(72, 2, bytes(8)) + para(2, "secret")
    parsed = read_hwp(make_hwp(pack(para(0, "보이는 글", hidden, table) + para(0, "끝", memo))), "x")
    assert parsed.text == "보이는 글\n\n칸\n끝"
    assert parsed.hidden == "3 hidden passages: comments (3)"


@pytest.mark.parametrize("packed", [True, False])
def test_a_section_that_is_cut_off_is_told(packed):
    section = b"".join(para(0, f"구들장 {number} {number * 7919 % 1000}") for number in range(40))
    whole = pack(section) if packed else section
    parsed = read_hwp(make_hwp(whole, packed=packed), "x")
    assert (parsed.text.count("\n"), parsed.unread) == (39, "")
    parsed = read_hwp(make_hwp(whole[: len(whole) * 2 // 3], packed=packed), "x")
    assert parsed.text.startswith("구들장 0 0\n구들장 1 919")
    assert (parsed.text.count("\n") < 39, parsed.unread) == (True, CUT)
    with pytest.raises(UnusableInput, match="damaged"):
        read_hwp(make_hwp(whole[:2], packed=packed), "x")


def test_the_summary_tells_title_author_and_day():
    summary = make_summary([
        (2, 0x1F, wide("온돌 규칙")), (4, 0x1E, struct.pack("<I", 7) + "김온돌".encode("cp949") + b"\0"),
        (12, 0x40, filetime(2020)), (13, 0x40, filetime(2026)), (20, 0x1F, wide("other")),
    ])  # fmt: skip
    parsed = read_hwp(make_hwp(pack(para(0, "글")), **{"\x05HwpSummaryInformation": summary}), "x")
    assert (parsed.title, parsed.author, parsed.date) == ("온돌 규칙", "김온돌", "2026-03-04")


@pytest.mark.parametrize(
    "summary",
    [
        b"", bytes(60), b"\xff" * 200, make_summary([(2, 0x1F, struct.pack("<I", 0xFFFFFFFF) + b"a\0")]),
        make_summary([(2, 0x101F, struct.pack("<I", 0x7FFFFFFF)), (4, 0x0C, b"\xff" * 8), (13, 0x40, b"\xff" * 8)]),
        make_summary([(2, 0x1F, wide("제목"))])[:60],
    ],
)  # fmt: skip
def test_a_damaged_summary_tells_nothing(summary):
    assert read_summary(summary) == ("", "", "")


def test_a_summary_that_claims_millions_of_values_does_not_hang():
    summary = make_summary([(2, 0x101E, struct.pack("<I", 0x7FFFFFFF)), (4, 0x1F, wide("김온돌"))])
    started = time.perf_counter()
    parsed = read_hwp(make_hwp(pack(para(0, "글")), **{"\x05HwpSummaryInformation": summary}), "x")
    assert (parsed.title, parsed.author) == ("x", "김온돌")
    assert time.perf_counter() - started < 5


def test_comments_of_a_hwpx_are_no_text():
    hidden = f"<hp:ctrl><hp:hiddenComment><hp:subList>{words('비밀')}</hp:subList></hp:hiddenComment></hp:ctrl>"
    memo = f'<hp:ctrl><hp:fieldBegin type="MEMO"><hp:subList>{words("메모")}</hp:subList></hp:fieldBegin></hp:ctrl>'
    link = '<hp:ctrl><hp:fieldBegin type="HYPERLINK"/></hp:ctrl>'
    table = (
        f"<hp:tbl><hp:tr><hp:tc><hp:subList><hp:p><hp:run>{memo}<hp:t>칸</hp:t></hp:run></hp:p></hp:subList></hp:tc>"
    )
    body = f"<hp:p><hp:run>{hidden}{memo}{link}<hp:t>보이는 글</hp:t>{table}</hp:tr></hp:tbl></hp:run></hp:p>"
    parsed = read_hwpx(make_hwpx(body), "x")
    assert (parsed.text, parsed.hidden) == ("보이는 글\n\n칸", "3 hidden passages: comments (3)")


def test_tracked_deletions_of_a_hwpx_are_no_text():
    first = 'stays<hp:deleteBegin Id="1"/> gone<hp:insertBegin Id="2"/><hp:insertEnd Id="2"/> gone'
    second = 'gone<hp:deleteEnd Id="1"/>here <hp:deleteBegin Id="9"/>never closed'
    parsed = read_hwpx(make_hwpx(words(first) + words(second)), "x")
    assert parsed.text == "stays\nhere never closed"


def test_the_caption_of_a_hwpx_table_stands_before_it():
    caption = f"<hp:caption><hp:subList>{words('표 1. 온도')}</hp:subList></hp:caption>"
    row = f"<hp:tr><hp:tc><hp:subList>{words('방')}</hp:subList></hp:tc></hp:tr>"
    parsed = read_hwpx(make_hwpx(f"<hp:p><hp:run><hp:tbl>{caption}{row}</hp:tbl></hp:run></hp:p>"), "x")
    assert parsed.text == "표 1. 온도\n\n방"


def test_damaged_copies_are_read_or_refused():
    table = control(1, b"tbl ") + record(77, 2, bytes(20)) + cell(2, 0, "방") + cell(2, 1, "45")
    summary = make_summary([(2, 0x1F, wide("온돌")), (13, 0x40, filetime(2026))])
    section = para(0, "본문", table) + para(0, "끝", control(1, b"tcmt") + para(2, "비밀"))
    assert check_reader(read_hwp, make_hwp(section, packed=False, **{"\x05HwpSummaryInformation": summary}))
    assert check_reader(read_hwpx, make_hwpx(words("온돌") * 20))
