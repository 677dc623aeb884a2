"""XML of any kind."""

import runpy
from pathlib import Path

import pytest

from ondol.errors import UnusableInput
from ondol.ingest.formats.xml import read_xml

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
FEED = """<?xml version="1.0" encoding="{encoding}"?>
<!-- comment --><response xmlns="http://example.com/x"><header><title>도서관</title><code>00</code></header>
<items><item id="1"><name>안내</name><body>아홉 시에 <b>엽니다</b>.</body></item>
<item id="2"><name>규칙 &amp; 요금</name><body><![CDATA[a < b]]></body></item></items></response>"""


@pytest.mark.parametrize("encoding", ["utf-8", "euc-kr", "utf-16"])
def test_repeated_elements_are_rows_and_the_rest_an_outline(encoding):
    parsed = read_xml(FEED.format(encoding=encoding).encode(encoding), "feed")
    assert parsed.text == (
        "header\n\ntitle: 도서관\ncode: 00\n\nitems\n\nitem\n\nid: 1\nname: 안내\nbody: 아홉 시에 엽니다.\n\n"
        "id: 2\nname: 규칙 & 요금\nbody: a < b"
    )
    assert [parsed.text[start:end].split("\n")[0] for start, end in parsed.rows] == ["id: 1", "id: 2"]
    assert (parsed.title, parsed.format) == ("feed", "xml")


def test_a_page_is_read_as_a_page():
    page = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><h1>A</h1><p>b</p></body></html>'
    assert read_xml(page, "x").text == "A\n\nb"


def test_entities_are_neither_fetched_nor_multiplied():
    entities = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(2, 9))
    bomb = f'<!DOCTYPE a [<!ENTITY b1 "xxxxxxxxxx">{entities}]><a>&b8; text</a>'
    with pytest.raises(UnusableInput, match="amplification"):
        read_xml(bomb.encode(), "x")
    outside = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>x &e; y</a>'
    assert read_xml(outside, "x").text == "x &e; y"


@pytest.mark.parametrize("data", [b"<a><b></a>", b"<a>" * 1000, b"no xml", b"<?xml version='1.0'?>"])
def test_damage_is_told(data):
    with pytest.raises(UnusableInput, match="The XML is damaged: "):
        read_xml(data, "x")


def test_damaged_files_never_hang():
    check_reader(read_xml, FEED.format(encoding="utf-8").encode())
