"""Classification and sentiment: by likelihood where it is told, else by what the model writes."""

import pytest

from ondol.chains.classify import classify
from ondol.chains.sentiment import sentiment
from ondol.errors import BackendError, UsageError

LABELS = ["spam", "not spam", "other"]


def test_the_likeliest_label_is_taken_with_its_share(judge):
    reply = sentiment(judge()).invoke("positive positive, I think")
    assert reply["label"] == "positive"
    assert reply["score"] == reply["scores"]["positive"] == max(reply["scores"].values()) > 0.8
    assert sum(reply["scores"].values()) == pytest.approx(1, abs=0.001)


def test_a_base_model_is_asked_by_completion_and_a_tuned_one_by_chat(judge):
    base, tuned = judge(base=True), judge()
    for model in (base, tuned):
        assert sentiment(model).invoke("what a negative day")["label"] == "negative"
    assert base.asked[0] == "Text: what a negative day\nSentiment:"
    assert tuned.asked[0] == "Text: what a negative day\nSentiment:"


def test_what_a_model_says_by_habit_is_taken_off(judge):
    stubborn = judge(habit={"negative": 5.0})
    assert sentiment(stubborn).invoke("how positive")["label"] == "positive"


def test_the_habit_is_asked_once_for_many_texts(judge):
    model = judge()
    chain = sentiment(model)
    chain.invoke("positive")
    first = len(model.asked)
    chain.invoke("negative")
    assert (first, len(model.asked) - first) == (12, 3)


def test_korean_texts_are_judged_by_korean_words_under_the_same_labels(judge):
    reply = sentiment(judge()).invoke("부정적인 글, 정말 부정")
    assert reply["label"] == "negative"
    assert set(reply["scores"]) == {"positive", "neutral", "negative"}


@pytest.mark.parametrize(
    ("said", "label"),
    [
        ("Positive.", "positive"),
        ('{"label": "negative"}', "negative"),
        ("It is neutral", "neutral"),
        ("**긍정**", None),
    ],
)
def test_where_no_likelihood_is_told_the_written_label_counts(say, said, label):
    if label is None:
        with pytest.raises(BackendError, match="which is none of the labels"):
            sentiment(say(said)).invoke("Nice.")
    else:
        assert sentiment(say(said)).invoke("Nice.") == {"label": label, "score": None, "scores": None}


def test_a_korean_word_is_read_as_its_label(say):
    assert sentiment(say("긍정입니다.")).invoke("정말 좋았어요.")["label"] == "positive"


def test_the_model_is_held_to_the_labels(say):
    model = say("other")
    classify(model, labels=LABELS).invoke("Hello.")
    assert model.settings[0]["json_schema"]["properties"]["label"]["enum"] == LABELS
    assert "spam, not spam, other" in model.asked[0]


def test_a_label_inside_another_is_not_mistaken_for_it(say):
    assert classify(say("It is not spam"), labels=LABELS).invoke("Hello.")["label"] == "not spam"
    with pytest.raises(BackendError, match="none of the labels"):
        classify(say("spam or other"), labels=LABELS).invoke("Hello.")


def test_a_text_longer_than_the_window_is_judged_by_its_pieces(say):
    model = say("positive", "negative", "negative", context=100)
    text = " ".join(f"House {number} is red." for number in range(40))
    assert sentiment(model).invoke(text)["label"] == "negative"
    assert len(model.asked) >= 3


@pytest.mark.parametrize("labels", [["a"], ["a", "a"], ["a", " "], []])
def test_fewer_than_two_labels_are_refused(say, labels):
    with pytest.raises(UsageError, match="There must be two labels at least"):
        classify(say("a"), labels=labels)
