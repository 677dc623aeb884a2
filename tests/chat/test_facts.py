"""Facts: each thread its own, all seen and changed by number, and gone when they are forgotten."""

import pytest

from ondol.chat.conversation import Conversation
from ondol.chat.facts import GLOBAL, MOST
from ondol.chat.forgetting import forget_facts
from ondol.chat.graph import Chat
from ondol.chat.thread import new_thread
from ondol.chat.threads import ThreadStore
from ondol.errors import NotFound, UsageError
from tests.chat.counting import Counting


@pytest.fixture
def start(store):
    opened = []

    def begin(name="", **options):
        thread = new_thread(name=name, collection="main", model="fake:", docs=False)
        opened.append(Conversation(store, thread, Chat(Counting(context=4000, **options))))
        return opened[-1]

    yield begin
    for conversation in opened:
        conversation.close()


def texts(conversation):
    return [fact.text for fact in conversation.facts]


def bytes_of(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_threads_do_not_see_each_others_facts(start):
    one, two = start(), start()
    one.say("내 이름은 누리야.")
    two.say("My name is Bo.")
    one.say("안녕?")
    two.say("Hello?")
    assert texts(one) == ["내 이름은 누리야"]
    assert texts(two) == ["My name is Bo"]
    assert all("Bo" not in prompt for prompt in one.chat.model.prompts)
    assert all("누리" not in prompt for prompt in two.chat.model.prompts)


def test_a_fact_for_all_threads_reaches_them(start):
    one, two = start(), start()
    one.remember("I am allergic to peanuts", everywhere=True)
    two.say("What can I eat?")
    assert "- I am allergic to peanuts" in two.chat.model.prompts[-1]


def test_a_prompt_lists_the_facts_in_short(start):
    conversation = start()
    conversation.say("저는 부산에 살아요. 날씨가 어때요?")
    listed = "사용자가 자신에 대해 알려 준 것 (아래 줄이 더 새로운 내용):\n- 저는 부산에 살아요"
    assert listed in conversation.chat.model.prompts[0]
    assert [fact.text for fact in conversation.noticed] == ["저는 부산에 살아요"]
    conversation.say("저는 부산에 살아요.")
    assert conversation.noticed == []


def test_a_fact_that_was_edited_is_the_one_in_the_prompt(start, store):
    conversation = start()
    conversation.say("내 이름은 누리야.")
    (fact,) = conversation.facts
    store.facts.edit(fact.id, "내 이름은 누림이야")
    conversation.say("안녕?")
    assert "- 내 이름은 누림이야" in conversation.chat.model.prompts[-1]


def test_what_was_forgotten_is_in_no_later_prompt_and_in_no_file(start, store):
    conversation = start()
    conversation.say("제 이름은 한누리입니다. 반가워요!")
    for turn in range(5):
        conversation.say(f"한누리가 {turn}번 물어요. 어때요?")
    store.condensed.write(conversation.thread.id, store.condensed.read("x") or _short("한누리", conversation))
    assert "한누리".encode() in bytes_of(store.path.parent)
    (fact,) = conversation.facts
    assert conversation.forget(fact) > 5
    assert conversation.thread.name.startswith("… 반가워요!") or "한누리" not in conversation.thread.name
    conversation.say("저를 뭐라고 부르죠?")
    assert "한누리" not in conversation.chat.model.prompts[-1]
    assert "반가워요!" in conversation.chat.model.prompts[-1]
    assert texts(conversation) == []
    assert "한누리".encode() not in bytes_of(store.path.parent)
    conversation.close()
    store.close()
    assert "한누리".encode() not in bytes_of(store.path.parent)


def _short(text, conversation):
    from ondol.chat.condense import Condensed

    return Condensed(upto=str(conversation.messages[1].id), text=text)


def test_forgetting_from_outside_waits_for_the_window_to_close(start, store):
    conversation = start()
    conversation.say("내 이름은 누리야.")
    (fact,) = conversation.facts
    with pytest.raises(UsageError, match="open in another window"):
        forget_facts(store, [fact])
    assert texts(conversation) == ["내 이름은 누리야"]
    conversation.close()
    assert forget_facts(store, [fact]) == 2  # the answer remembers the question that it answers
    assert store.facts.list() == []
    assert store.list()[0].name == "…."


def test_a_fact_for_all_is_forgotten_in_all_threads(start, store):
    one, two = start(), start()
    fact = one.remember("우리 금고 번호는 4711", everywhere=True)
    two.say("우리 금고 번호는 4711 맞죠?")
    two.close()
    assert one.forget(fact) == 2
    assert b"4711" not in bytes_of(store.path.parent)


def test_a_question_that_is_taken_back_takes_its_facts_along(start):
    conversation = start()
    conversation.say("안녕?")
    conversation.say("내 이름은 누리야.")
    conversation.undo()
    assert texts(conversation) == []


def test_a_thread_that_is_removed_takes_its_facts_along(start, store):
    conversation = start()
    conversation.say("내 이름은 누리야.")
    conversation.close()
    store.remove(conversation.thread)
    assert store.facts.list() == []
    assert "누리".encode() not in bytes_of(store.path.parent)


def test_a_file_of_before_gets_the_table(store):
    store._connection.execute("DROP TABLE facts")
    store.close()
    with ThreadStore(store.path.parent) as again:
        assert again.facts.list() == []


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b", "x" * 201])
def test_a_text_that_cannot_be_a_fact_is_refused(store, text):
    with pytest.raises(UsageError, match="1 to 200 characters"):
        store.facts.add(text, thread=GLOBAL)


def test_facts_are_limited_and_told_once(store):
    first = store.facts.add("one  line\nonly", thread=GLOBAL)
    assert (first.text, store.facts.add("one line only", thread=GLOBAL)) == ("one line only", first)
    for number in range(MOST - 1):
        store.facts.add(str(number), thread=GLOBAL)
    with pytest.raises(UsageError, match="100 facts"):
        store.facts.add("more", thread=GLOBAL)
    with pytest.raises(UsageError, match="remembered already"):
        store.facts.edit(first.id, "0")


def test_numbers_are_not_given_twice(store):
    fact = store.facts.add("a", thread=GLOBAL)
    forget_facts(store, [fact])
    assert store.facts.add("b", thread=GLOBAL).id > fact.id
    with pytest.raises(NotFound, match="no fact 1"):
        store.facts.find([fact.id])
