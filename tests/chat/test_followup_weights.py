"""Follow-up questions over the samples that ship, with the real embedder; docs/chat.md shows these figures."""

import json
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

import ondol
from ondol.answer.ask import read_documents
from ondol.chat.followup import rewrite
from ondol.settings import load_settings

pytestmark = [pytest.mark.weights, pytest.mark.slow]
ROWS = [json.loads(row) for row in Path(__file__).with_name("followups.jsonl").read_text(encoding="utf-8").splitlines()]


def kind_of(row):
    """`follow` leans on the question before it, `new` does not, and `none` has no answer in the samples."""
    return "none" if row["quote"] is None else "new" if row.get("new") else "follow"


def read_like_a_chat(row, retriever):
    history = [HumanMessage(row["before"]), AIMessage("")]
    says_nothing = ondol.open_model("fake:?")
    readings = [
        read_documents(whole, retriever, asked=row["question"])
        for whole in rewrite(row["question"], history, says_nothing)
    ]
    return next((reading for reading in readings if reading.answers), readings[0])


@pytest.fixture(scope="module")
def counts(tmp_path_factory):
    """(language, kind, what) → how many; printed with `-s`."""
    settings = load_settings()
    if not (settings.home / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(settings.home / "models")
    found = Counter()
    with ondol.open_library(home, "samples", create=True) as library:
        with resources.as_file(resources.files("ondol") / "samples") as folder:
            ondol.add_documents(library, [str(folder)])
        for row in ROWS:
            reading = read_like_a_chat(row, ondol.make_retriever(library))
            said = [" ".join(item.text.split()) for item in reading.evidence[:2]] if reading.answers else []
            told = {
                "n": True, "answered": reading.answers, "first": any(row["quote"] in text for text in said[:1]),
                "among two": any(row["quote"] in text for text in said),
            } if row["quote"] else {"n": True, "answered": reading.answers}  # fmt: skip
            found.update((row["id"][:2], kind_of(row), what) for what, true in told.items() if true)
    print(*(f"\n{key}: {count}" for key, count in sorted(found.items())))
    return found


@pytest.mark.parametrize(("language", "floor"), [("en", 13), ("ko", 14)])
def test_a_question_that_leans_on_the_one_before_is_answered(counts, language, floor):
    assert counts[language, "follow", "among two"] >= floor
    assert counts[language, "follow", "first"] >= floor - 1


@pytest.mark.parametrize(("language", "floor"), [("en", 3), ("ko", 4)])
def test_a_new_topic_is_not_bent_towards_the_old_one(counts, language, floor):
    assert counts[language, "new", "among two"] >= floor


@pytest.mark.parametrize("language", ["en", "ko"])
def test_half_of_what_the_documents_do_not_tell_is_refused(counts, language):
    assert counts[language, "none", "answered"] <= 4
