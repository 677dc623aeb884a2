"""The public names, put together by name."""

import pytest
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore

import ondol
from ondol.errors import NotFound, OtherFingerprint, UsageError


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Mill\n\nThe mill of Orrin opens at 10:00 and closes at 16:00.", encoding="utf-8")
    return path


def test_a_whole_set_up_opens_in_one_line_and_answers(tmp_path, notes):
    said = "The mill of Orrin opens at 10:00."
    with ondol.open(home=tmp_path / "home", embeddings="fake:", model=f"fake:{said}") as parts:
        assert parts.add(notes).added == 1
        answer = parts.ask("When does the mill of Orrin open?")
    assert answer.answer == "The mill of Orrin opens at 10:00. [1]"
    assert answer.short == "10:00"


def test_every_part_is_langchains(tmp_path):
    with ondol.open_library(settings=ondol.Settings(home=tmp_path, embeddings="fake:"), create=True) as library:
        assert isinstance(library.embeddings, Embeddings)
        assert isinstance(library.vectors, VectorStore)
        assert isinstance(ondol.make_retriever(library), BaseRetriever)
    assert isinstance(ondol.open_model("fake:"), BaseChatModel)


def test_a_collection_that_is_not_there_is_not_made_by_reading(tmp_path):
    with pytest.raises(NotFound):
        ondol.open_library(tmp_path, "nothing")
    assert not list(tmp_path.rglob("*.sqlite"))


def test_another_embedder_by_name_is_refused(tmp_path, notes, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    with ondol.open_library(tmp_path, create=True) as library:
        ondol.add_documents(library, [str(notes)])
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "onnx:multilingual-e5-small")
    with pytest.raises(OtherFingerprint, match="was made with fake:"):
        ondol.open_library(tmp_path)


def test_the_memory_store_is_filled_again_from_the_library(tmp_path, notes):
    settings = ondol.Settings(home=tmp_path, embeddings="fake:", store="memory")
    with ondol.open_library(settings=settings, create=True) as library:
        ondol.add_documents(library, [str(notes)])
    with ondol.open_library(settings=settings) as library:
        assert ondol.make_retriever(library).invoke("mill")[0].metadata["title"] == "Mill"


def test_an_option_that_a_runtime_does_not_have_is_told_with_the_nearest():
    with pytest.raises(UsageError, match=r"A model of llama.cpp: has no option 'kv_typ'") as told:
        ondol.open_model("llama.cpp:nothing", kv_typ="q8_0")
    assert "Did you mean 'kv_type'?" in str(told.value)
    assert "temperature" in str(told.value)


def test_an_option_that_is_like_no_other_is_told_without_a_guess():
    with pytest.raises(UsageError, match=r"A model of openai: has no option 'adapter'") as told:
        ondol.open_model("openai:m@http://127.0.0.1:1", adapter="x")
    assert told.value.hint.startswith("Known: ")
