"""The token picture says which token is read, learnt or the end, in the terminal and as a page."""

import re
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len

from ondol.finetune.picture import POLICY, STYLES, cells_of, cut_pieces, draw_html, draw_terminal, visible
from ondol.tokens.encode import Encoded

END = 2
PIECES = ["<s>", " 온", "돌", "?", "\n", "바닥", " 난방", "</s>", "\n"]
EXAMPLE = Encoded([1, 10, 11, 12, 13, 14, 15, END, 13], [-100] * 5 + [14, 15, END, -100])


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


class Page(HTMLParser):
    """Pairs of class and text, and all names of elements and attributes."""

    def __init__(self, page):
        super().__init__()
        self.cells, self.names, self.attributes, self.inside = [], set(), set(), False
        self.feed(page)

    def handle_starttag(self, name, attributes):
        self.names.add(name)
        self.attributes |= {key for key, _ in attributes}
        if name == "span" and "title" in dict(attributes):
            self.cells.append([dict(attributes)["class"], ""])
        self.inside = name in ("span", "i", "sub")

    def handle_endtag(self, name):
        self.inside = self.inside and name != "span"

    def handle_data(self, data):
        if self.inside and self.cells:
            self.cells[-1][1] += data


def styled(text):
    return [(text.plain[span.start : span.end], str(span.style)) for span in text.spans]


def test_each_token_has_its_state():
    states = [cell.state for cell in cells_of(EXAMPLE, PIECES, frozenset({END}))]
    assert states == ["read"] * 5 + ["learnt", "learnt", "end", "read"]


def test_an_end_in_the_prompt_is_only_read():
    encoded = Encoded([END, 5, END], [-100, 5, END])
    assert [cell.state for cell in cells_of(encoded, ["</s>", "a", "</s>"], frozenset({END}))] == [
        "read",
        "learnt",
        "end",
    ]


def test_white_space_and_unseen_characters_are_visible():
    assert visible(" a\n\tb\u200b\u202e\x07") == "␠a⏎⇥b⟨200B⟩⟨202E⟩⟨0007⟩"
    assert visible("") == "∅"


def test_tokens_of_one_character_share_a_cell():
    raw = "닭 갈비".encode()
    ids = list(raw)
    pieces = cut_pieces(ids, lambda some: bytes(some).decode("utf-8", "replace"))
    assert pieces == ["닭", "", "", " ", "갈", "", "", "비", "", ""]
    cells = cells_of(Encoded(ids, [-100] * 4 + ids[4:]), pieces, frozenset())
    assert [(cell.text, len(cell.ids)) for cell in cells] == [("닭", 3), (" ", 1), ("갈", 3), ("비", 3)]


@pytest.mark.parametrize("pieces", [["\ufffd", "\ufffd", "\ufffd", "a"], ["<0xEB>", "<0x8B>", "<0xAD>", "a"]])
def test_parts_that_were_decoded_one_by_one_are_joined(pieces):
    cells = cells_of(Encoded([1, 2, 3, 4], [1, 2, 3, 4]), pieces, frozenset())
    assert [len(cell.ids) for cell in cells] == [3, 1]
    assert cells[0].text == ("닭" if pieces[0].startswith("<") else "\ufffd")


def test_a_part_behind_a_space_begins_another_cell():
    cells = cells_of(Encoded([1, 2, 3, 4], [1, 2, 3, 4]), ["\ufffd", "\ufffd", " \ufffd", "\ufffd"], frozenset())
    assert [(visible(cell.text), len(cell.ids)) for cell in cells] == [("\ufffd", 2), ("␠\ufffd", 2)]


def test_byte_tokens_of_two_characters_are_two_cells():
    pieces = [f"<0x{byte:02X}>" for byte in "닭갈".encode()]
    cells = cells_of(Encoded(list(range(6)), list(range(6))), pieces, frozenset())
    assert [cell.text for cell in cells] == ["닭", "갈"]


def test_a_character_cut_between_read_and_learnt_stays_two_cells():
    cells = cells_of(Encoded([1, 2, 3], [-100, 2, 3]), ["\ufffd", "\ufffd", "\ufffd"], frozenset())
    assert [(cell.state, len(cell.ids)) for cell in cells] == [("read", 1), ("learnt", 2)]


def test_bytes_that_make_no_character_stand_alone():
    assert cut_pieces([0xFF, 65], lambda some: bytes(some).decode("utf-8", "replace")) == ["\ufffd", "A"]


def test_the_terminal_shows_states_by_style_with_a_legend():
    drawn = draw_terminal(EXAMPLE, PIECES, frozenset({END}), width=80)
    parts = styled(drawn)
    assert ("␠온", STYLES["read"][1]) in parts
    assert ("바닥", STYLES["learnt"][1]) in parts
    assert ("</s>", STYLES["end"][0]) in parts
    assert drawn.plain.endswith("read only · learnt · end token, learnt\n9 tokens, 3 of them learnt")


@pytest.mark.parametrize("width", [12, 20, 80])
def test_no_line_of_the_terminal_is_wider_than_asked(width):
    long = Encoded(list(range(30)), [-100] * 10 + list(range(10, 30)))
    drawn = draw_terminal(
        long, ["아주긴토큰하나가여기에있어요" if n % 7 == 0 else " 짧음" for n in range(30)], frozenset(), width=width
    )
    assert max(map(cell_len, drawn.plain.splitlines()[:-2])) <= width
    assert drawn.plain.count("짧음") == 25


def test_the_page_needs_nothing_else_and_breaks_by_nothing():
    hostile = "<script>alert(1)</script>\"' onload='x' </span> {0} \x07"
    encoded = Encoded([1, 2], [-100, 2])
    html = draw_html([(encoded, [hostile, "b"]), (EXAMPLE, PIECES)], frozenset({END}), title=hostile)
    page = Page(html)
    allowed = "html head meta title style body main h1 p ul li span i figure figcaption div wbr br sub"
    assert page.names <= set(allowed.split())
    assert page.attributes <= {"charset", "http-equiv", "content", "name", "lang", "class", "title"}
    assert not re.search(r"https?:|url\(|@import", html)
    assert POLICY in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html


def test_the_page_shows_each_token_with_its_state():
    page = Page(draw_html([(EXAMPLE, PIECES)], frozenset({END}), title="food.csv"))
    assert page.cells == [
        ["read", "<s>"], ["read", "␠온"], ["read", "돌"], ["read", "?"], ["read", "⏎"], ["learnt", "바닥"],
        ["learnt", "␠난방"], ["end", "</s>"], ["read", "⏎"],
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_legend_is_in_both_languages(monkeypatch, language):
    monkeypatch.setenv("ONDOL_LANG", language)
    html = draw_html([(EXAMPLE, PIECES)], frozenset({END}), title="food.csv")
    assert f'<html lang="{language}">' in html
    for words in ("read only", "읽기만 함", "end token, learnt", "끝 토큰, 학습함", "new line", "줄바꿈"):
        assert words in html
    assert ("토큰 9개, 그중 학습 3개" in html) == (language == "ko")
