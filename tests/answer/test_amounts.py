import pytest

from ondol.answer.amounts import amounts, amounts_agree

WRITTEN = [
    ("3만 5천 원", {"35000"}), ("35,000 won", {"35000"}), ("6천여 권", {"6000"}), ("3억 2천만 명", {"320000000"}),
    ("2.5 million people", {"2500000"}), ("two hundred and forty", {"240"}), ("thirty-one plots", {"31"}),
    ("열한 미터", {"11"}), ("사흘 동안", {"3"}), ("석 달", {"3"}), ("March 4", {"3", "4"}), ("3월 4일", {"3", "4"}),
    ("version 2.13.0", {"2.13.0"}), ("at 7:05", {"7", "5"}), ("one of them", set()), ("한 사람", set()),
    ("세탁실은 네가 쓴다", set()), ("half past five", {"30", "5"}), ("오후 5시 반", {"30", "5"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), WRITTEN)
def test_numbers_are_read_in_words_and_digits_of_both_languages(text, wanted):
    assert amounts(text) == wanted


AGREE = [
    ("Every parent may take sixteen weeks.", "부모는 16주를 쓸 수 있습니다."),
    ("막배는 오후 5시 반에 뜬다.", "The last boat leaves at 17:30."),
    ("막배는 오후 5시 반에 뜬다.", "The last boat leaves at 5:30 p.m."),
    ("It closes at 18:00.", "오후 6시에 닫습니다."),
    ("Birch has to dry for one year.", "자작나무는 1년을 말립니다."),
    ("출자금은 5만 원이다.", "A share costs 50,000 won."),
]


@pytest.mark.parametrize(("source", "claim"), AGREE)
def test_the_same_number_agrees_across_languages(source, claim):
    assert amounts_agree(source, claim)


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("Every parent may take sixteen weeks.", "부모는 60주를 쓸 수 있습니다."),
        ("막배는 오후 5시 반에 뜬다.", "The last boat leaves at 17:40."),
        ("Birch has to dry for two years.", "자작나무는 1년을 말립니다."),
        ("요금은 8,200원이다.", "The fare is 82,000 won."),
        ("사흘 안에 알린다.", "Tell them within 4 days."),
    ],
)
def test_a_number_that_the_source_lacks_does_not_agree(source, claim):
    assert not amounts_agree(source, claim)
