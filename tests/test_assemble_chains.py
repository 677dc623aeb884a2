"""Chains that open what they need from the settings."""

import pytest

import ondol
from ondol.errors import NotFound, UsageError
from ondol.settings import load_settings


def test_a_chain_opens_the_model_of_the_settings_and_gives_what_each_step_said(tmp_path):
    told = ondol.run_chain("summarise", "It rained all day.", settings=load_settings(home=tmp_path, model="fake:"))
    assert told.result
    assert [row["step"] for row in told.steps] == ["summarise"]


def test_a_chain_opens_the_model_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("ONDOL_HOME", str(tmp_path))
    assert ondol.run_chain("translate", {"text": "비가 왔다.", "to": "en"}, model="fake:").result


def test_the_chain_over_the_library_opens_it(tmp_path):
    settings = load_settings(home=tmp_path, model="fake:", embeddings="fake:", store="memory", collection="없음")
    with pytest.raises(NotFound, match="없음"):
        ondol.run_chain("ask", "언제 문을 여나요?", settings=settings)
    with ondol.open_library(settings=settings, create=True) as library:
        (tmp_path / "hours.txt").write_text("The library opens at nine. It closes at six.", encoding="utf-8")
        ondol.add_documents(library, [str(tmp_path / "hours.txt")])
    told = ondol.run_chain("ask", "When does the library open?", settings=settings)
    assert told.result.hits[0].metadata["source"].endswith("hours.txt")


def test_an_option_that_the_chain_does_not_take_is_named(tmp_path):
    with pytest.raises(UsageError, match="colour"):
        ondol.run_chain("summarise", "x", settings=load_settings(home=tmp_path, model="fake:"), colour="red")
