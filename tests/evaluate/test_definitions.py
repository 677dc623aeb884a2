"""A sentence that says what something is becomes the question for it; other sentences do not."""

import pytest

from ondol.evaluate.definitions import definition_question
from ondol.evaluate.korean import with_particle


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("A barge is a flat boat that carries goods on rivers.", "What is a barge?"),
        ("LangChain is a framework for building programs with language models.", "What is LangChain?"),
        ("The capital of Iceland is the town of Reykjavik on the coast.", "What is the capital of Iceland?"),
        ("Carl Mosander (1797–1858) was a Swedish chemist who found lanthanum.", "Who was Carl Mosander?"),
        ("“Working hours” means the time in which an employee is at the employer's disposal.",
         "What does Working hours mean?"),
        ("A higher temperature means that the model takes more chances.", "What does a higher temperature mean?"),
        ("Vector databases are a kind of store for embeddings of texts.", "What are Vector databases?"),
    ],
)  # fmt: skip
def test_an_english_definition(sentence, question):
    assert definition_question(sentence)[1] == question


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("방앗간은 곡식을 빻아 가루로 만드는 곳이다.", "방앗간은 무엇인가요?"),
        ("“소정근로시간”이란 근로자와 사용자 사이에 정한 근로시간을 말한다.", "소정근로시간이란 무엇인가요?"),
        ("통상임금이란 근로자에게 정기적으로 지급하기로 정한 금액을 말합니다.", "통상임금이란 무엇인가요?"),
        ("인천 국제공항()은 영종도에 있는 대한민국의 관문이다.", "인천 국제공항은 무엇인가요?"),
        ("헬렌 켈러(1880년~1968년)는 미국의 작가이자 교육자이며 사회주의 운동가이다.", "헬렌 켈러는 누구인가요?"),
        ("DNA의 주 기능은 장기간에 걸친 정보 저장이다.", "DNA의 주 기능은 무엇인가요?"),
    ],
)  # fmt: skip
def test_a_korean_definition(sentence, question):
    assert definition_question(sentence)[1] == question


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a flat boat that carries goods on rivers.", "The boat that we took is a barge of the old kind.",
        "In 1990 there was a fire in the mill by the river.", "The museum opens at 9:30 and closes at 18:00.",
        "It was.", "He is a chemist.", "1990 was a good year for walks.", "x is a number that nobody knows.",
        "그는 미국의 작가이자 사회주의 운동가이다.", "이것은 물을 끓이는 데 쓰는 그릇이다.",
        "시계탑의 4면에는 시계가 달려 있는 것이 특징이다.", "5세기 무렵 기독교는 로마 제국의 국교였다.",
        "가장 큰 도시는 강가에 있는 오래된 항구이다.", "공장에서 일하는 사람은 모두 노동조합의 조합원이다.",
        "방앗간은 아침 9시에 엽니다.", "", "가" * 500,
    ],
)  # fmt: skip
def test_other_sentences_give_no_question(sentence):
    assert definition_question(sentence) is None


def test_a_particle_follows_the_last_sound():
    words = ["책", "나무", "DNA", "SQL", "제3", "제2", "“온돌”", "(가)", "?"]
    assert [with_particle(word, "은", "는") for word in words] == [
        "책은", "나무는", "DNA는", "SQL은", "제3은", "제2는", "“온돌”은", "(가)는", "?는",
    ]  # fmt: skip
