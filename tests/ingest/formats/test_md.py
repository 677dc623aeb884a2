"""Markdown stays as it is written; structure is found."""

from ondol.ingest.formats.md import read_md

TEXT = """---
title: "온돌 이야기"
tags: [a]
---

# 온돌 **이란**

Text with a # that is no heading.

```sh
# a comment, not a heading
```

Setext title
============

## [Link](http://x) ##
"""


def test_front_matter_headings_and_code():
    parsed = read_md(TEXT.encode(), "file")
    assert parsed.title == "온돌 이야기"
    assert parsed.text.startswith("# 온돌 **이란**\n")
    assert [(heading.level, heading.title) for heading in parsed.headings] == [
        (1, "온돌 이란"), (1, "Setext title"), (2, "Link"),
    ]  # fmt: skip
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["```sh\n# a comment, not a heading\n```"]


def test_the_first_heading_is_the_title_where_there_is_no_front_matter():
    assert read_md(b"# Guide\n\ntext", "file").title == "Guide"
    assert read_md(b"text\n", "file").title == "file"


def test_windows_line_ends_and_decomposed_hangul_become_canonical():
    assert read_md("# 한\r\ntext\r\n".encode(), "file").text == "# 한\ntext\n"


def test_front_matter_tells_date_and_tags():
    text = "---\ntitle: '제목'\nDate: 2024-05-17 09:00\ntags: [계약, \"two words\", '#c']\n---\ntext"
    parsed = read_md(text.encode(), "x")
    assert (parsed.title, parsed.date, parsed.tags) == ("제목", "2024-05-17", ("계약", "two words", "c"))
    listed = read_md(b"---\ntags:\n  - one\n- 'two'\ndate: soon\n---\n- no tag\n", "x")
    assert (listed.tags, listed.date, listed.title) == (("one", "two"), "", "x")
    assert read_md(b"date: 2024-05-17\ntags: no\n", "x").date == ""
