"""A filter chooses sources by what is known of them, and says which value chose nothing."""

import unicodedata
from dataclasses import replace

import pytest

from ondol.errors import NotFound, UsageError
from ondol.library.database import transaction
from ondol.library.filters import Filter, path_test
from ondol.library.tags import split_tags

SOURCES = {  # document id: source, title, text, date, tags
    "labor": ("법률/근로기준법.pdf", "근로기준법", "근로조건의 기준을 정한다.", "2024-12-31", "계약, 법률"),
    "lease": ("contracts/2024/Lease.docx", "Lease Agreement", "Rent is due monthly.", "2024-01-01", "contract, draft"),
    "offer": ("contracts/2023/offer[1].md", "Offer of Employment", "We offer you a job.", "2023-12-31", "contract"),
    "menu-1": ("food.jsonl#menu-1", "비빔밥", "비빔밥은 밥에 나물을 얹는다.", "2024-02-29", ""),
    "menu-2": ("food.jsonl#menu-2", "100% rye_bread", "Bread made of rye.", "2020-05-17", "Contract"),
}  # fmt: skip


@pytest.fixture
def filled(library, draft):
    library.write([
        replace(draft(name, text), source=source, place=None, title=title, date=date, tags=split_tags([tags]))
        for name, (source, title, text, date, tags) in SOURCES.items()
    ])  # fmt: skip
    return library


def nfd(text):
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {*SOURCES}),
        ({"source": "contracts/2024/Lease.docx"}, {"lease"}),
        ({"source": "CONTRACTS/"}, {"lease", "offer"}),
        ({"source": "contracts/*.docx"}, {"lease"}),
        ({"source": "*.DOCX"}, {"lease"}),
        ({"source": "lease.docx"}, {"lease"}),
        ({"source": "./법률"}, {"labor"}),
        ({"source": nfd("법률/근로기준법.pdf")}, {"labor"}),
        ({"source": nfd("근로*.pdf")}, {"labor"}),
        ({"source": "contracts/2023/offer[1].md"}, {"offer"}),
        ({"source": "food.jsonl"}, {"menu-1", "menu-2"}),
        ({"source": "menu-2"}, {"menu-2"}),
        ({"source": ["*.pdf", "*.docx"]}, {"labor", "lease"}),
        ({"source": "!contracts"}, {"labor", "menu-1", "menu-2"}),
        ({"source": ["contracts", "!*.md"]}, {"lease"}),
        ({"title": "employ"}, {"offer"}),
        ({"title": nfd("비빔")}, {"menu-1"}),
        ({"title": "lease*"}, {"lease"}),
        ({"title": "%"}, {"menu-2"}),
        ({"title": "rye_"}, {"menu-2"}),
        ({"language": "KO"}, {"labor", "menu-1"}),
        ({"language": "!ko"}, {"lease", "offer", "menu-2"}),
        ({"language": "ko,en"}, {*SOURCES}),
        ({"tags": "CONTRACT"}, {"lease", "offer", "menu-2"}),
        ({"tags": nfd("계약")}, {"labor"}),
        ({"tags": ["contract", "!draft"]}, {"offer", "menu-2"}),
        ({"tags": "!no such tag"}, {*SOURCES}),
        ({"tags": "#법률, draft"}, {"labor", "lease"}),
        ({"tags": "contract", "language": "en", "since": "2023", "source": "contracts"}, {"lease", "offer"}),
    ],
)
def test_sources_are_chosen_by(filled, wanted, found):
    assert set(filled.filter(Filter(**wanted))) == found


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2024-01-01", None, {"labor", "lease", "menu-1"}),
        ("2024-01-02", None, {"labor", "menu-1"}),
        (None, "2023-12-31", {"offer", "menu-2"}),
        (None, "2023-12-30", {"menu-2"}),
        ("2024", "2024", {"labor", "lease", "menu-1"}),
        ("2024-02", "2024-02", {"menu-1"}),
        ("2024. 2. 29.", "20240229", {"menu-1"}),
        ("2023년 12월", "2024년 1월", {"lease", "offer"}),
    ],
)
def test_both_days_of_a_period_count(filled, since, until, found):
    assert set(filled.filter(Filter(since=since, until=until))) == found


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"tags": "contrakt"}, "No source has the tag 'contrakt'.\n"
         "  → Did you mean 'contract'? Known tags: contract, draft, 계약, 법률."),
        ({"tags": ["contract", "vertrag"]}, "No source has the tag 'vertrag'.\n"
         "  → Known tags: contract, draft, 계약, 법률."),
        ({"language": "de"}, "No source is in the language 'de'.\n  → Languages here: en, ko."),
        ({"source": "근로기준볍.pdf"}, "No source has a path that fits '근로기준볍.pdf'.\n"
         "  → Did you mean '근로기준법.pdf'? All of them: ondol list --sources"),
        ({"source": "*.hwp"}, "No source has a path that fits '*.hwp'.\n  → See: ondol list --sources"),
        ({"title": "Leese Agreement"}, "No source has a title that fits 'Leese Agreement'.\n"
         "  → Did you mean 'Lease Agreement'? All of them: ondol list --sources"),
        ({"since": "2025"}, "No source is dated 2025-01-01 or later.\n"
         "  → The dates here go from 2020-05-17 to 2024-12-31."),
        ({"until": "2020-05-16"}, "No source is dated 2020-05-16 or earlier.\n"
         "  → The dates here go from 2020-05-17 to 2024-12-31."),
        ({"since": "2021", "until": "2022"}, "No source is dated 2021-01-01 to 2022-12-31.\n"
         "  → The dates here go from 2020-05-17 to 2024-12-31."),
        ({"tags": "draft", "language": "ko"}, "No source fits all of the filters together.\n"
         "  → Leave one of them out."),
    ],
)  # fmt: skip
def test_a_value_that_chooses_nothing_is_told(filled, wanted, message):
    with pytest.raises(NotFound) as caught:
        filled.filter(Filter(**wanted))
    assert str(caught.value) == message


def test_a_library_without_tags_says_how_to_give_one(library, draft):
    library.write([draft("a", "text")])
    with pytest.raises(NotFound) as caught:
        library.filter(Filter(tags="계약"))
    assert caught.value.hint == "No source has a tag yet. Give one with: ondol add PATH --tag NAME"


def test_an_empty_library_has_nothing_to_choose_from(library):
    assert library.filter(Filter(tags="any", since="2024")) == []


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"since": "soon"}, "'soon' is no date.\n  → Dates are written 2024-05-17, 2024-05 or 2024."),
        ({"until": ""}, "'' is no date.\n  → Dates are written 2024-05-17, 2024-05 or 2024."),
        ({"since": "2024-05", "until": "2024-04"}, "--since 2024-05-01 is after --until 2024-04-30.\n"
         "  → Exchange them."),
        ({"tags": ["a", " "]}, "A value of --tag is empty.\n  → Leave it out."),
        ({"source": "!"}, "A value of --source is empty.\n  → Leave it out."),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_is_refused(wanted, message):
    with pytest.raises(UsageError) as caught:
        Filter(**wanted)
    assert str(caught.value) == message


def test_a_filter_is_true_when_it_asks_for_something():
    assert not Filter()
    assert Filter(title="a")
    assert Filter(since="2024")


def test_values_are_data_and_never_part_of_a_query(filled):
    evil = "x') OR 1=1 --"
    for name in ("source", "title", "language", "tags"):
        with pytest.raises(NotFound):
            filled.filter(Filter(**{name: evil}))
    assert filled.state()["sources"] == len(SOURCES)


def test_the_place_of_a_file_is_known_from_any_folder(library, draft, tmp_path, monkeypatch):
    library.write([replace(draft("a", "text"), source="../docs/a.txt", place=str(tmp_path / "docs" / "a.txt"))])
    monkeypatch.chdir(tmp_path)
    assert library.filter(Filter(source="docs")) == library.filter(Filter(source=str(tmp_path / "docs/*"))) == ["a"]


def test_a_folder_is_not_another_that_begins_with_its_name():
    assert path_test("docs")("docs/a.txt")
    assert not path_test("docs")("docs2/a.txt")
    assert not path_test("docs/a")("docs/ab.txt")


def test_twenty_thousand_sources_are_chosen_from(library):
    rows = [(n, f"d{n}", f"set/{n % 7}/d{n}.txt", f"글 {n}", f"{2000 + n % 20}-01-01") for n in range(20000)]
    with transaction(library._db) as db:
        db.executemany(
            """INSERT INTO sources (id, document_id, source, title, format, bytes, sha256, text_sha256, recipe, version,
                                    added, updated, language, date)
               VALUES (?, ?, ?, ?, 'txt', 1, '', '', '1', 1, '', '', 'en', ?)""",
            rows,
        )
        db.executemany(
            "INSERT INTO tags VALUES (?, ?, ?, 1)", [(n, f"t{n % 100}", f"t{n % 100}") for n in range(20000)]
        )
    found = library.filter(Filter(source="set/3", tags=["t1", "t2"], language="en", until="2010"))
    assert found == sorted(found, key=lambda name: f"set/3/{name}.txt")
    assert len(found) == sum(n % 7 == 3 and n % 100 in (1, 2) and n % 20 <= 10 for n in range(20000))
    assert len(library.filter(Filter(title="글 1*", since="2000"))) == 11111
