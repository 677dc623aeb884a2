"""Chains by name and by `|`: what they take, what their steps tell."""

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.runnables import RunnableLambda

import ondol
from ondol.assemble_chains import run_chain
from ondol.chains import CHAINS
from ondol.chains.ask import ask_library
from ondol.chains.run import open_chain
from ondol.chains.sentiment import sentiment
from ondol.chains.summarise import summarise
from ondol.chains.translate import translate
from ondol.errors import NotFound, UnusableInput, UsageError


def test_steps_compose_with_each_other_and_with_ones_own(say):
    chain = RunnableLambda(str.upper) | summarise(say("A sum.")) | translate(say("요약입니다.")) | str.split
    assert chain.invoke("it rained") == ["요약입니다."]


def test_steps_stand_beside_each_other_in_a_dict(say):
    chain = {"short": summarise(say("A sum.")), "mood": sentiment(say("neutral")) | (lambda row: row["label"])}
    composed = RunnableLambda(lambda value: value) | chain
    assert composed.invoke("It rained.") == {"short": "A sum.", "mood": "neutral"}
    assert composed.batch(["One.", "Two."])[1]["mood"] == "neutral"


def test_another_makers_model_serves_too():
    assert summarise(FakeListChatModel(responses=["A sum."])).invoke("It rained.") == "A sum."


def test_the_three_steps_run_in_order_and_each_tells_its_result(say):
    model = say("A sad story.", "The lid.", "negative")
    told = run_chain("summarise-qa-sentiment", "The lid broke.", model=model, question="What broke?")
    assert told.result["summary"] == "A sad story."
    assert told.result["answer"] == "The lid."
    assert told.result["sentiment"]["label"] == "negative"
    assert [row["step"] for row in told.steps] == ["summarise", "question", "sentiment"]
    assert [row["result"] for row in told.steps[:2]] == ["A sad story.", "The lid."]
    assert all(row["prompts"][0]["hash"] and row["calls"] == 1 for row in told.steps)
    assert "The lid broke." in model.asked[1]
    assert "A sad story." in model.asked[2]


def test_the_three_steps_run_in_korean(say):
    model = say("뚜껑이 깨졌다.", "뚜껑", "부정")
    told = run_chain(
        "summarise-qa-sentiment", {"text": "뚜껑이 깨졌어요.", "question": "무엇이 깨졌나요?"}, model=model
    )
    assert told.result["sentiment"]["label"] == "negative"
    assert {row["prompts"][0]["language"] for row in told.steps} == {"ko"}


def test_documents_are_read_in_order_with_titles_where_there_are_several(say):
    model = say("x")
    pages = [Document("One.", metadata={"source": "a", "title": "A"}), Document("Two.", metadata={"source": "b"})]
    summarise(model).invoke(pages)
    assert "A\nOne.\n\nTwo." in model.asked[0]


def test_a_prompt_of_ones_own_is_used(say, place):
    (place / "prompts").mkdir()
    (place / "prompts" / "mine.md").write_text("---\nname: summarise\nversion: 9\n---\nShort: {text}", encoding="utf-8")
    model = say("x")
    told = run_chain("summarise", "It rained.", model=model)
    assert model.asked == ["Short: It rained."]
    assert told.steps[0]["prompts"][0]["version"] == 9


def test_a_prompt_of_ones_own_with_another_variable_is_told(say, place):
    (place / "prompts").mkdir()
    (place / "prompts" / "mine.md").write_text("---\nname: summarise\n---\n{text} {tone}", encoding="utf-8")
    with pytest.raises(UsageError, match="The prompt 'summarise' misses a value: tone"):
        run_chain("summarise", "It rained.", model=say("x"))


@pytest.mark.parametrize("name", sorted(CHAINS))
def test_a_missing_or_unknown_option_is_named(say, name):
    with pytest.raises(UsageError, match=r"does not take: colour|needs: "):
        open_chain(name, say("x"), colour="red")


def test_an_unknown_chain_tells_the_nearest(say):
    with pytest.raises(NotFound, match="No chain is called 'sumarise'"):
        run_chain("sumarise", "x", model=say("x"))


def test_what_holds_no_text_is_told(say):
    with pytest.raises(UnusableInput, match=r"The text is empty\."):
        run_chain("summarise", " ", model=say("x"))
    with pytest.raises(UsageError, match="A step takes a text, documents or messages, not int"):
        summarise(say("x")).invoke(3)


def test_the_library_is_asked_and_the_next_step_reads_the_answer(say, place, monkeypatch):
    monkeypatch.setenv("ONDOL_EMBEDDINGS", "fake:")
    (place / "hours.md").write_text("The museum of Orrin opens at 9:30 in the morning.", encoding="utf-8")
    with ondol.open_library(place / "home", create=True) as library:
        ondol.add_documents(library, [str(place / "hours.md")])
        chain = ask_library(say(""), retriever=ondol.make_retriever(library)) | translate(say("아홉 시 반"))
        assert chain.invoke("When does the museum of Orrin open?") == "아홉 시 반"
