"""Web pages saved as one file."""

import runpy
from email.message import EmailMessage
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.mhtml import read_mhtml

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
DATA = Path(__file__).parents[4] / "shared" / "data" / "documents"
PAGE = "<html><head>{head}<title>도서관 안내</title></head><body><h1>이용 시간</h1><p>{text}</p></body></html>"


def make_mhtml(*pages, kind="text/html", charset="utf-8"):
    saved = EmailMessage()
    saved["Subject"] = "Saved page"
    saved["Date"] = "Fri, 17 May 2024 09:30:00 +0900"
    saved.make_related()
    for number, page in enumerate(pages):
        part = EmailMessage()
        part.set_content(page.encode(charset), *kind.split("/"), cte="base64")
        part["Content-ID"] = f"<frame-{number}>"
        saved.attach(part)
    picture = EmailMessage()
    picture.set_content(b"\x89PNG", "image", "png")
    saved.attach(picture)
    return saved.as_bytes()


def test_the_page_is_read_and_its_pictures_are_not():
    parsed = read_mhtml(make_mhtml(PAGE.format(head="", text="아홉 시에 엽니다.")), "x")
    assert parsed.text == "이용 시간\n\n아홉 시에 엽니다."
    assert (parsed.title, parsed.format, parsed.date, parsed.parts) == ("도서관 안내", "mhtml", "2024-05-17", ())
    assert parsed.headings[0].title == "이용 시간"


@pytest.mark.parametrize("charset", ["cp949", "utf-8"])
def test_the_page_s_own_character_set_counts(charset):
    head = '<meta charset="euc-kr">'
    page = PAGE.format(head=head, text="아홉 시에 엽니다. " * 20)
    assert "아홉 시에 엽니다." in read_mhtml(make_mhtml(page, charset=charset), "x").text


def test_a_page_that_only_frames_another_gives_that_one():
    frame = '<html><body><iframe src="cid:frame-1"></iframe></body></html>'
    parsed = read_mhtml(make_mhtml(frame, PAGE.format(head="", text="긴 글입니다. " * 50)), "x")
    assert parsed.text.startswith("이용 시간\n\n긴 글입니다.")


def test_the_named_start_is_the_page():
    long = "words " * 100
    data = make_mhtml(f"<p>frame {long}</p>", f"<p>page {long}</p>")
    data = data.replace(b"Content-Type: multipart/related;", b'Content-Type: multipart/related; start="<frame-1>";', 1)
    assert read_mhtml(data, "x").text.startswith("page")


def test_what_is_hidden_in_the_page_is_told():
    parsed = read_mhtml(make_mhtml(PAGE.format(head="", text="seen<b style='display:none'>no</b>")), "x")
    assert parsed.hidden == "1 hidden passages: hidden elements (1)"


def test_what_holds_no_page_is_refused():
    with pytest.raises(UnusableInput, match="no saved web page"):
        read_mhtml(make_mhtml("x", kind="application/json"), "x")
    with pytest.raises(UnusableInput, match="no saved web page"):
        read_mhtml(bytes(range(256)), "x")
    with pytest.raises(UnusableInput, match="holds no text"):
        read_mhtml(make_mhtml("<!-- nothing -->"), "x")


def test_damaged_files_never_hang():
    check_reader(read_mhtml, make_mhtml(PAGE.format(head="", text="긴 글입니다. " * 50)))


@pytest.mark.data
def test_a_real_saved_page_is_read():
    path = DATA / "en_dummy.mhtml"
    if not path.exists():
        pytest.skip("the shared data folder is not there")
    assert read_mhtml(path.read_bytes(), path.stem).text
