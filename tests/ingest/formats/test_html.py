"""Web pages without what readers do not see."""

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.html import read_html

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
