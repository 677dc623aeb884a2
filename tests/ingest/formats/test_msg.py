"""Outlook messages."""

import runpy
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.eml import read_eml
from ondol.ingest.formats.msg import read_msg
from ondol.ingest.formats.rtf_mail import DICTIONARY, read_rtf_body, unpack_rtf

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
write_ole = runpy.run_path(str(Path(__file__).with_name("ole.py")))["write_ole"]
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)  # fmt: skip
"""The example of [MS-OXRTFCP]."""


def table(header, **numbers):
    rows = b"".join(
        struct.pack("<HHIQ", 0x0003, int(number.removeprefix("x"), 16), 0, value) for number, value in numbers.items()
    )
    return bytes(header) + rows


def streams(**fields):
    """Properties by number and type, as `x0037001F="…"`; text is UTF-16, or CP949 for the old type."""
    made = {}
    for name, value in fields.items():
        encoding = "cp949" if name.endswith("1E") else "utf-16-le"
        made[f"__substg1.0_{name[1:]}"] = value if isinstance(value, bytes) else value.encode(encoding)
    return made


SENT = int((datetime(2024, 5, 17, 0, 30, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10**7
MESSAGE = {
    "__properties_version1.0": table(32, x0039=SENT, x3FFD=949),
    **streams(
        x0037001F="연차 휴가 안내", x0C1A001F="김온돌", x5D01001F="ondol@example.com", x0E04001F="전 직원; 이온돌",
        x0E03001F="hr@example.com", x1000001F="안녕하세요.\r\n\r\n연차는 15일입니다.\r\n",
    ),
}  # fmt: skip


def attach(number, **fields):
    hidden = fields.pop("hidden", 0)
    folder = {"__properties_version1.0": table(8, x7FFE=hidden), **fields.pop("inner", {}), **streams(**fields)}
    return {f"__attach_version1.0_#{number:08X}": folder}


def make_msg(*parts, **fields):
    tree = dict(MESSAGE)
    for part in parts:
        tree |= part
    for name, value in streams(**fields).items():
        tree[name] = value
    return write_ole({name: value for name, value in tree.items() if value})


def test_fields_and_text_are_read():
    parsed = read_msg(make_msg(), "x")
    assert parsed.text == (
        "연차 휴가 안내\n\nFrom: 김온돌 <ondol@example.com>\nTo: 전 직원; 이온돌\nCc: hr@example.com\n"
        "Date: 2024-05-17 00:30 +0000\n\n안녕하세요.\n\n연차는 15일입니다."
    )
    assert (parsed.title, parsed.date, parsed.author, parsed.format) == (
        "연차 휴가 안내", "2024-05-17", "김온돌 <ondol@example.com>", "msg",
    )  # fmt: skip


def test_letters_of_old_korean_messages_are_read():
    data = make_msg(x0037001F=b"", x0037001E="휴가 신청", x1000001F=b"", x1000001E="신청서를 냅니다.")
    parsed = read_msg(data, "x")
    assert (parsed.title, parsed.text.splitlines()[-1]) == ("휴가 신청", "신청서를 냅니다.")


def test_a_page_is_read_where_there_is_no_text():
    page = '<meta charset="euc-kr"><h1>소식</h1><p>내일 <b>휴관</b></p><p hidden>no</p>'.encode("cp949")
    parsed = read_msg(make_msg(x1000001F=b"", x10130102=page), "x")
    assert parsed.text.endswith("소식\n\n내일 휴관")
    assert parsed.hidden == "1 hidden passages: hidden elements (1)"


def test_attachments_are_parts_and_inline_pictures_are_not():
    data = make_msg(
        attach(0, x3707001F="휴가 현황.csv", x37010102="이름,일수\n".encode()),
        attach(1, x3707001F="logo.png", x3712001F="cid1", x37010102=b"\x89PNG"),
        attach(2, x3704001F="../A.TXT", x37010102=b"a"),
        attach(3, x3703001F=".pdf", x37010102=b"%PDF"),
    )
    assert {part.name: part.data for part in read_msg(data, "x").parts} == {
        "휴가 현황.csv": "이름,일수\n".encode(), "A.TXT": b"a", "attachment.pdf": b"%PDF",
    }  # fmt: skip


def test_a_message_inside_is_a_mail_of_its_own():
    inner = dict(MESSAGE) | {"__properties_version1.0": table(24, x0039=SENT)}
    inner |= attach(0, x3707001F="표.csv", x37010102=b"a,b\n1,2\n")
    parsed = read_msg(make_msg(attach(0, inner={"__substg1.0_3701000D": inner})), "x")
    assert [part.name for part in parsed.parts] == ["연차 휴가 안내.eml"]
    mail = read_eml(parsed.parts[0].data, "x")
    assert mail.text == parsed.text
    assert [(part.name, part.data) for part in mail.parts] == [("표.csv", b"a,b\n1,2\n")]


def test_packed_rtf_is_read_where_there_is_nothing_else():
    assert len(DICTIONARY) == 207
    assert unpack_rtf(PACKED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert read_msg(make_msg(x1000001F=b"", x10090102=PACKED), "x").text.endswith("hello world")


def stored(rtf):
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def test_rtf_gives_korean_text_and_the_html_inside():
    letters = "".join(f"\\'{byte:02x}" for byte in "휴가".encode("cp949"))
    rtf = (
        rb"{\rtf1\ansi\ansicpg949{\fonttbl{\f0 Arial;}}{\*\generator x;}"
        + letters.encode()
        + rb" \u50728?\u46028?\par b}"
    )
    assert read_rtf_body(stored(rtf)) == ("휴가 온돌\nb", "")
    rtf = rb"{\rtf1\ansi\ansicpg949\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 " + letters.encode()
    rtf += rb"\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}"
    assert read_rtf_body(stored(rtf)) == ("", "<p>휴가</p>")


def test_other_files_are_refused():
    for data in (b"text", b"", write_ole({"WordDocument": b"x"})):
        with pytest.raises(UnusableInput, match=r"^The file is no Outlook message\.$"):
            read_msg(data, "x")
    with pytest.raises(UnusableInput, match="The Outlook message is damaged: "):
        read_msg(make_msg()[:600], "x")


def test_damaged_messages_never_hang():
    inner = dict(MESSAGE) | {"__properties_version1.0": table(24, x0039=SENT)}
    data = make_msg(
        attach(0, inner={"__substg1.0_3701000D": inner}), attach(1, x3707001F="a.csv", x37010102=b"a"),
        x1000001F=b"", x10090102=PACKED,
    )  # fmt: skip
    check_reader(read_msg, data)
    check_reader(lambda data, name: read_msg(make_msg(x1000001F=b"", x10090102=data), name), PACKED)
