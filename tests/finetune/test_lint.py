"""What a person must be told about examples, and what must not alarm anybody."""

import random
import time

import pytest

from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.lint import Finding, lint_examples
from ondol.finetune.lint_alike import near_pairs
from ondol.finetune.lint_amount import detectable_difference

DISHES = "비빔밥 냉면 잡채 김밥 떡국 수정과 식혜 갈비찜 빈대떡 칼국수 만둣국 육개장 설렁탕 순두부 도토리묵 약과".split()
MADE = "삶아 무쳐 구워 볶아 쪄 말려 끓여 부쳐 절여 달여 튀겨 데쳐 버무려 삭혀 졸여 빚어".split()
FROM = (
    "멥쌀을 메밀을 당면을 돌김을 가래떡을 계피를 엿기름을 갈비를 "
    "녹두를 밀가루를 돼지고기를 고사리를 사골을 콩을 도토리를 꿀을"
).split()
TASTES = "구수합니다. 시원합니다. 쫄깃합니다. 고소합니다. 담백합니다. 달큼합니다. 은은합니다. 부드럽습니다.".split()


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "en")


def rows(*pairs):
    return [
        ask_and_answer(question, answer, where=f"a.csv:{number}") for number, (question, answer) in enumerate(pairs, 1)
    ]


def dishes(count=16):
    return [
        (
            f"{DISHES[n % 16]}에 대해 설명해 주세요.",
            f"{FROM[n % 16]} {MADE[n * 7 % 16]} 만드는 음식으로 맛이 {TASTES[n % 8]}",
        )
        for n in range(count)
    ]


def find(kind, train, valid=(), **more) -> Finding:
    found = {finding.kind: finding for finding in lint_examples(train, list(valid), **more)}
    assert kind in found, sorted(found)
    return found[kind]


def kinds(train, valid=(), **more):
    return {finding.kind for finding in lint_examples(train, list(valid), **more)}


def test_good_examples_that_share_a_frame_alarm_nobody():
    assert kinds(rows(*dishes())) == {"not_evaluated"}


def test_two_examples_cannot_be_evaluated_and_the_reason_is_told():
    found = find("not_evaluated", rows(*dishes(2)))
    assert found.message == (
        "2 examples cannot be evaluated: none can be held out, for at least 5 are needed for that, and a model that "
        "only repeats its own examples would look perfect."
    )
    assert found.fix == "Write at least 50 examples, or give questions that are not learnt: --valid FILE."
    assert found.rows == ("a.csv:1", "a.csv:2")


def test_two_examples_are_told_in_korean(monkeypatch):
    monkeypatch.setenv("ONDOL_LANG", "ko")
    assert find("not_evaluated", rows(*dishes(2))).message.startswith("예시 2개로는 평가할 수 없습니다.")


def test_one_row_is_learnt_by_heart():
    assert "will learn it by heart" in find("one_example", rows(*dishes(1))).message


def test_a_held_out_file_with_two_questions_says_nothing():
    learnt = rows(*dishes())
    held = rows(("서울에서 가장 오래된 다리는?", "살곶이다리입니다."), ("한글날은 언제인가요?", "10월 9일입니다."))
    assert "the held-out file has 2 examples" in find("not_evaluated", learnt, held, valid_given=True).message


@pytest.mark.parametrize(
    ("held", "told"), [(5, "can show no difference"), (30, "about 31 points"), (49, "about 23 points")]
)
def test_what_few_held_out_questions_can_show_is_told(held, told):
    valid = rows(*((f"{number} 더하기 {number}?", f"{2 * number}입니다.") for number in range(held)))
    assert told in find("few_held_out", rows(*dishes()), valid).message


def test_the_detectable_difference_fits_the_known_power():
    # EM 30 → 40 %: 50 % power with 100 questions, 86 % with 200
    assert 0.09 < detectable_difference(200) < 0.10 < detectable_difference(100) < 0.16


def test_copies_are_counted_but_those_of_a_weight_are_not():
    learnt = rows(*dishes(), dishes()[0], dishes()[1])
    assert find("duplicate", learnt).message.startswith("2 of 18 examples are copies of another one, such as “비빔밥에")
    assert find("duplicate", learnt).rows == ("a.csv:1", "a.csv:17", "a.csv:2", "a.csv:18")
    assert "duplicate" not in kinds(rows(*dishes()) * 3)


def test_nearly_the_same_examples_are_found_and_other_numbers_are_others():
    more = [
        ("가족관계증명서는 어디에서 떼나요?", "주민센터나 정부24에서 뗄 수 있습니다."),
        ("가족관계 증명서는 어디에서 떼나요?", "주민센터나 정부24에서 뗄 수 있습니다."),
    ]
    assert find("near_duplicate", rows(*dishes(), *more)).rows == ("a.csv:17", "a.csv:18")
    articles = [
        (f"근로기준법 제{number}조는 무엇에 대한 조문인가요?", f"제{number}조입니다.") for number in (12, 13, 21)
    ]
    assert "near_duplicate" not in kinds(rows(*articles))


def test_leaks_are_told_exact_near_and_by_answer():
    learnt = rows(*dishes())
    held = rows(*dishes(1), ("갈비찜에 대해 설명해주세요.", "소갈비 요리입니다."), ("면 요리 하나만요", dishes()[1][1]))
    assert find("leak", learnt, held, valid_given=True).level == "error"
    assert find("leak", learnt, held).message.startswith("1 of 3 held-out examples are learnt too, word for word")
    assert "“갈비찜에 대해 설명해주세요.” and “갈비찜에 대해 설명해 주세요.”" in find("near_leak", learnt, held).message
    assert find("answer_leak", learnt, held).message.startswith(
        "1 of 3 held-out answers are learnt with another question"
    )


def test_classes_may_recur_in_both_parts():
    words = [
        (f"{dish} {taste}", ("이것은 음식에 대한 설명입니다." if n % 2 else "이것은 음식에 대한 평가입니다."))
        for n, (dish, taste) in enumerate((d, t) for d in DISHES for t in TASTES)
    ]
    examples = rows(*words)
    assert "answer_leak" not in kinds(examples[:100], examples[100:])


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("What is the capital of France?", "Paris.", "Lyon."),
        ("프랑스의 수도는?", "파리", "리옹"),
        ("한글날은 언제인가요?", "한글날은 10월 9일입니다.", "한글날은 10월 8일입니다."),
        ("물은 끓나요?", "네", "아니요"),
        ("이 후기는 좋은가요?", "긍정", "부정"),
    ],
)
def test_facts_that_exclude_each_other_are_a_warning(question, one, other):
    found = find("contradiction", rows((question, one), (question, other)))
    assert (found.level, found.rows) == ("warning", ("a.csv:1", "a.csv:2"))


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("고양이 키우고 싶어", "자신을 먼저 키우세요.", "가족들과 상의해보세요."),
        ("I am tired", "Take a rest!", "Same here."),
        ("안녕", "안녕하세요!", "반가워요."),
    ],
)
def test_several_replies_to_small_talk_are_a_note(question, one, other):
    found = find("several_answers", rows((question, one), (question, other)))
    assert found.level == "note"
    assert "contradiction" not in kinds(rows((question, one), (question, other)))


def test_a_dot_more_is_no_other_answer():
    assert not kinds(rows(("안녕", "반가워요."), ("안녕", "반가워요"))) & {"several_answers", "contradiction"}


def test_the_same_question_in_another_conversation_is_another_question():
    def talk(first, last, where):
        said = [("user", first), ("assistant", "그렇군요."), ("user", "더 말해 줘"), ("assistant", last)]
        return Example(tuple({"role": role, "content": content} for role, content in said), where=where)

    assert not kinds([talk("비가 와", "우산", "a:1"), talk("눈이 와", "장갑", "a:2")]) & {
        "several_answers",
        "contradiction",
    }


def test_rows_that_were_left_out_are_told():
    found = find("left_out", rows(*dishes()), problems=["a.csv:7: the answer is empty"])
    assert found.message == "1 rows hold no example and are left out: a.csv:7: the answer is empty"
    assert found.rows == ("a.csv:7",)


def test_errors_come_first_and_at_most_twenty_rows_are_listed():
    found = lint_examples(rows(*((f"{n}번은?", "-") for n in range(50))), [])
    assert [finding.level for finding in found] == sorted(
        (f.level for f in found), key="error warning note".split().index
    )
    assert found[0].to_json()["rows"] == [f"a.csv:{n}" for n in range(1, 21)]
    assert found[0].message.startswith("50 answers say nothing")


def test_plain_texts_have_no_answers_to_complain_about():
    texts = [
        Example(text=f"{FROM[n]} {MADE[n]} 먹었다는 이야기가 그 마을에 전해 내려온다", where=f"a.txt:{n}")
        for n in range(16)
    ]
    assert kinds(texts) == {"not_evaluated"}


def test_nothing_at_all_is_no_crash():
    assert kinds([]) == {"not_evaluated"}


def test_a_frame_and_other_numbers_make_no_pair():
    frame = "Explain in one short sentence that a child of six understands: {}"
    assert near_pairs([frame.format(dish) for dish in DISHES[:10]]) == []
    year = "In {} the office of the town was open on Mondays, Wednesdays and Fridays, and closed on all holidays."
    others = ["Something else is written here.", "And here stands one more text, about stones."]
    assert near_pairs([year.format(2023), year.format(2024), *others]) == []
    assert near_pairs([year.format(2023), year.format(2023).replace("closed on", "closed at"), *others]) != []


def test_pairs_are_found_among_many_texts_without_comparing_all():
    dice = random.Random(7)
    words = ["".join(dice.choice("가나다라마바사아자차카타파하거너더러머버서") for _ in range(3)) for _ in range(3000)]
    texts = [" ".join(dice.sample(words, 6)) for _ in range(6000)]
    texts[4321] = texts[1234].replace(" ", "", 1) + "."
    start = time.monotonic()
    assert [pair[:2] for pair in near_pairs(texts)] == [(1234, 4321)]
    assert time.monotonic() - start < 20
