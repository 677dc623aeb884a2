"""Summaries: one call where the text fits, else pieces and then their summaries, by the model's own window."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from ondol.chains.summarise import condense, summarise, without_repeats
from ondol.errors import BackendError
from ondol.tokens.budget import ContextOverflow

LONG = " ".join(f"Sentence number {number} tells of house {number}." for number in range(200))
LANG_KO = " ".join(f"{number}번째 문장은 {number}번 집 이야기입니다." for number in range(200))


def test_a_text_that_fits_is_summarised_in_one_call(say):
    model = say("Short.", context=4096)
    assert summarise(model).invoke("It rained. The hay got wet.") == "Short."
    assert len(model.asked) == 1
    assert "The hay got wet." in model.asked[0]


@pytest.mark.parametrize("text", [LONG, LANG_KO], ids=["en", "ko"])
@pytest.mark.parametrize("base", [False, True], ids=["tuned", "base"])
def test_a_text_longer_than_the_window_is_read_whole_in_pieces(say, text, base):
    model = say("Part said.", context=400, base=base)
    assert summarise(model).invoke(text) == "Part said."
    assert len(model.asked) > 3
    read = "".join(model.asked)
    assert all(f"number {number} " in read or f"{number}번째" in read for number in range(200))
    assert "Part said. Part said." in " ".join(model.asked[-1].split())


def test_no_call_is_longer_than_the_window_with_its_answer(say):
    model = say("word " * 40, context=400)
    summarise(model).invoke(LONG)
    for asked, settings in zip(model.asked, model.settings, strict=True):
        assert model.get_num_tokens(asked) + settings["max_tokens"] <= 400


def test_summaries_are_summed_up_in_rounds_until_one_is_left(say):
    model = say("word " * 60, context=300)
    summarise(model).invoke(LONG)
    rounds = [asked for asked in model.asked if "Summaries of the parts" in asked]
    assert len(rounds) > 2


def test_the_language_of_the_text_chooses_the_prompt(say):
    model = say("요약.")
    summarise(model).invoke("비가 왔습니다. 건초가 젖었습니다.")
    assert "글을 두 문장에서" in model.asked[0]


def test_a_base_model_continues_examples_and_stops_at_the_line_end(say):
    model = say(" A summary.", base=True)
    assert summarise(model).invoke("It rained.\nThe hay\ngot wet.") == "A summary."
    assert model.asked[0].endswith("Text: It rained. The hay got wet.\nSummary:")
    assert model.asked[0].count("\nSummary:") == 3
    assert model.settings[0]["stop"] == ["\n"]


def test_a_window_that_not_even_the_prompt_fits_is_told(say):
    with pytest.raises(ContextOverflow, match="the model's window holds 30"):
        summarise(say("x", context=30)).invoke(LONG)


def test_a_model_that_writes_nothing_is_told(say):
    with pytest.raises(BackendError, match=r"The model wrote nothing\."):
        summarise(say(" ")).invoke("It rained.")


def test_a_conversation_is_condensed_with_who_speaks(say):
    model = say("Mina wants flour.")
    talk = [HumanMessage("I am Mina."), AIMessage("Hello."), HumanMessage("I want flour.")]
    assert condense(model).invoke(talk) == "Mina wants flour."
    assert "User: I am Mina.\nAssistant: Hello.\nUser: I want flour." in model.asked[0]


def test_a_korean_conversation_is_condensed_in_korean(say):
    model = say("미나는 밀가루를 찾는다.")
    condense(model).invoke([HumanMessage("저는 미나입니다."), AIMessage("안녕하세요.")])
    assert "사용자: 저는 미나입니다.\n도우미: 안녕하세요." in model.asked[0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It rained. It poured. It rained. It rai", "It rained. It poured."),
        ("비가 왔다. 비가 왔다. 건초가 젖었다.", "비가 왔다. 건초가 젖었다."),
        ("It rained. It rained again.", "It rained. It rained again."),
    ],
)
def test_a_sentence_that_was_said_is_not_said_again(text, kept):
    assert without_repeats(text) == kept
