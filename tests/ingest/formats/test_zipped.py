"""Traps in packages; damaged, encrypted and oddly named chapters of books; what OpenDocument hides."""

import io
import runpy
import struct
import zipfile
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.epub import read_epub
from ondol.ingest.formats.odt import read_odt
from ondol.ingest.formats.zipped import ZippedDocument

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "style", "presentation")
)


def make_zip(members, packing=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packing) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return data.getvalue()


def make_epub(chapters, *, spine=None, **more):
    """`chapters` are (name, media type, page)."""
    items = "".join(
        f'<item id="c{n}" href="{name}" media-type="{media}"/>' for n, (name, media, _) in enumerate(chapters)
    )
    spine = spine or "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    about = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    container = '<container><rootfiles><rootfile full-path="content.opf"/></rootfiles></container>'
    pages = {name: page for name, _, page in chapters if page is not None}
    return make_zip({"META-INF/container.xml": container, "content.opf": about} | pages | more, zipfile.ZIP_STORED)


def page(text):
    return f"<html><body><p>{text}</p></body></html>"


def make_odt(body, *, automatic="", styles="", kind="text"):
    automatic = f"<office:automatic-styles>{automatic}</office:automatic-styles>"
    content = f"<office:document-content {NAMES}>{automatic}<office:body>{body}</office:body></office:document-content>"
    members = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content}
    if styles:
        members["styles.xml"] = f"<office:document-styles {NAMES}>{styles}</office:document-styles>"
    return make_zip(members, zipfile.ZIP_STORED)


def odt(body, **more):
    return read_odt(make_odt(f"<office:text>{body}</office:text>", **more), "x")


XHTML = "application/xhtml+xml"


def test_a_package_of_an_unknown_version_is_refused():
    data = bytearray(make_zip({"content.xml": "<x/>"}))
    place = data.rfind(b"PK\1\2")
    data[place + 6 : place + 8] = struct.pack("<H", 99)
    with pytest.raises(UnusableInput, match=r"damaged or not a \.odt"):
        ZippedDocument(bytes(data), kind=".odt")


def test_a_member_packed_in_an_unknown_way_is_refused():
    data = bytearray(make_zip({"content.xml": "<x/>"}))
    for mark, offset in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
        place = data.rfind(mark) + offset
        data[place : place + 2] = struct.pack("<H", 97)
    with pytest.raises(UnusableInput, match="damaged"):
        ZippedDocument(bytes(data), kind=".odt").read("content.xml")


def test_a_member_that_unpacks_a_thousandfold_is_a_trap_and_a_sheet_of_empty_cells_is_not():
    rows = ("<row>" + "<c/>" * 26 + "</row>") * 300_000
    assert ZippedDocument(make_zip({"sheet.xml": rows}), kind=".xlsx").names == ["sheet.xml"]
    with pytest.raises(UnusableInput, match="it is a trap"):
        ZippedDocument(make_zip({"sheet.xml": bytes(40 << 20)}), kind=".xlsx")


def test_members_that_share_bytes_are_refused():
    data = make_zip({"a.xml": "<x/>" * 99, "b.xml": "<x/>" * 99})
    start = data.rfind(b"PK\1\2") + 42
    with pytest.raises(UnusableInput, match="damaged"):
        ZippedDocument(data[:start] + bytes(4) + data[start + 4 :], kind=".docx")


def test_a_chapter_that_is_damaged_or_missing_is_told():
    chapters = [("one.xhtml", XHTML, page("first")), ("two.xhtml", XHTML, page("second")), ("three.xhtml", XHTML, None)]
    parsed = read_epub(make_epub(chapters).replace(b"second", b"sEcond"), "x")
    assert (parsed.text, parsed.unread) == ("first", "Chapters that cannot be read: two.xhtml, three.xhtml")
    with pytest.raises(UnusableInput, match="damaged"):
        read_epub(make_epub(chapters[1:]).replace(b"second", b"sEcond"), "x")


def test_chapters_are_told_by_their_media_type():
    chapters = [
        ("a.xht", XHTML, page("one")), ("b", XHTML, page("two")), ("c.html", "", page("three")),
        ("d.jpg", "image/jpeg", b"\xff\xd8"), ("e.pdf", "application/pdf", b"%PDF-1.4 \0\1\2"),
    ]  # fmt: skip
    parsed = read_epub(make_epub(chapters), "x")
    assert (parsed.text, parsed.unread) == ("one\n\ntwo\n\nthree", "Chapters that cannot be read: e.pdf")


def test_the_fallback_of_another_format_is_read():
    data = make_epub(
        [("a.pdf", 'application/pdf" fallback="c1', b"%PDF"), ("b.html", XHTML, page("instead"))],
        spine='<itemref idref="c0"/>',
    )
    assert (read_epub(data, "x").text, read_epub(data, "x").unread) == ("instead", "")


def test_a_damaged_list_of_what_is_encrypted_is_refused():
    data = make_epub([("one.xhtml", XHTML, page("first"))], **{"META-INF/encryption.xml": "<encryption><Encr"})
    with pytest.raises(UnusableInput, match=r"damaged or not a \.epub"):
        read_epub(data, "x")


def test_rows_of_a_table_in_a_table_come_once():
    def table(*rows):
        cells = ("".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in row) for row in rows)
        return f"<table:table>{''.join(f'<table:table-row>{row}</table:table-row>' for row in cells)}</table:table>"

    note = "<text:note><text:note-body><text:p>각주</text:p></text:note-body></text:note>"
    inner = table(["<text:p>c</text:p>", "<text:p>d</text:p>"])
    parsed = odt(table([f"<text:p>a{note}</text:p>", f"<text:p>b</text:p>{inner}"]))
    assert parsed.text == "a | b\n주: 각주\n\nc | d"


@pytest.mark.parametrize(
    ("kind", "extension"),
    [("text", ".odt"), ("presentation", ".odp"), ("spreadsheet", ".ods"), ("graphics", ".odg"), ("other", ".odt")],
)
def test_messages_call_the_document_what_it_is(kind, extension):
    data = make_odt("", kind=kind).replace(b"office:body", b"office:bodi")
    with pytest.raises(UnusableInput, match=rf"damaged or not a \{extension} file"):
        read_odt(data, "x")
    assert read_odt(make_odt("<office:text><text:p>a</text:p></office:text>", kind=kind), "x").format == extension[1:]


def test_blanks_and_notes_are_kept():
    note = "<text:note-citation>1</text:note-citation><text:note-body><text:p>far</text:p></text:note-body>"
    note = f"<text:note>{note}</text:note>"
    body = f"<text:p>a<text:s/>b<text:tab/>c<text:line-break/>d{note}</text:p>"
    assert odt(body).text == "a b c\nd\nNote: far"


def test_comments_deletions_and_hidden_text_are_left_out():
    style = '<style:style style:name="{}" style:family="{}" {}><style:text-properties {}/></style:style>'
    styles = style.format("Hid", "paragraph", "", 'text:display="none"')
    automatic = (
        style.format("P1", "paragraph", 'style:parent-style-name="Hid"', "")
        + style.format("P2", "paragraph", 'style:parent-style-name="Hid"', 'text:display="true"')
        + style.format("T1", "text", "", 'text:display="none"')
    )
    parsed = odt(
        "<text:tracked-changes><text:p>deleted</text:p></text:tracked-changes>"
        "<text:p>Seen<office:annotation><text:p>remark</text:p></office:annotation> and "
        '<text:span text:style-name="T1">no1</text:span>seen '
        '<text:hidden-text text:is-hidden="true" text:string-value="no2"/>'
        '<text:hidden-text text:is-hidden="false">shown</text:hidden-text>.</text:p>'
        '<text:p text:style-name="P1">no3</text:p><text:p text:style-name="P2">Visible</text:p>'
        '<text:section text:display="none"><text:p>no4</text:p></text:section>'
        '<text:p>no5<text:hidden-paragraph text:is-hidden="true"/></text:p>',
        automatic=automatic, styles=f"<office:styles>{styles}</office:styles>",
    )  # fmt: skip
    assert parsed.text == "Seen and seen shown.\n\nVisible"
    assert parsed.hidden == "6 hidden passages: text marked as hidden (5), comments (1)"


def test_hidden_slides_are_left_out_and_notes_of_slides_are_kept():
    style = '<style:style style:name="dp2" style:family="drawing-page"><style:drawing-page-properties'
    style += ' presentation:visibility="hidden"/></style:style>'
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    notes = f"<presentation:notes>{box.format('slowly')}</presentation:notes>"
    body = f'<draw:page draw:name="one">{box.format("seen")}{notes}</draw:page>'
    body += f'<draw:page draw:name="two" draw:style-name="dp2">{box.format("unseen")}</draw:page>'
    data = make_odt(f"<office:presentation>{body}</office:presentation>", automatic=style, kind="presentation")
    parsed = read_odt(data, "x")
    assert (parsed.text, parsed.page_names, parsed.hidden) == ("seen\nNote: slowly", ("one",), "1 hidden slides")


def test_headers_and_footers_stand_once_at_the_end():
    margin = "<style:{0}><text:p>{1}</text:p></style:{0}>"
    master = (
        f"<style:master-page>{margin.format('header', 'Head')}{margin.format('footer', '- 1 -')}</style:master-page>"
    )
    assert (
        odt("<text:p>a</text:p>", styles=f"<office:master-styles>{master * 2}</office:master-styles>").text
        == "a\n\nHead"
    )


def test_damaged_copies_are_read_or_refused():
    chapters = [("one.xhtml", XHTML, page("first")), ("two.xhtml", XHTML, page("second"))]
    assert check_reader(read_epub, make_epub(chapters))
    row = "<table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>"
    body = f'<text:p>a<text:s text:c="3"/></text:p><table:table>{row}</table:table>'
    assert check_reader(read_odt, make_odt(f"<office:text>{body}</office:text>"))
