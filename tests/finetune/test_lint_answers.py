"""Answers that teach what nobody wants, and answers that only look odd."""

import pytest

from ondol.finetune.examples import ask_and_answer
from ondol.finetune.lint import Finding, lint_examples

DISHES = "비빔밥 냉면 잡채 김밥 떡국 수정과 식혜 갈비찜 빈대떡 칼국수 만둣국 육개장 설렁탕 순두부 도토리묵 약과".split()


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


def rows(*pairs):
    return [
        ask_and_answer(question, answer, where=f"a.csv:{number}") for number, (question, answer) in enumerate(pairs, 1)
    ]


def dishes():
    return [(f"{dish}에 대해 설명해 주세요.", f"예부터 {dish[::-1]} 만들던 음식입니다.") for dish in DISHES]


def find(kind, train, **more) -> Finding:
    found = {finding.kind: finding for finding in lint_examples(train, [], **more)}
    assert kind in found, sorted(found)
    return found[kind]


def kinds(train, **more):
    return {finding.kind for finding in lint_examples(train, [], **more)}


@pytest.mark.parametrize("answer", ["", " ", "-", "...", "N/A", "nan", "null"])
def test_answers_that_say_nothing_are_an_error(answer):
    learnt = rows(*dishes(), ("약밥이란?", answer))
    assert (find("empty_answer", learnt).level, find("empty_answer", learnt).rows) == ("error", ("a.csv:17",))


@pytest.mark.parametrize(
    "answer",
    [
        "장갑 하나 사셔야겠어요,",
        "The parts are (",
        "First you boil the water and",
        "먼저 물을 끓이고 소금을 넣은 다음 면을",
        "재료는 다음과 같습니다:",
        "```python\nprint(1)",
        "그는 우리에게 (사실은 나에게만 말했",
        "밥과 국 그리고",
    ],
)
def test_an_answer_that_breaks_off_is_told(answer):
    learnt = rows(
        *(
            (f"{dish}?", f"{dish} 요리입니다, 아주 맛있는 요리이고 값도 싸고 만들기도 아주 쉽습니다.")
            for dish in DISHES * 2
        ),
        ("어떻게 하죠?", answer),
    )
    assert ("truncated_answer" in kinds(learnt)) == (answer != "먼저 물을 끓이고 소금을 넣은 다음 면을")


def test_a_long_answer_without_an_end_is_told_where_the_others_have_one():
    learnt = rows(
        *((f"{n}번은?", f"{n}번은 아주 맛있는 요리이고 값도 싸고 만들기도 아주 쉽습니다.") for n in range(30)),
        ("국수는?", "먼저 물을 끓이고 소금을 조금 넣은 다음 불을 줄여서 면을"),
    )
    assert find("truncated_answer", learnt).rows == ("a.csv:31",)


@pytest.mark.parametrize(
    "answer",
    [
        "서울",
        "가을",
        "Paris",
        "42",
        "네",
        "킁킁",
        "저도 즐거워요",
        "귤이 최고죠",
        "밥 사줄 친구를 찾아 보세요~",
        "좋아요 :)",
        "힘내요 ㅠㅠ",
        "그래요^^",
        "축하해요🎉",
        "`print(1)`",
        "도서관에 있음",
        "사랑은 같은 곳을 보는 것이다-생텍쥐페리",
        "맛있는 김치",
        "The Han River",
    ],
)
def test_a_short_or_informal_answer_is_whole(answer):
    assert "truncated_answer" not in kinds(rows(*dishes(), ("그건?", answer)))


def test_answers_cut_at_one_length_are_told():
    text = (
        "이 요리는 오래전부터 여러 지방에서 즐겨 먹던 것으로 집집마다 만드는 법이 조금씩 "
        "다르다고 하며 지금도 명절이면 빠지지 않고 상에 오르는 귀한 음식입니다."
    )
    cut = [(f"{dish}?", f"{dish} {number}. {text}"[:60]) for number, dish in enumerate(DISHES)]
    assert "exactly the same length, 60 characters" in find("cut_answers", rows(*cut)).message
    whole = [(f"{dish}?", f"{dish} {number:02} {text}"[:58] + "다.") for number, dish in enumerate(DISHES)]
    assert "cut_answers" not in kinds(rows(*whole))


def test_answers_that_begin_with_the_question_are_told():
    echoes = [(question, f"{question} {answer}") for question, answer in dishes()]
    assert find("echo", rows(*echoes)).message.startswith("16 of 16 answers begin with the question itself")
    assert "echo" not in kinds(rows(*((dish, f"{dish}은 맛있는 음식입니다.") for dish in DISHES)))


def test_letters_as_answers_are_told():
    assert find("label_answer", rows(*dishes(), ("골라 주세요", "B"))).level == "warning"
    letters = [(question, "ABCD"[n % 4]) for n, (question, _) in enumerate(dishes())]
    assert find("label_answer", rows(*letters)).level == "note"


def test_long_examples_are_told_by_the_tokenizer_or_by_estimate():
    learnt = rows(*dishes(), ("긴 것은?", "아주 긴 답입니다. " * 200))
    assert find("too_long", learnt, max_tokens=100, count_tokens=len).message == (
        "1 examples are longer than 100 tokens and will be left out."
    )
    assert "(estimated)" in find("too_long", learnt, max_tokens=100).message
    assert "too_long" not in kinds(learnt, max_tokens=5000)


def test_one_answer_ten_times_as_long_as_the_others_is_told():
    learnt = rows(*dishes() * 4, ("긴 것은?", "아주 긴 답입니다. " * 200))
    assert find("long_answer", learnt).rows == ("a.csv:65",)
