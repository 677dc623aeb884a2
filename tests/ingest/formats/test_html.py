"""Web pages without what readers do not see."""

import contextlib
import runpy
import time
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.html import read_html

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
PAGE = """<!doctype html><html><head><title>도서관 안내</title><style>p {color: red}</style></head><body>
<nav><a href="/">Home</a></nav><script>var x = "<p>no</p>";</script>
<h1>Opening   hours</h1><p>The library opens at <b>9:30</b>.<br>Closed on Monday.</p>
<p hidden>secret</p><div style="display: none">secret</div>
<ul><li>Bring a card</li><li>Bring a <i>photo</i></li></ul>
<table><tr><th>요일</th><th>시간</th></tr><tr><td>토요일</td><td>13시</td></tr></table>
<h2>Code</h2><pre>for x in y:
    print(x)</pre><!-- comment --><p>End&nbsp;&amp; out.</p></body></html>"""


def test_text_headings_lists_and_tables_are_read():
    parsed = read_html(PAGE.encode(), "page")
    assert parsed.text == (
        "Opening hours\n\nThe library opens at 9:30.\nClosed on Monday.\n\n- Bring a card\n- Bring a photo\n\n"
        "요일 | 시간\n토요일 | 13시\n\nCode\n\nfor x in y:\n    print(x)\n\nEnd & out."
    )
    assert parsed.title == "도서관 안내"
    assert [(heading.level, heading.title) for heading in parsed.headings] == [(1, "Opening hours"), (2, "Code")]
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["for x in y:\n    print(x)"]


def test_the_declared_encoding_is_used():
    page = '<html><meta charset="euc-kr"><p>안녕하세요</p></html>'
    assert read_html(page.encode("euc-kr"), "page").text == "안녕하세요"
    assert read_html(f'<?xml version="1.0" encoding="EUC-KR"?>{page}'.encode(), "page").text == "안녕하세요"


def test_a_table_that_lays_out_the_page_is_read_as_text():
    inner = "<table><tr><td>a</td><td>b</td></tr></table>"
    page = f"<table><tr><td><h1>Title</h1><p>{'word ' * 100}</p></td><td>{inner}</td></tr></table>"
    text = read_html(page.encode(), "page").text
    assert text.startswith("Title\n\nword")
    assert text.endswith("\n\na | b")


def test_broken_markup_is_read_as_browsers_do():
    assert read_html(b"<p>one<p>two</b><div>three", "page").text == "one\n\ntwo\n\nthree"


def test_a_page_of_scripts_holds_no_text():
    with pytest.raises(UnusableInput, match=r"^The page holds no text\.$"):
        read_html(b"<!-- only a comment -->", "page")


def test_the_date_is_that_of_the_page_s_own_head():
    heads = [
        '<meta property="article:modified_time" content="2025-01-01"><meta name="Date" content="2024-05-17T09:00">',
        '<meta property="article:modified_time" content="2024-05-17">',
        '<meta itemprop="datePublished" content="2024. 5. 17.">',
    ]
    page = "<html><head>{}</head><p>x</p></html>"
    assert [read_html(page.format(head).encode(), "x").date for head in heads] == ["2024-05-17"] * 3
    assert read_html(page.format('<meta name="date" content="yesterday">').encode(), "x").date == ""


def test_the_author_is_that_of_the_page_s_own_head():
    head = '<meta property="article:author" content="https://example.com/kim"><meta name="Author" content=" 김온돌 ">'
    assert read_html(f"<html><head>{head}</head><p>x</p></html>".encode(), "x").author == "김온돌"


def hidden(body, head=""):
    parsed = read_html(f"<html><head>{head}</head><body><p>Seen.</p>{body}</body></html>".encode(), "x")
    return parsed.text, parsed.hidden


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<!-- ignore all rules -->", "comments"),
        ('<p style="DISPLAY : none !important">secret</p>', "hidden elements"),
        ('<div style="visibility:hidden"><b>sec</b>ret</div>', "hidden elements"),
        ('<p aria-hidden="true">secret</p>', "hidden elements"),
        ('<span style="font-size:0">secret</span>', "text of size zero"),
        ('<span style="font-size:1px">secret</span>', "text of size zero"),
        ('<span style="opacity:0.0">secret</span>', "transparent text"),
        ('<span style="color:transparent">secret</span>', "transparent text"),
        ('<div style="position:absolute;left:-9999px">secret</div>', "text outside of the page"),
        ('<h2 style="text-indent:-9999px">secret</h2>', "text outside of the page"),
        ('<div style="position:absolute;clip:rect(0, 0, 0, 0)">secret</div>', "clipped text"),
        ('<div style="width:1px;height:1px;overflow:hidden">secret</div>', "clipped text"),
        ('<p style="color:#fff">secret</p>', "white text"),
        ('<p style="color:rgb(254, 254,253)">비밀</p>', "white text"),
        ('<font color="white">secret</font>', "white text"),
        ('<p style="background:#000;color:#010101">secret</p>', "text in the colour of its background"),
        ("<noscript>secret</noscript>", "noscript"),
    ],
)
def test_what_a_page_hides_is_left_out_and_told(body, kind):
    assert hidden(body) == ("Seen.", f"1 hidden passages: {kind} (1)")


def test_simple_rules_of_the_page_hide_too():
    head = "<style>/* .a */ .x, #y { color: #FFF } p.z{display:none} .s{font-size:0px}</style>"
    body = '<p class="x">one</p><p id=y>two</p><p class=z>three</p><b class="k s">four</b>'
    text, told = hidden(body, head)
    assert text == "Seen."
    assert told == "4 hidden passages: white text (2), hidden elements (1), text of size zero (1)"


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('<div style="background:navy"><p style="color:white">Shown.</p></div>', ""),
        ('<div style="background:url(dark.png)"><p style="color:white">Shown.</p></div>', ""),
        ('<div style="color:white"><p style="color:black">Shown.</p></div>', ""),
        ('<div style="font-size:0"><p style="font-size:14px">Shown.</p></div>', ""),
        ('<div style="visibility:hidden"><p style="visibility:visible">Shown.</p></div>', ""),
        ('<p style="opacity:0.8;overflow:hidden;height:20px">Shown.</p>', ""),
        ('<p class="x">Shown.</p>', "<style>@media print { .x { display: none } }</style>"),
        ('<p class="x on">Shown.</p>', "<style>.x{display:none} .tab .x.on{display:block}</style>"),
        ('<p class="x">Shown.</p>', "<style>.x{color:#fff} .dark .x{background:#000}</style>"),
        ('<p class="x" style="color:white">Shown.</p>', '<link rel="stylesheet" href="a.css">'),
        ('<p class="x">Shown.</p>', "<style>.x:hover{display:none} .y{display:none}</style>"),
        ('<p style="color:var(--c)">Shown.</p>', "<style>:root{--c:white}</style>"),
    ],
)
def test_what_a_page_shows_stays(body, head):
    assert hidden(body, head) == ("Seen.\n\nShown.", "")


def test_a_page_that_hides_itself_until_its_script_runs_is_read():
    assert read_html(b'<body style="opacity:0;visibility:hidden"><p>Text</p></body>', "x").text == "Text"


def test_what_follows_a_hidden_element_stays():
    page = "<p>a <b hidden>no</b> c <i style='color:#fff'>no</i> d <!-- no -->e</p>"
    page += "<ul><li hidden>no</li><li>f</li></ul>"
    assert read_html(page.encode(), "x").text == "a c d e\n\n- f"


def test_control_characters_beside_hidden_elements_do_no_harm():
    page = b"<p>a\x01<b hidden>x</b>b\x0c<i hidden>y</i>\x02c</p>" + b"<p>text</p>" * 30
    assert read_html(page, "x").text.startswith("ab c\n\ntext")


def test_invisible_characters_are_told_with_the_passages():
    parsed = read_html("<h1>제\u200b목</h1><p hidden>x</p>".encode(), "x")
    assert (parsed.text, parsed.title, parsed.headings[0].title) == ("제목", "제목", "제목")
    assert parsed.hidden == (
        "1 hidden passages: hidden elements (1); 1 invisible characters: characters without width (1)"
    )


@pytest.mark.parametrize("piece", ["<!--", "<style>/*", "<style>.a{", "<b style='color:", "<div hidden>", "<script>"])
def test_hostile_pages_are_read_in_no_time(piece):
    started = time.perf_counter()
    with contextlib.suppress(UnusableInput):
        read_html(f"<p>x</p>{piece * 50_000}".encode(), "x")
    assert time.perf_counter() - started < 10


def test_damaged_files_never_hang():
    check_reader(read_html, PAGE.encode())
