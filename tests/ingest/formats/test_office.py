"""Hangul, PowerPoint, spreadsheets, OpenDocument, EPUB and RTF: what the real files of each hold."""

import contextlib
import datetime
import io
import random
import runpy
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from pptx import Presentation
from pptx.util import Inches
from xlsxwriter import Workbook

from ondol.errors import UnusableInput
from ondol.ingest.formats.epub import read_epub
from ondol.ingest.formats.hwp import _characters, _tree, read_hwp
from ondol.ingest.formats.hwpx import read_hwpx
from ondol.ingest.formats.odt import read_odt
from ondol.ingest.formats.pptx import read_pptx
from ondol.ingest.formats.rtf import read_rtf
from ondol.ingest.formats.sheet import read_sheet

write_ole = runpy.run_path(str(Path(__file__).with_name("ole.py")))["write_ole"]
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def make_zip(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return data.getvalue()


def make_hwpx(*sections, **more):
    hp = 'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph" xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section"'
    members = {
        f"Contents__section{number}_DOT_xml": f"<hs:sec {hp}>{body}</hs:sec>" for number, body in enumerate(sections)
    }
    return make_zip(**members, **more)


def words(text):
    return f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>"


def cell(text):
    return f"<hp:tc><hp:subList>{words(text)}</hp:subList></hp:tc>"


def make_xlsx():
    data = io.BytesIO()
    with Workbook(data, {"in_memory": True}) as book:
        book.set_properties({"title": "매출 2026", "author": "김온돌"})
        sheet = book.add_worksheet("매출")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["지점", "금액", "날짜"])
        sheet.write_row(1, 0, ["서울", 1200.0])
        sheet.write_datetime(1, 2, datetime.datetime(2026, 3, 4), date)
        sheet.write_row(2, 0, ["부산", 0.25])
        book.add_worksheet("Notes").write(0, 0, "Only a remark")
        book.add_worksheet("Secret").hide()
    return data.getvalue()


def make_pptx():
    shown = Presentation()
    slide = shown.slides.add_slide(shown.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "온돌 소개", "구들장\n고래"
    slide.notes_slide.notes_text_frame.text = "천천히 말하기"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(5), Inches(4), Inches(1)).table
    for place, text in enumerate(["방", "온도", "아랫목", "45"]):
        table.cell(place // 2, place % 2).text = text
    shown.slides.add_slide(shown.slide_layouts[5]).shapes.title.text = "Second slide"
    hidden = shown.slides.add_slide(shown.slide_layouts[5])
    hidden.shapes.title.text = "Nobody sees this"
    hidden._element.set("show", "0")
    shown.core_properties.title, shown.core_properties.author = "발표", "김온돌"
    data = io.BytesIO()
    shown.save(data)
    return data.getvalue()


def make_odt(body, **more):
    names = " ".join(f'xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "text", "table", "draw"))
    root = f"<office:document-content {names}><office:body>{body}</office:body></office:document-content>"
    return make_zip(content_DOT_xml=root, **more)


def make_epub(encryption=""):
    container = '<container><rootfiles><rootfile full-path="b/content.opf"/></rootfiles></container>'
    package = """<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>온돌 이야기</dc:title>
        <dc:creator>김온돌</dc:creator><dc:date>2026-03-04</dc:date></metadata><manifest>
        <item id="two" href="two.xhtml" media-type="application/xhtml+xml"/>
        <item id="one" href="one%20a.xhtml" media-type="application/xhtml+xml"/>
        <item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>
        <spine><itemref idref="one"/><itemref idref="two"/></spine></package>"""
    toc = """<ncx><navMap><navPoint><navLabel><text>첫째 장</text></navLabel><content src="one%20a.xhtml#x"/></navPoint>
        </navMap></ncx>"""
    members = {
        "META-INF__container_DOT_xml": container, "b__content_DOT_opf": package, "b__toc_DOT_ncx": toc,
        "b__one a_DOT_xhtml": "<html><body><p>구들장을 데웁니다.</p></body></html>",
        "b__two_DOT_xhtml": "<html><body><h1>Chapter two</h1><p>The floor stays warm.</p></body></html>",
    }  # fmt: skip
    if encryption:
        members["META-INF__encryption_DOT_xml"] = encryption
    return make_zip(**members)


def make_rtf():
    korean = "".join(f"\\'{byte:02x}" for byte in "온돌은 따뜻합니다".encode("cp949"))
    return (
        "{\\rtf1\\ansi\\ansicpg949{\\info{\\title " + korean + "}{\\author Kim}{\\revtim\\yr2026\\mo3\\dy4}}"
        + korean + "\\par\\par\\u50728?\\u46028? again\\par{\\trowd\\cellx1000\\cellx2000 a\\cell b\\cell\\row}}"
    ).encode("latin-1")  # fmt: skip


def test_hwpx_has_tables_notes_and_margins():
    table = f"<hp:tbl><hp:tr>{cell('방')}{cell('온도')}</hp:tr><hp:tr>{cell('아랫목')}{cell('45')}</hp:tr></hp:tbl>"
    note = f"<hp:ctrl><hp:footNote><hp:subList>{words('구들: 바닥돌')}</hp:subList></hp:footNote></hp:ctrl>"
    head = f"<hp:ctrl><hp:header><hp:subList>{words('머리말')}</hp:subList></hp:header></hp:ctrl>"
    body = f"<hp:p><hp:run>{head}<hp:t>구들<hp:tab/>장<hp:lineBreak/>고래</hp:t>{note}{table}</hp:run></hp:p>"
    parsed = read_hwpx(make_hwpx(body), "문서")
    assert parsed.text == "구들 장\n고래\n주: 구들: 바닥돌\n\n방 | 온도\n아랫목 | 45\n\n머리말"
    assert (parsed.title, parsed.pages) == ("문서", ())


def test_hwpx_sections_are_pages():
    parsed = read_hwpx(make_hwpx(words("하나"), words("둘")), "x")
    assert (parsed.unit, [parsed.text[start:end] for start, end in parsed.pages]) == ("section", ["하나\n", "둘"])


def test_a_protected_hwpx_is_refused_with_the_reason():
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"
    with pytest.raises(UnusableInput, match="password"):
        read_hwpx(make_hwpx(words("x"), **{"META-INF__manifest_DOT_xml": manifest}), "x")


def test_hwp_text_skips_its_controls():
    units = [*map(ord, "가"), 11, *[0] * 6, 11, *map(ord, "나"), 9, *[0] * 6, 9, *map(ord, "다"), 31, ord("A"), 13]
    data = struct.pack(f"<{len(units)}H", *units) + "\U0001f600".encode("utf-16-le")
    assert "".join(_characters(data)) == "가나\t다 A😀"


def test_hwp_records_form_a_tree_whatever_their_levels_say():
    def record(tag, level, body):
        return struct.pack("<I", tag | level << 10 | len(body) << 20) + body

    tree, whole = _tree(
        record(66, 0, b"a") + record(67, 1, b"b") + record(71, 900, b"c") + record(66, 0, b"d") + b"\x01"
    )
    assert [(item.data, [below.data for below in item.below]) for item in tree] == [(b"a", [b"b"]), (b"d", [])]
    assert not whole


@pytest.mark.parametrize(
    ("flags", "reason"), [(2, "password"), (4, "distribution"), (16, "DRM")], ids=["password", "distribution", "drm"]
)
def test_a_locked_hwp_is_refused_with_the_reason(flags, reason):
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010100, flags)
    section = zlib.compress(b"")[2:-4]
    with pytest.raises(UnusableInput, match=reason):
        read_hwp(write_ole({"FileHeader": header.ljust(256, b"\0"), "BodyText": {"Section0": section}}), "x")


def test_an_old_hwp_is_refused_with_the_reason():
    with pytest.raises(UnusableInput, match="Hangul 97"):
        read_hwp(b"HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05" + b"\0" * 900, "x")


def test_every_row_of_a_sheet_has_the_names_of_its_columns():
    parsed = read_sheet(make_xlsx(), "x")
    assert (parsed.title, parsed.author, parsed.unit) == ("매출 2026", "김온돌", "sheet")
    assert parsed.page_names == ("매출", "Notes")
    assert (
        parsed.text
        == "매출\n\n지점: 서울\n금액: 1200\n날짜: 2026-03-04\n\n지점: 부산\n금액: 0.25\n\nNotes\n\nOnly a remark"
    )
    assert len(parsed.rows) == 3
    assert parsed.hidden == "1 hidden sheets"


def test_slides_are_pages_with_their_notes_below():
    parsed = read_pptx(make_pptx(), "x")
    assert (parsed.title, parsed.author, parsed.unit, parsed.date) == ("발표", "김온돌", "slide", "")
    assert parsed.page_names == ("온돌 소개", "Second slide")
    first, second = (parsed.text[start:end].strip() for start, end in parsed.pages)
    assert first == "온돌 소개\n\n구들장\n고래\n\n방 | 온도\n아랫목 | 45\n\n주: 천천히 말하기"
    assert second == "Second slide"
    assert (parsed.hidden, "Nobody" in parsed.text) == ("1 hidden slides", False)


def test_open_document_text_keeps_its_structure():
    body = """<office:text><text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>
        <text:h text:outline-level="2">제목</text:h><text:p>본문<text:s text:c="2"/>입니다<text:note>
        <text:note-citation>1</text:note-citation><text:note-body><text:p>각주</text:p></text:note-body></text:note>.</text:p>
        <text:list><text:list-item><text:p>하나</text:p></text:list-item></text:list><table:table><table:table-row>
        <table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b</text:p></table:table-cell>
        </table:table-row></table:table></office:text>"""
    parsed = read_odt(make_odt(body), "x")
    assert parsed.text == "제목\n\n본문 입니다.\n주: 각주\n- 하나\n\na | b"
    assert [(heading.title, heading.level) for heading in parsed.headings] == [("제목", 2)]


def test_chapters_are_pages_in_the_order_of_the_book():
    parsed = read_epub(make_epub(), "x")
    assert (parsed.title, parsed.author, parsed.date) == ("온돌 이야기", "김온돌", "2026-03-04")
    assert parsed.page_names == ("첫째 장", "Chapter two")
    assert parsed.text.startswith("구들장을 데웁니다.")


def test_a_book_with_drm_is_refused_and_one_with_scrambled_fonts_is_not():
    def encrypted(algorithm):
        return f'<encryption><EncryptedData><EncryptionMethod Algorithm="{algorithm}"/></EncryptedData></encryption>'

    assert read_epub(make_epub(encrypted("http://www.idpf.org/2008/embedding")), "x").text
    with pytest.raises(UnusableInput, match="DRM"):
        read_epub(make_epub(encrypted("http://www.w3.org/2001/04/xmlenc#aes128-cbc")), "x")


def test_rtf_is_decoded_as_it_says():
    parsed = read_rtf(make_rtf(), "x")
    assert (parsed.title, parsed.author, parsed.date) == ("온돌은 따뜻합니다", "Kim", "2026-03-04")
    assert parsed.text == "온돌은 따뜻합니다\n\n온돌 again\n\na | b"


READERS = {
    "epub": (read_epub, make_epub),
    "hwpx": (read_hwpx, lambda: make_hwpx(words("온돌") * 20)),
    "odt": (read_odt, lambda: make_odt("<office:text><text:p>온돌</text:p></office:text>")),
    "pptx": (read_pptx, make_pptx),
    "rtf": (read_rtf, make_rtf),
    "xlsx": (read_sheet, make_xlsx),
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("data", [b"", b"\x00\x01 random \xff" * 50, b"PK\x03\x04", b"\xd0\xcf\x11\xe0" * 200])
def test_what_is_no_document_is_refused(kind, data):
    with pytest.raises(UnusableInput):
        READERS[kind][0](data, "x")


@pytest.mark.parametrize("kind", READERS)
def test_damaged_copies_are_read_or_refused(kind):
    read, make = READERS[kind]
    dice, whole = random.Random(13), make()
    for number in range(60):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 12)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        broken = bytes(data[: dice.randrange(len(data))]) if number % 3 == 0 else bytes(data)
        try:
            read(broken, "x")
        except UnusableInput:
            continue


@pytest.mark.parametrize("reader", [read_hwpx, read_odt, read_epub])
def test_entities_are_not_resolved(reader):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;&b;&b;</x>'
    names = ("Contents__section0_DOT_xml", "content_DOT_xml", "META-INF__container_DOT_xml")
    with contextlib.suppress(UnusableInput):
        assert "aaaa" not in reader(make_zip(**dict.fromkeys(names, bomb)), "x").text


@pytest.mark.data
def test_damaged_hwp_files_are_read_or_refused():
    path = Path(__file__).parents[4] / "shared" / "data" / "documents" / "ko_pair_table.hwp"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside the checkout")
    whole, dice = path.read_bytes(), random.Random(13)
    assert read_hwp(whole, "x").text == "1 2 | 3\n4 5\n67"
    for number in range(200):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 20)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            read_hwp(bytes(data[: dice.randrange(len(data))]) if number % 3 == 0 else bytes(data), "x")
        except UnusableInput:
            continue
