"""Which sentences tell something about the person, and which only look like it."""

import time

import pytest

from ondol.chat.noticing import notice


@pytest.mark.parametrize(
    ("message", "text", "value"),
    [
        ("My name is Mina.", "My name is Mina", "Mina"),
        ("Hi, my name is Mina Kim. When does the museum open?", "my name is Mina Kim", "Mina Kim"),
        ("I live in Busan, near the sea.", "I live in Busan, near the sea", "Busan, near the sea"),
        ("내 이름은 미나야.", "내 이름은 미나야", "미나"),
        ("안녕하세요. 제 이름은 김미나입니다. 반가워요!", "제 이름은 김미나입니다", "김미나"),
        ("저는 부산에 살아요", "저는 부산에 살아요", "부산"),
        ("저는 미나라고 해요", "저는 미나라고 해요", "미나"),
        ("그리고 나는 대전에서 일해", "나는 대전에서 일해", "대전"),
        ("우리 강아지 이름은 콩이예요!", "우리 강아지 이름은 콩이예요", "콩"),
    ],
)
def test_a_form_that_a_rule_knows_is_noticed(message, text, value):
    (fact,) = notice(message)
    assert (fact.text, fact.value, fact.told) == (text, value, False)
    assert fact.said in message


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Remember that I am allergic to peanuts.", "I am allergic to peanuts"),
        ("please remember: the gate code is 4711", "the gate code is 4711"),
        ("Don't forget that I leave on Monday!", "I leave on Monday"),
        ("기억해 줘: 내 차는 빨간색이야.", "내 차는 빨간색이야"),
        ("기억해, 내 생일은 5월 3일이야", "내 생일은 5월 3일이야"),
        ("나는 땅콩 알레르기가 있다는 걸 기억해 줘", "나는 땅콩 알레르기가 있다"),
        ("내일 회의가 있다고 기억해 주세요.", "내일 회의가 있다"),
        ("고양이 이름은 보리야. 기억해 줘.", "고양이 이름은 보리야"),
    ],
)
def test_what_is_to_be_remembered_is_told(message, text):
    (fact,) = notice(message)
    assert (fact.text, fact.told) == (text, True)
    assert fact.said in message


@pytest.mark.parametrize(
    "message",
    [
        "What is my name?", "Do you remember that day?", "Remember the Titans is a film.", "내 이름 기억해?",
        "내 이름이 뭐야?", "If my name is Bob, what is yours?", 'Translate "my name is Bob" to Korean',
        "만약 내 이름은 철수야", "저는 학교에 살고 싶어요", "기억해 줘", "이거 기억해 줘", "> my name is Bob",
        "```\nmy name is Bob\n```", "Dear all,\nmy name is Bob\n" + "and so on " * 100, "", "?",
    ],
)  # fmt: skip
def test_questions_conditions_and_quotes_tell_nothing(message):
    assert notice(message) == []


def test_several_facts_keep_their_order():
    assert [fact.text for fact in notice("내 이름은 누리야. 그리고 나는 대전에 살아.")] == [
        "내 이름은 누리야",
        "나는 대전에 살아",
    ]


@pytest.mark.parametrize("piece", ["기억해 ", "나는 ", "my name is ", "1,", "1.a", "는 걸 ", '"', "안녕 "])
def test_a_strange_message_is_read_at_once(piece):
    start = time.monotonic()
    notice(piece * (4900 // len(piece)))
    notice(piece * 100_000)
    assert time.monotonic() - start < 2
