"""Which rewritten questions are believed, and what is tried when."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from ondol.chat.followup import is_faithful, rewrite
from ondol.models.fake import FakeChat
from ondol.prompts.load import Prompts

HISTORY = [HumanMessage("What does a night in the hut cost?"), AIMessage("A night costs 15 euros.")]
KOREAN = [HumanMessage("솔재 산장 요금은 얼마예요?"), AIMessage("하룻밤에 만 원입니다.")]


class BaseModel(FakeChat):
    @property
    def is_base(self):
        return True


@pytest.mark.parametrize(
    ("told", "question", "history", "believed"),
    [
        ("Who takes bookings for the hut?", "Who takes bookings?", HISTORY, True),
        ("솔재 산장 예약은 누가 받나요?", "예약은 누가 받나요?", KOREAN, True),
        ("Who takes bookings for the hut in Norway?", "Who takes bookings?", HISTORY, False),
        ("What does a night in the hut cost?", "Who takes bookings?", HISTORY, False),
        ("Who takes bookings?", "Who takes bookings?", HISTORY, False),
        ("Who takes bookings\nfor the hut?", "Who takes bookings?", HISTORY, False),
        ("", "When?", HISTORY, False),
        ("?", "When?", HISTORY, False),
    ],
    ids=["fits", "fits in Korean", "adds a place", "is the old question", "adds nothing", "two lines", "empty", "mark"],
)
def test_a_rewritten_question_says_only_what_the_conversation_says(told, question, history, believed):
    assert is_faithful(told, question, history) is believed


def test_the_first_question_stands_as_it_is():
    assert list(rewrite("When?", [], FakeChat(replies=("Nobody asks me.",)))) == ["When?"]


def test_the_models_words_are_tried_between_the_question_and_both_questions():
    model = FakeChat(replies=('"Who takes bookings for the hut?"',))
    assert list(rewrite("Who takes bookings?", HISTORY, model)) == [
        "Who takes bookings?",
        "Who takes bookings for the hut?",
        "What does a night in the hut cost? Who takes bookings?",
    ]


def test_the_model_is_asked_with_the_prompt_of_the_given_folder(tmp_path):
    about = "name: followup\nversion: 1\nlanguage: en\nabout: The question alone.\nvariables: [talk, question]"
    body = "## user\nWho takes bookings for the hut? {question} {talk}"
    (tmp_path / "followup.md").write_text(f"---\n{about}\n---\n{body}", encoding="utf-8")
    mirror = FakeChat()  # repeats the first sentence that it is told
    ours = list(rewrite("Who takes bookings?", HISTORY[:1], mirror))
    told = list(rewrite("Who takes bookings?", HISTORY[:1], mirror, Prompts((("home", tmp_path),))))
    assert len(ours) == 2
    assert len(told) == 3
    assert told[1] == "Who takes bookings for the hut?"


def test_an_unfaithful_model_is_passed_over():
    told = list(rewrite("예약은 누가 받나요?", KOREAN, FakeChat(replies=("제주도 호텔 예약은 누가 받나요?",))))
    assert told == ["예약은 누가 받나요?", "솔재 산장 요금은 얼마예요? 예약은 누가 받나요?"]


def test_a_base_model_is_not_asked():
    model = BaseModel(replies=("Who takes bookings for the hut?",))
    assert len(list(rewrite("Who takes bookings?", HISTORY, model))) == 2


def test_the_thinking_of_a_model_is_no_question():
    model = FakeChat(replies=("<think>Bookings for the hut, then.</think>Who takes bookings for the hut?",))
    assert list(rewrite("Who takes bookings?", HISTORY, model))[1] == "Who takes bookings for the hut?"


def test_a_window_that_is_too_small_for_the_model_leaves_the_last_way():
    model = FakeChat(replies=("Who takes bookings for the hut?",), context=5)
    told = list(rewrite("Who takes bookings?", HISTORY, model))
    assert told == ["Who takes bookings?", "What does a night in the hut cost? Who takes bookings?"]


def test_the_last_question_that_stood_by_itself_is_the_topic():
    def told(searched, *citations):
        return AIMessage("…", response_metadata={"answer": {"searched": searched, "citations": list(citations)}})

    history = [
        HumanMessage("When does the hut open?"), told("When does the hut open?", {}),
        HumanMessage("In summer?"), told("When does the hut open? In summer?", {}),
        HumanMessage("And on Mars?"), told("And on Mars?"),
    ]  # fmt: skip
    assert list(rewrite("In winter?", history, BaseModel()))[-1] == "When does the hut open? In winter?"


def test_a_follow_up_is_searched_with_the_question_before(talk, retriever):
    conversation = talk("Nothing of that.", retriever=retriever)
    conversation.say("Where do the green tea leaves come from?")
    answer = conversation.say("When?")
    assert answer.question == "Where do the green tea leaves come from? When?"
    assert answer.citations


def test_a_new_topic_is_searched_as_it_stands(talk, retriever):
    conversation = talk("Nothing of that.", retriever=retriever)
    conversation.say("Where do the green tea leaves come from?")
    assert conversation.say("How many guests does the hut at Otter Ridge sleep?").question.startswith("How many")
