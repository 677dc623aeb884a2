"""The page needs nothing but itself, escapes whatever it shows, and says the same as the figures."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from ondol.evaluate.markup import join, tag
from ondol.evaluate.page import POLICY, WORST, write_page
from ondol.evaluate.qrels import Judged, Query, QuestionSet
from ondol.evaluate.retrieval import run_evaluation

HOSTILE = "<script>alert(1)</script>\"' onload='x' <img src=x onerror=alert(1)> ]]> --> {0} {name} \x07"
EVERY = np.linspace(0.1, 0.9, 60)


class Tags(HTMLParser):
    """Which elements and attributes a browser would see; every open element must be closed in its order."""

    VOID = ("meta", "br")

    def __init__(self, page):
        super().__init__()
        self.names, self.attributes, self.texts, self._open = set(), [], [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, name, attributes):
        self.names.add(name)
        self.attributes += attributes
        if name not in self.VOID:
            self._open.append(name)

    def handle_startendtag(self, name, attributes):
        self.names.add(name)
        self.attributes += attributes

    def handle_endtag(self, name):
        assert self._open.pop() == name

    def handle_data(self, data):
        self.texts.append(data)


def page_of(evaluation, **titles):
    return write_page(evaluation, about={"Collection": "main"}, titles=titles)


def test_the_page_holds_every_part(evaluated):
    page = page_of(evaluated({"dense": EVERY, "hybrid": EVERY + 0.05, "lexical": EVERY[::-1]}), d0="Museum")
    text = "".join(Tags(page).texts)
    parts = (
        "Evaluation of retrieval", "Collection: main", "Questions: 60", "Quality", "Compared on the same questions",
        "▼ worse", "To search these documents like hybrid: --mode hybrid", "hybrid better on 60, the same on 0",
        "Time of one search", "The questions that went worst", "Museum", "Question 0?",
    )  # fmt: skip
    assert [part for part in parts if part not in text] == []
    assert page.count("<svg") == 5 * 3 + 3 + 3  # a bar for every metric and setting, a plot for every two, times
    assert text.count("Question ") == WORST + 1


def test_the_page_needs_no_network_and_no_script(evaluated):
    page = page_of(evaluated({"dense": EVERY, "hybrid": EVERY}))
    tags = Tags(page)
    assert tags.names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "a"})
    assert {name for name, _ in tags.attributes}.isdisjoint({"src", "href", "action", "srcset"})
    assert re.findall(r"url\(|@import|https?://", page) == []
    assert ("content", POLICY) in tags.attributes


def test_hostile_text_stays_text():
    questions = QuestionSet(judged=[Judged(Query("1", HOSTILE), {HOSTILE: 1.0})])
    found = run_evaluation(questions, {HOSTILE: lambda _: (["other", HOSTILE], 1.0), "b": lambda _: ([], 2.0)})
    page = write_page(found, about={"Collection": HOSTILE}, titles={"other": HOSTILE})
    tags = Tags(page)
    assert {"script", "img"}.isdisjoint(tags.names)
    assert not any(name.startswith("on") for name, _ in tags.attributes)
    assert "".join(tags.texts).count("<script>alert(1)</script>") >= 4
    assert "\x07" not in page


def test_the_page_follows_the_readers_language(evaluated, monkeypatch):
    for language in ("en", "ko"):
        monkeypatch.setenv("ONDOL_LANG", language)
        assert f'<html lang="{language}">' in page_of(evaluated({"dense": EVERY}))


def test_one_setting_is_compared_with_nothing(evaluated):
    text = "".join(Tags(page_of(evaluated({"dense": EVERY}))).texts)
    assert "Compared" not in text
    assert "Question by question" not in text


def test_a_set_without_mistakes_has_no_worst_question(evaluated):
    text = "".join(Tags(page_of(evaluated({"dense": np.ones(60)}))).texts)
    assert "None: every question found its documents first." in text


def test_the_right_document_is_marked_and_its_rank_is_told(evaluated):
    page = page_of(evaluated({"dense": EVERY}))
    assert '<li class="right">d0</li>' in page
    assert "ndcg@10 0.100, first right one: 1" in page


@pytest.mark.parametrize("text", ["a < b & c", "한글", "\ud800", "line\nline"])
def test_text_is_escaped_and_made_here_is_not_escaped_again(text):
    inner = tag("b", text)
    assert tag("p", inner, "<i>") == f"<p>{inner}&lt;i&gt;</p>"
    assert join("&", inner) == f"&amp;{inner}"
    assert tag("td", "x", class_=None, data_label='"') == '<td data-label="&quot;">x</td>'
