"""Pages with columns and tables: read as a person reads them."""

import textwrap

import pytest

from ondol.ingest.formats.pdf import read_pdf
from ondol.ingest.formats.pdf_lines import Joined, add_to_pages

STEP = 13
LEFT = """An ondol heats a room from below: the smoke of a fire in the kitchen runs through flues under the stone
floor and leaves by a chimney at the far end of the house. The stones take up the heat and give it back for
hours, so that the floor is still warm when the fire has gone out. Families slept, ate and worked on that
floor all winter long."""
RIGHT = """Modern houses have pipes with warm water in the place of flues. A boiler heats the water, a pump moves it,
and a valve in each room lets in as much as somebody asks for. The floor stays the warmest part of the room,
and shoes are still left at the door. Engineers in many other countries have taken up the idea under names
of their own."""
THIRD = """Critics of the old way point to the smoke and to the wood that it needed. Whole hills were bare around the
towns in the nineteenth century, and the government planted trees for decades afterwards. Today the hills
are green again, and the boilers burn gas or are driven by electricity from the grid instead of wood from
the hills."""
KOREAN = [
    """온돌은 아궁이에서 불을 때면 그 열기가 방 아래의 고래를 지나면서 구들장을 데우는 난방 방식이다.
데워진 돌은 오랫동안 식지 않으므로 불이 꺼진 뒤에도 방바닥이 따뜻하게 남는다. 사람들은 겨울
내내 그 바닥에 앉아서 일하고 먹고 잠을 잤다.""",
    """요즈음 집에서는 고래 대신에 따뜻한 물이 흐르는 관을 바닥에 묻는다. 보일러가 물을 데우고 펌프가
물을 돌리며 방마다 있는 밸브가 온도를 맞춘다. 그래도 바닥이 가장 따뜻하다는 점은 옛날과 같고
신발은 여전히 문 앞에 벗어 둔다.""",
    """옛날 방식은 연기가 많이 나고 나무가 많이 드는 것이 흠이었다. 십구 세기에는 도시 둘레의 산이
모두 헐벗었고 그 뒤로 수십 년 동안 정부가 나무를 심었다. 지금은 산이 다시 푸르고 보일러는
나무 대신에 가스나 전기를 쓴다.""",
]
TABLE = [
    ["City", "Stores", "Sales"], ["Seoul", "12", "1,200"], ["Busan", "7", "640"], ["Daegu", "5", "310"],
]  # fmt: skip
ROWS = [
    "City: Seoul\nStores: 12\nSales: 1,200",
    "City: Busan\nStores: 7\nSales: 640",
    "City: Daegu\nStores: 5\nSales: 310",
]


def write_pdf(*pages):
    """Pages of (x, y, text) and (x, y, to x, to y) for lines; 10 point letters, Korean where the text is."""
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(len(pages)))
    info = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Korea1) /Supplement 1 >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /HYSMyeongJo-Medium /Encoding /UniKS-UCS2-H "
        "/DescendantFonts [5 0 R] >>",
        f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HYSMyeongJo-Medium {info} /DW 1000 /W [1 [333]] >>",
    ]
    for number, items in enumerate(pages):
        stream = "\n".join(_operators(*item) for item in items)
        fonts = "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>"
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {fonts} /Contents {7 + 2 * number} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    body = "%PDF-1.4\n" + "".join(f"{place} 0 obj\n{content}\nendobj\n" for place, content in enumerate(objects, 1))
    return f"{body}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n%%EOF".encode("latin-1")


def _operators(x, y, *more):
    if len(more) == 2:
        return f"{x} {y} m {more[0]} {more[1]} l S"
    text = f"({more[0]})" if more[0].isascii() else f"<{more[0].encode('utf-16-be').hex()}>"
    return f"BT /F{1 if more[0].isascii() else 2} 10 Tf {x} {y} Td {text} Tj ET"


def column(text, x, width, top=700):
    return [(x, top - STEP * n, line) for n, line in enumerate(textwrap.wrap(" ".join(text.split()), width))]


def by_rows(*columns):
    """As a program writes that goes down the page line by line."""
    return sorted((item for column in columns for item in column), key=lambda item: (-item[1], item[0]))


def grid(rows, xs, top, step=20):
    return [(x, top - step * n, cell) for n, row in enumerate(rows) for x, cell in zip(xs, row, strict=True) if cell]


def rules(xs, ys):
    return [(xs[0], y, xs[-1], y) for y in ys] + [(x, ys[0], x, ys[-1]) for x in xs]


def read(*pages):
    return read_pdf(write_pdf(*pages), "x")


def flat(text):
    return " ".join(text.split())


def row_texts(parsed):
    return [parsed.text[start:end] for start, end in parsed.rows]


@pytest.mark.parametrize("order", ["by rows", "left first", "right first"])
def test_two_columns_are_read_one_after_the_other(order):
    left, right = column(LEFT, 72, 46), column(RIGHT, 320, 46)
    page = {"by rows": by_rows(left, right), "left first": left + right, "right first": right + left}[order]
    parsed = read(page)
    assert flat(parsed.text) == flat(f"{LEFT} {RIGHT}")
    assert parsed.rows == ()


@pytest.mark.parametrize("shift", [0, 5])
def test_three_columns_are_read_one_after_the_other(shift):
    columns = [column(text, 40 + 185 * n, 33, 700 - shift * n) for n, text in enumerate((LEFT, RIGHT, THIRD))]
    assert flat(read(by_rows(*columns)).text) == flat(f"{LEFT} {RIGHT} {THIRD}")


@pytest.mark.parametrize("count", [2, 3])
def test_korean_columns_are_read_one_after_the_other(count):
    width, step = {2: (22, 250), 3: (16, 185)}[count]
    texts = KOREAN[:count]
    page = by_rows(*(column(text, 40 + step * n, width) for n, text in enumerate(texts)))
    assert read(page).text.replace(" ", "").replace("\n", "") == "".join("".join(texts).split())


def test_a_word_broken_at_the_end_of_a_line_in_a_column_is_whole_again():
    left, right = column(f"{LEFT} The heat is distri-", 72, 46), column(RIGHT, 320, 46)
    left = [*left, (72, left[-1][1] - STEP, "buted by the flues below the whole of the floor.")]
    assert "heat is distributed by the flues" in flat(read(right + left).text)


def test_a_title_and_a_table_across_the_columns_stand_where_they_are():
    title = [(150, 740, "How the floors of houses in the old towns were heated, and are today")]
    above, below = by_rows(column(LEFT, 72, 46), column(RIGHT, 320, 46)), column(THIRD, 72, 46, 430)
    beside = [(320, y, line) for (_, y, _), line in zip(below, textwrap.wrap(flat(RIGHT), 46), strict=False)]
    table = grid(TABLE, (80, 250, 480), 530)
    parsed = read([*title, *above, *table, *by_rows(below, beside)])
    places = [parsed.text.index(words) for words in
              ("How the floors", "An ondol", "Modern houses", "City: Seoul", "Critics of")]  # fmt: skip
    assert places == sorted(places)
    assert parsed.text.rindex("Modern houses") > places[-1]
    assert row_texts(parsed) == ROWS


def test_columns_above_and_below_a_picture_are_read_by_themselves():
    page = by_rows(column(LEFT, 72, 46), column(RIGHT, 320, 46))
    page += by_rows(column(THIRD, 72, 46, 400), column(LEFT.upper(), 320, 46, 400))
    assert flat(read(page).text) == flat(f"{LEFT} {RIGHT} {THIRD} {LEFT.upper()}")


def test_aligned_cells_are_rows_with_the_names_of_their_columns():
    before, after = [(72, 740, "Sales of the year")], column(LEFT, 72, 90, 600)
    parsed = read([*before, *grid(TABLE, (80, 250, 400), 700), *after])
    assert row_texts(parsed) == ROWS
    assert parsed.text.split("\n\n")[0] == "Sales of the year"
    assert flat(parsed.text).endswith(flat(LEFT))


def test_aligned_cells_in_korean_with_gaps_and_a_second_line():
    rows = [
        ["지역", "지점", "비고"],
        ["서울", "강남", "가장 크고 넓다"],
        ["", "종로", ""],
        ["부산", "해운대", "바다 옆에"],
    ]
    page = [*grid(rows, (80, 200, 320), 700), (320, 627, "있다")]
    assert row_texts(read(page)) == [
        "지역 | 지점 | 비고",
        "서울 | 강남 | 가장 크고 넓다",
        "종로",
        "부산 | 해운대 | 바다 옆에 있다",
    ]


def test_a_form_has_no_names_of_columns():
    rows = [
        ["Name", "Kim", "Town", "Seoul"],
        ["Mail", "kim", "", ""],
        ["Post", "old", "", ""],
        ["Gate", "left", "", ""],
    ]
    assert row_texts(read(grid(rows, (80, 180, 300, 400), 700)))[0] == "Name | Kim | Town | Seoul"
    pairs = [["Kim", "Ref: 12"], ["Gangnam 12", "Page: 1"], ["Seoul", "Date: 3"]]
    assert row_texts(read(grid(pairs, (80, 300), 700)))[0] == "Kim | Ref: 12"
    ruled = [*rules((60, 160, 300), (720, 700, 680)), *grid([["Name", "Kim"], ["Town", "Seoul"]], (70, 170), 706)]
    assert row_texts(read(ruled)) == ["Name | Kim", "Town | Seoul"]


@pytest.mark.parametrize("order", ["by columns", "by rows"])
def test_a_table_in_one_of_two_columns_stays_there(order):
    left, table = column(LEFT * 2, 72, 46), grid(TABLE, (320, 400, 480), 700, STEP)
    right = column(THIRD, 320, 46, 640)
    parsed = read(by_rows(left, table + right) if order == "by rows" else left + table + right)
    assert row_texts(parsed) == ROWS
    places = [parsed.text.index(words) for words in ("An ondol", "all winter long", "City: Seoul", "Critics")]
    assert places == sorted(places)


def test_a_ruled_table_has_cells_of_several_lines_and_rows():
    ys = (700, 676, 640, 604)
    lines = [(72, y, 540, y) for y in ys if y != 640]
    lines += [(172, 640, 540, 640), (172, ys[0], 172, ys[-1]), (272, ys[0], 272, ys[-1])]
    texts = [
        (80, 684, "Area"), (180, 684, "Store"), (280, 684, "Remarks"), (80, 636, "Seoul"), (180, 662, "Gangnam"),
        (280, 662, "The largest of all of them, which was opened"), (280, 649, "in May"), (180, 622, "Jongno"),
        (280, 622, "Old"),
    ]  # fmt: skip
    parsed = read([*lines, *column(LEFT, 72, 90, 780)[:2], *texts, (72, 560, "Below the table.")])
    assert row_texts(parsed) == [
        "Area: Seoul\nStore: Gangnam\nRemarks: The largest of all of them, which was opened in May",
        "Area: Seoul\nStore: Jongno\nRemarks: Old",
    ]
    assert parsed.text.endswith("\n\nBelow the table.")


def test_narrow_cells_between_lines_are_told_apart():
    xs, ys = (72, 92, 112, 132), (700, 685, 670)
    cells = [(x + 2, y - 11, f"{letter}{number}") for number, y in enumerate(ys[:-1])
             for letter, x in zip("abc", xs, strict=False)]  # fmt: skip
    assert row_texts(read([*rules(xs, ys), *cells])) == ["a0: a1\nb0: b1\nc0: c1"]


def test_a_table_that_goes_on_over_the_page_keeps_its_names():
    first, second = grid(TABLE, (80, 250, 400), 120), grid([[*TABLE[1]], *TABLE[1:3]], (80, 250, 400), 740)
    assert row_texts(read(first, second)) == [*ROWS, ROWS[0], *ROWS[:2]]


PROSE = {
    "justified": [(x, y, line.replace(" ", "   ")) for x, y, line in column(LEFT, 72, 60)],
    "a hanging list": [item for n, text in enumerate((LEFT, RIGHT, THIRD))
                       for item in ((72, 700 - 39 * n, f"{n + 1}."), *column(text, 100, 80, 700 - 39 * n)[:3])],
    "items of one line": [item for n, text in enumerate((LEFT, RIGHT, THIRD, LEFT))
                          for item in ((72, 700 - STEP * n, f"{n + 1}."), (100, 700 - STEP * n, text[:50]))],
    "a frame": [*rules((60, 552), (720, 500)), *column(LEFT, 72, 90)],
    "boxes side by side": [*rules((60, 310, 560), (720, 400, 380)), *column(LEFT * 2, 72, 43), *column(RIGHT, 320, 43)],
}  # fmt: skip


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_no_table(name):
    parsed = read(PROSE[name])
    assert parsed.rows == ()
    wanted = [word for item in PROSE[name] if len(item) == 3 for word in item[2].split()]
    assert sorted(parsed.text.split()) == sorted(wanted)


def test_rows_move_with_what_is_added_to_pages_before_them():
    joined = Joined("one\n\na: b\n\ntwo", [(0, 5), (5, 14)], [(5, 9)])
    added = add_to_pages(joined, {0: ["note"]})
    assert added.text == "one\n\nnote\n\na: b\n\ntwo"
    assert [added.text[start:end] for start, end in added.rows] == ["a: b"]
