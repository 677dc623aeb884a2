"""What the files of the page promise, read as text."""

import gzip
import hashlib
import re
import unicodedata

import pytest

from tests.server.page.conftest import PAGE

OWN = sorted(path for folder in ("js", "css") for path in (PAGE / folder).rglob("*.*"))
SCRIPTS = [path for path in OWN if path.suffix == ".js"]
ROW = re.compile(r'^  "([^"]+)": \{\s*en: (".*?"|\[.*?\]),\s*ko: "(.*?)",?\s*\},$', re.MULTILINE | re.DOTALL)
KEY = re.compile(r'\b(?:say|known|labelled)\(\s*"([^"]+)"')
GAP = re.compile(r"\{(\w+)\}")
FIRST_LOAD = 250_000


def words():
    found = {}
    for path in sorted((PAGE / "js" / "words").glob("*.js")):
        found |= {key: (en, ko) for key, en, ko in ROW.findall(path.read_text(encoding="utf-8"))}
    return found


def width(line):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.relative_to(PAGE).as_posix())
def test_a_file_of_the_page_is_short(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 300
    assert [line for line in lines if width(line) > 120] == []


def test_every_text_is_there_in_both_languages_with_the_same_gaps():
    found = words()
    keys = sum(
        len(re.findall(r'^  "', path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in (PAGE / "js" / "words").glob("*.js")
    )
    assert len(found) == keys > 300
    assert [key for key, (en, ko) in found.items() if not en.strip('"[] ') or not ko] == []
    assert [key for key, (en, ko) in found.items() if set(GAP.findall(en)) != set(GAP.findall(ko))] == []


def test_every_text_that_is_said_exists():
    said = {key for path in SCRIPTS for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert sorted(said - words().keys()) == []


@pytest.mark.parametrize("path", [*OWN, PAGE / "index.html"], ids=lambda path: path.relative_to(PAGE).as_posix())
def test_nothing_is_inline_foreign_or_read_as_html(path):
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert (
        re.findall(r"https?://\w|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
        == []
    )
    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\bsrc=)|\son\w+=\"", text) == []


def test_vendored_scripts_are_those_that_are_named():
    readme = (PAGE / "vendor" / "README.md").read_text(encoding="utf-8")
    for path in (PAGE / "vendor").glob("*/*.js"):
        assert f"`{path.relative_to(PAGE / 'vendor')}`" in readme
        assert hashlib.sha256(path.read_bytes()).hexdigest() in readme
        assert list(path.parent.glob("LICENSE*"))


def test_all_of_the_page_together_is_a_small_first_load():
    files = [path for path in PAGE.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg")]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < FIRST_LOAD
