"""Markup that programmers and scientists write."""

import runpy
import time
from pathlib import Path

import pytest

from ondol.ingest.formats.markup import read_adoc, read_org, read_rst, read_tex

check_reader = runpy.run_path(str(Path(__file__).with_name("fuzz.py")))["check_reader"]
RST = "=====\n온돌 안내\n=====\n\n구들\n----\n\nText.\n\n- a\n- b\n\nDeeper\n~~~~~~\n\nx\n\n"
RST += "연기\n----\n\n::\n\n   not a title\n   -----------\n"
ADOC = "= 온돌 안내\n:author: 김\n\n== 구들 ==\n\n----\n== code\n----\n\n=== Deeper\n\nx\n"
ORG = "#+TITLE: 온돌 안내\n#+AUTHOR: 김\n#+DATE: <2024-05-17 Fri>\n* TODO [#A] 구들 :tag:\ntext *bold*\n"
ORG += "#+begin_src sh\n* no\n#+end_src\n** Deeper\n"
TEX = r"""\documentclass{article} % secret
% another secret
\title{온돌 \textbf{안내}}
\author{김온돌}
\date{2024-05-17}
\section{구들 {\it floor}}\label{a}
50\% warm.
\subsection*[short]{Deeper}
\begin{verbatim}
\section
\end{verbatim}
"""


def titles(parsed):
    return [(heading.level, heading.title) for heading in parsed.headings]


def test_rst_levels_come_in_the_order_of_their_lines():
    parsed = read_rst(RST.encode(), "x")
    assert titles(parsed) == [(1, "온돌 안내"), (2, "구들"), (3, "Deeper"), (2, "연기")]
    assert (parsed.text, parsed.title, parsed.headings[0].start) == (RST, "온돌 안내", 0)


def test_adoc_headings_but_not_those_in_code():
    parsed = read_adoc(ADOC.encode(), "x")
    assert titles(parsed) == [(1, "온돌 안내"), (2, "구들"), (3, "Deeper")]
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["----\n== code\n----"]
    assert parsed.title == "온돌 안내"


def test_org_headings_and_fields():
    parsed = read_org(ORG.encode(), "x")
    assert titles(parsed) == [(1, "구들"), (2, "Deeper")]
    assert (parsed.title, parsed.author, parsed.date) == ("온돌 안내", "김", "2024-05-17")


def test_tex_headings_and_fields_without_comments():
    parsed = read_tex(TEX.encode(), "x")
    assert titles(parsed) == [(2, "구들 floor"), (3, "Deeper")]
    assert (parsed.title, parsed.author, parsed.date) == ("온돌 안내", "김온돌", "2024-05-17")
    assert "secret" not in parsed.text
    assert "50\\% warm." in parsed.text
    assert parsed.hidden == "2 hidden passages: comments (2)"
    assert [parsed.text[start:end] for start, end in parsed.whole] == ["\\begin{verbatim}\n\\section\n\\end{verbatim}"]


@pytest.mark.parametrize(("read", "text"), [(read_rst, RST), (read_adoc, ADOC), (read_org, ORG), (read_tex, TEX)])
def test_damaged_and_hostile_texts_never_hang(read, text):
    check_reader(read, text.encode())
    started = time.perf_counter()
    for piece in ("=", "= a\n", "* ", "#+begin_a\n", "\\section{", "%", "----\n", "\\begin{align}", "a\n---\n", ":a"):
        read((piece * 20_000).encode(), "x")
    assert time.perf_counter() - started < 20
