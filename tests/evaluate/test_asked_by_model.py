"""What a model writes counts only when it is a question of its own about the passage."""

import pytest

from ondol.evaluate.asked_by_model import ask_model, clean_question, is_usable
from ondol.models.fake import FakeChat

PASSAGE = "The lighthouse on Gull Rock was built in 1871. It is 32 metres tall and has 140 steps."
KOREAN = "갈매기바위 등대는 1871년에 세워졌다. 높이는 32미터이고 계단은 140개이다."
GOOD = "How many steps does the lighthouse on Gull Rock have?"


class BaseModel(FakeChat):
    """Continues texts, and keeps the prompts it was given."""

    @property
    def is_base(self):
        return True

    def stream_completion(self, prompt, *, stop=None, **sampling):
        PROMPTS.append(prompt)
        return super().stream_completion(prompt, stop=stop, **sampling)


PROMPTS = []


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        (f"Question: {GOOD}", GOOD), (f'"{GOOD}"', GOOD), (f"\n\n**{GOOD}**\nAnswer: 32 metres.", GOOD),
        (f"- {GOOD} It has 140.", GOOD), ("질문: 등대의 높이는 얼마인가요?", "등대의 높이는 얼마인가요?"),
        ("Q1. " + GOOD, GOOD), ("The lighthouse is tall.", "The lighthouse is tall."), ("", ""),
    ],
)  # fmt: skip
def test_a_reply_is_cleaned(reply, question):
    assert clean_question(reply) == question


@pytest.mark.parametrize(
    ("question", "passage", "usable"),
    [
        (GOOD, PASSAGE, True), ("How tall is the lighthouse on Gull Rock?", PASSAGE, False),
        ("등대의 계단은 몇 개인가요?", KOREAN, True), ("등대는 언제 세워졌나요?", KOREAN, True),
        ("The lighthouse on Gull Rock is tall.", PASSAGE, False), ("It is 32 metres tall and has?", PASSAGE, False),
        ("등대의 높이는 얼마인가요?", PASSAGE, False), ("How tall is the lighthouse in the text?", PASSAGE, False),
        ("위 글에서 등대의 높이는 얼마인가요?", KOREAN, False), ("Who won the chess cup of Iceland?", PASSAGE, False),
        ("How?", PASSAGE, False), ("How tall is " + "the lighthouse " * 20 + "?", PASSAGE, False),
        ("What is it?", PASSAGE, False),
    ],
)  # fmt: skip
def test_a_question_is_checked(question, passage, usable):
    assert is_usable(question, passage) is usable


def test_a_tuned_model_is_told_and_asked():
    assert ask_model(FakeChat(replies=(f"Sure! {GOOD}",)), PASSAGE) == ""
    assert ask_model(FakeChat(replies=(GOOD,)), PASSAGE) == GOOD
    assert ask_model(FakeChat(), PASSAGE) == ""  # repeats a sentence of the passage


@pytest.mark.parametrize(("passage", "label"), [(PASSAGE, "\nQuestion:"), (KOREAN, "\n질문:")])
def test_a_base_model_continues_examples(passage, label):
    PROMPTS.clear()
    reply = GOOD if passage is PASSAGE else "등대의 높이는 얼마인가요?"
    assert ask_model(BaseModel(replies=(f" {reply}\n\nText: more",)), passage, "Gull Rock {x}") == reply
    assert PROMPTS[0].endswith(f"Gull Rock {{x}}: {passage}{label}")


def test_a_passage_that_does_not_fit_into_the_window_is_passed_over():
    assert ask_model(FakeChat(replies=(GOOD,), context=8), PASSAGE) == ""
