"""Long conversations in a small window: every prompt fits, and none loses the first fact."""

import pytest
from langchain_core.messages import HumanMessage

from ondol.chat.conversation import Conversation
from ondol.chat.graph import Chat
from ondol.chat.thread import new_thread
from ondol.chat.threads import ThreadStore
from tests.chat.counting import Counting

TOPICS = ["날씨", "점심", "연차", "난방", "산책", "도서관", "기차", "김치"]
FIRST = "안녕하세요. 제 이름은 한누리입니다. 오늘부터 잘 부탁해요."


def question(turn):
    return f"{TOPICS[turn % len(TOPICS)]} 이야기 {turn}번: 오늘 {TOPICS[turn * 3 % len(TOPICS)]}은 어떤가요?"


@pytest.fixture
def start(store):
    opened = []

    def begin(model, name="긴 대화"):
        thread = next((row for row in store.list() if row.name == name), None)
        thread = thread or new_thread(name=name, collection="main", model="fake:", docs=False)
        opened.append(Conversation(store, thread, Chat(model)))
        return opened[-1]

    yield begin
    for conversation in opened:
        conversation.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [{}, {"base": True}, {"short": "달에는 토끼 912마리가 산다고 합니다."}],
    ids=["condenses", "base", "lies"],
)
def test_200_korean_turns_fit_and_keep_the_first_fact(start, options):
    model = Counting(context=640, **options)
    conversation = start(model)
    conversation.say(FIRST)
    for turn in range(1, 200):
        conversation.say(question(turn))
    assert len(model.prompts) == 200
    assert max(model.sizes) <= 640  # the answer's room included
    assert max(model.sizes[100:]) > 640 * 0.6  # and the window is used
    assert all("제 이름은 한누리입니다" in prompt for prompt in model.prompts)
    assert all(question(turn) in prompt for turn, prompt in enumerate(model.prompts) if turn)
    assert len(conversation.messages) == 400
    assert conversation.messages[0].text == FIRST


def test_older_turns_stand_in_the_prompt_in_short(start):
    model = Counting(context=1400)
    conversation = start(model)
    conversation.say(FIRST)
    answers = [conversation.say(question(turn)) for turn in range(1, 40)]
    last = model.prompts[-1]
    assert "앞에서 나눈 대화의 요약:" in last
    assert question(38) in last.split("요약:")[1]
    assert f"user\n{question(2)}<" not in last
    assert "earlier turns are shortened" in answers[-1].left_out
    assert "요약:" not in model.prompts[5]
    assert 2 <= len(model.condensations) <= 13  # several turns go at a time


def test_what_the_model_invents_does_not_reach_the_prompt(start):
    model = Counting(context=640, short="달에는 토끼 912마리가 산다고 합니다.")
    conversation = start(model)
    answers = [conversation.say(question(turn)) for turn in range(40)]
    assert model.condensations
    assert all("토끼" not in prompt for prompt in model.prompts)
    assert "Left out to fit the model's window" in answers[-1].left_out


def test_a_base_model_is_not_asked_to_condense(start):
    model = Counting(context=640, base=True)
    conversation = start(model)
    for turn in range(30):
        conversation.say(question(turn))
    assert model.condensations == []


def test_the_next_process_goes_on_with_the_short_text(start, store):
    conversation = start(Counting(context=640))
    for turn in range(30):
        conversation.say(question(turn))
    kept = store.condensed.read(conversation.thread.id)
    conversation.close()
    model = Counting(context=640)
    again = start(model)
    again.say("계속할까요?")
    assert kept.text in (*model.condensations, *model.prompts)[0]
    assert len(model.condensations) <= 1


def test_a_turn_that_was_taken_back_takes_the_short_text_with_it(start, store):
    conversation = start(Counting(context=640))
    for turn in range(20):
        conversation.say(question(turn))
    while conversation.thread.turns > 2:
        conversation.undo()
    model = conversation.chat.model = Counting(context=640)
    conversation.say("계속할까요?")
    assert "요약:" not in model.prompts[-1]
    assert question(1) in model.prompts[-1]
    assert question(2) not in model.prompts[-1]


def test_facts_beyond_their_share_leave_the_first_and_the_latest(start):
    model = Counting(context=640)
    conversation = start(model)
    conversation.say(FIRST)
    for number in range(60):
        conversation.remember(f"메모 {number}: 온돌방 {number}호는 {number}월에 비어 있다")
    answer = conversation.say("안녕?")
    assert "한누리" in model.prompts[-1]
    assert "메모 59:" in model.prompts[-1]
    assert "메모 2:" not in model.prompts[-1]
    assert max(model.sizes) <= 640
    assert "remembered facts do not fit" in answer.left_out


def test_a_window_that_nobody_knows_gets_everything(start):
    model = Counting(context=0)
    model.__class__ = type("Wide", (Counting,), {"stream_messages": _any})
    conversation = start(model)
    conversation.say(FIRST)
    for turn in range(1, 12):
        conversation.say(question(turn))
    assert all(question(turn) in model.prompts[-1] for turn in range(1, 12))


def _any(self, messages, *, stop=None, **sampling):
    self._prompts.append((self.write(messages), False, 0))
    return self._say("네.", 0, stop=stop, **sampling)


def test_a_killed_process_keeps_every_finished_turn_and_fact(start, store):
    """The store is read by another one while the conversation is still open, as after a kill."""
    conversation = start(Counting(context=640))
    conversation.say(FIRST)
    conversation.say(question(1))
    with ThreadStore(store.path.parent) as other:
        thread = other.find("긴 대화")
        asked = [row.text for row in other.messages(thread) if isinstance(row, HumanMessage)]
        assert asked == [FIRST, question(1)]
        assert [fact.text for fact in other.facts.list(thread.id)] == ["제 이름은 한누리입니다"]
