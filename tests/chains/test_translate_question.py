"""Translation and questions about one text."""

import pytest

from ondol.chains.question import answer_question, rank_pieces
from ondol.chains.translate import translate
from ondol.errors import UsageError


def test_a_text_goes_into_the_other_language(say):
    model = say("번역")
    assert translate(model).invoke("It rained.") == "번역"
    assert "한국어로" in model.asked[0]
    model = say("Translation")
    translate(model).invoke("비가 왔습니다.")
    assert "into English" in model.asked[0]


def test_a_text_in_the_language_wanted_stays_as_it_is(say):
    model = say("x")
    assert translate(model, to="ko").invoke("비가 왔습니다.") == "비가 왔습니다."
    assert model.asked == []


def test_a_long_text_is_translated_piece_by_piece_with_what_stands_between(say):
    model = say("번역.", context=200)
    text = "\n\n".join(f"Paragraph {number} tells of a house." for number in range(30))
    written = translate(model).invoke(text)
    assert written.count("번역.") == len(model.asked) > 3
    assert written.count("\n\n") == len(model.asked) - 1
    assert all(f"Paragraph {number} " in "".join(model.asked) for number in range(30))


def test_another_language_is_refused(say):
    with pytest.raises(UsageError, match="'fr' is no language that ondol translates into"):
        translate(say("x"), to="fr")


def test_a_question_is_answered_from_the_whole_text_where_it_fits(say):
    model = say("At nine.")
    assert answer_question(model, question="When?").invoke("It opens at nine.") == "At nine."
    assert "It opens at nine." in model.asked[0]


@pytest.mark.parametrize(
    ("filler", "fact", "question"),
    [
        ("House {n} stands in the north street.", "The ferryman is called Jon Orr.", "Who is the ferryman?"),
        ("{n}번 집은 북쪽 거리에 있습니다.", "뱃사공의 이름은 한도윤입니다.", "뱃사공은 누구인가요?"),
    ],
    ids=["en", "ko"],
)
def test_of_a_long_text_the_pieces_with_the_questions_words_are_read(say, filler, fact, question):
    sentences = [filler.format(n=number) for number in range(300)]
    text = " ".join([*sentences[:250], fact, *sentences[250:]])
    model = say("Somebody.", context=500)
    answer_question(model, question=question).invoke(text)
    assert len(model.asked) == 1
    assert fact in model.asked[0]
    assert question in model.asked[0]
    assert model.get_num_tokens(model.asked[0]) + model.settings[0]["max_tokens"] <= 500


def test_rare_words_of_the_question_weigh_more_than_common_ones():
    pieces = ["The red house is old.", "The red mill is old.", "A red house."]
    assert rank_pieces("Where is the red mill?", pieces)[0] == 1


def test_an_empty_question_is_refused(say):
    with pytest.raises(UsageError, match=r"The question is empty\."):
        answer_question(say("x"), question=" ")
