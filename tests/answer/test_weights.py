"""The real models over the samples: floors that a change must not fall through."""

import json
from pathlib import Path

import pytest

import ondol
from ondol.answer.ask import ask
from ondol.settings import load_settings

QUESTIONS = Path(__file__).parent.parent / "samples" / "questions.jsonl"
SAMPLES = Path(ondol.__file__).parent / "samples"
pytestmark = pytest.mark.weights


def squeeze(text):
    return "".join(text.split())


def cites(answer, quote):
    """Whether a citation holds the sentence, or is a part of it."""
    quotes = [squeeze(citation.quote) for citation in answer.citations]
    return any(squeeze(quote) in said or said in squeeze(quote) for said in quotes)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    settings = load_settings()
    if not (settings.home / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(settings.home / "models")
    with ondol.open_library(home, "samples", create=True) as library:
        ondol.add_documents(library, [str(SAMPLES)])
        yield library, ondol.make_retriever(library), ondol.open_model("fake:Nothing of that.")


@pytest.fixture(scope="module")
def answers(parts):
    _, retriever, model = parts
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [(row, ask(row["question"], retriever, model)) for row in rows]


def test_most_answerable_questions_are_answered_from_the_right_sentence(answers):
    answerable = [(row, answer) for row, answer in answers if not row.get("unanswerable")]
    right = [
        row["id"]
        for row, answer in answerable
        if any(
            squeeze(row["quote"]) in squeeze(c.quote) or squeeze(c.quote) in squeeze(row["quote"])
            for c in answer.citations
        )
    ]
    assert len(right) >= 0.6 * len(answerable), f"{len(right)} of {len(answerable)}"


def test_most_unanswerable_questions_are_refused(answers):
    refused = [answer.abstained for row, answer in answers if row.get("unanswerable")]
    assert sum(refused) >= 0.55 * len(refused), f"{sum(refused)} of {len(refused)}"


def test_every_citation_is_a_slice_of_its_source(answers, parts):
    library, *_ = parts
    for _, answer in answers:
        for citation in answer.citations:
            assert library.show(citation.document_id)["text"][citation.start : citation.end] == citation.quote


def test_citations_of_a_pdf_name_the_page(answers):
    rows = [
        (row, a)
        for row, a in answers
        if row.get("page") and any(squeeze(row["quote"]) == squeeze(c.quote) for c in a.citations)
    ]
    assert len(rows) >= 3
    for row, answer in rows:
        assert row["page"] in [c.page for c in answer.citations if squeeze(c.quote) == squeeze(row["quote"])]
