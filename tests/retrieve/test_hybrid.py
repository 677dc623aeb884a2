"""Words and meaning together: what each side adds to the other."""

import numpy as np
import pytest

from ondol.assemble import open_library
from ondol.ingest.add import add_documents
from ondol.library.filters import Filter
from ondol.retrieve.config import RetrieveConfig
from ondol.retrieve.prior import question_prior
from ondol.retrieve.search import search_library
from ondol.settings import Settings

TEXTS = {
    "opening.md": "# Opening\n\nThe repair café opens at nine and closes at six.",
    "parts.md": "# Parts\n\nThe pump needs part AB-1234/56. Write to pumps@example.org.",
    "other.md": "# Others\n\nThe valve needs part AB-1234/57. Write to valves@example.org.",
    "도서관.md": "# 도서관\n\n도서관에서는 책을 두 주 동안 빌릴 수 있다. 연체하면 하루에 백 원을 낸다.",
    "계약.md": "# 계약\n\n제56조(하자 보수) 시공자는 하자 보수를 무상으로 한다. 제57조(기간) 기간은 이 년이다.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for name, text in TEXTS.items():
        (home / name).write_text(text, encoding="utf-8")
    with open_library(settings=Settings(home=home, embeddings="fake:"), create=True) as opened:
        add_documents(opened, [home / "*.md"])
        yield opened


def find(library, question, **options):
    found = search_library(library, question, RetrieveConfig(**options))
    return [hit.metadata["source"].rpartition("/")[2] for hit in found.hits]


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("AB-1234/56", "parts.md"),
        ("Which part is AB-1234/57?", "other.md"),
        ("valves@example.org", "other.md"),
        ("제57조", "계약.md"),
        ("56조는 무엇인가요?", "계약.md"),
        ("도서관", "도서관.md"),
        ("도서관에서책을빌리고싶다", "도서관.md"),
        ("repairing opened", "opening.md"),
    ],
)
def test_names_particles_and_bad_spaces_are_found_by_words(library, mode, question, name):
    assert find(library, question, mode=mode)[0] == name


def test_a_quoted_phrase_lifts_the_chunk_that_holds_it(library):
    assert find(library, 'the "closes at six" rule of parts and pumps')[0] == "opening.md"
    hits = search_library(library, '"closes at six"').hits
    assert hits[0].metadata["exact"] == 1


def test_every_hit_tells_what_both_sides_know_of_it(library):
    found = search_library(library, "part AB-1234/56", RetrieveConfig(k=2))
    row = found.to_json(explain=True)["hits"][0]
    assert {"cosine", "prior", "bm25", "words", "exact", "found_by"} <= set(row)
    assert set(row["found_by"]) == {"dense", "lexical"}
    assert found.to_json(explain=True)["explain"]["terms"]["codes"] == ["ab-1234/56", "ab123456"]
    assert "explain" not in found.to_json()


def test_the_cosine_stays_what_it_is(library):
    question = "when does it open?"
    dense = search_library(library, question, RetrieveConfig(mode="dense"))
    plain = {hit.id: hit.metadata["score"] for hit in dense.hits}
    fused = {hit.id: hit.metadata["cosine"] for hit in search_library(library, question).hits}
    assert fused == pytest.approx(plain, abs=1e-4)


def test_words_alone_load_no_embedder(library):
    settings = Settings(home=library.folder.parents[1], embeddings="fake:")
    with open_library(settings=settings) as again:
        assert search_library(again, "AB-1234/56", RetrieveConfig(mode="lexical")).hits
        assert "embeddings" not in vars(again)


@pytest.mark.parametrize("mode", ["dense", "lexical", "hybrid"])
def test_only_sources_that_fit_the_filter_are_searched(library, mode):
    config = RetrieveConfig(mode=mode, filter=Filter(language="ko"))
    hits = search_library(library, "part AB-1234/56 도서관", config).hits
    assert {hit.metadata["source"].rpartition("/")[2] for hit in hits} <= {"도서관.md", "계약.md"}
    assert hits


def test_copies_are_shown_once_and_named(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("The mill opens at nine. " * 20)
    (tmp_path / "c.txt").write_text("The museum opens at ten. " * 20)
    with open_library(settings=Settings(home=tmp_path, embeddings="fake:"), create=True) as library:
        add_documents(library, [tmp_path / "*.txt"])
        found = search_library(library, "mill", RetrieveConfig(k=2))
        assert len(found.hits) == 2
        assert len(found.hits[0].metadata["duplicates"]) == 1
        assert [row["reason"] for row in found.explained["dropped"]] == ["says the same as a hit before it"]
        assert len(search_library(library, "mill", RetrieveConfig(k=9, merge=False)).hits) == 3


def test_the_prior_is_made_once_and_in_the_language_of_the_question(library):
    korean, english = question_prior(library, "ko"), question_prior(library, "en")
    assert question_prior(library, "ko") is korean
    assert question_prior(library, "de") is english
    assert not np.allclose(korean, english)


def test_a_question_of_no_words_is_searched_by_meaning(library):
    assert find(library, "그것은 무엇인가요?")
    assert find(library, "???", mode="lexical") == []


def test_many_copies_leave_room_for_other_hits(tmp_path):
    for number in range(9):
        (tmp_path / f"copy{number}.txt").write_text("The mill opens at nine. " * 20)
    (tmp_path / "other.txt").write_text("The museum opens at ten. " * 20)
    with open_library(settings=Settings(home=tmp_path, embeddings="fake:"), create=True) as library:
        add_documents(library, [tmp_path / "*.txt"])
        found = search_library(library, "mill", RetrieveConfig(k=2))
        assert [len(hit.metadata.get("duplicates", [])) for hit in found.hits] == [8, 0]


def test_a_quoted_phrase_may_stand_in_the_title(library):
    hits = search_library(library, '"opening" of the café').hits
    assert hits[0].metadata["source"].endswith("opening.md")
    assert hits[0].metadata["exact"] == 1


def test_a_noun_that_ends_like_a_particle_is_found(tmp_path):
    texts = {"물가": "물가가 크게 올랐다.", "물": "물을 마신다.", "회의": "회의는 월요일에 한다.", "회": "회를 먹었다."}
    for name, text in texts.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    with open_library(settings=Settings(home=tmp_path, embeddings="fake:"), create=True) as library:
        add_documents(library, [tmp_path / "*.txt"])
        for question in ("물가", "물가는?", "회의", "회의가 언제예요?"):
            assert find(library, question, mode="lexical")[0] == f"{question[:2]}.txt"
        assert find(library, "물을", mode="lexical")[0] == "물.txt"
