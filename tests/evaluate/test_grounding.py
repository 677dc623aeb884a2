"""A sentence is grounded when its chunks hold its numbers, names and content words."""

import pytest

from ondol.evaluate.grounding import groundedness, split_claims

MILL = "The mill at Orrin was built in 1874 by Ada Fenwick and has three floors.[1]"
BANGATGAN = "오린 방앗간은 1874년에 한도윤이 세웠으며 세 층으로 되어 있다."


def test_an_answer_is_split_at_its_marks():
    assert split_claims("One. [1] Two. [2, 3] Three.") == [("One.", [1]), ("Two.", [2, 3]), ("Three.", [])]
    assert split_claims("One. [1] [2]") == [("One.", [1, 2])]
    assert split_claims("“A note.[7] More.” [1]") == [("“A note. More.”", [1])]
    assert split_claims(" [1]") == []


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("Ada Fenwick built the mill in 1874. [1]", 1.0),
        ("Ada Fenwick built the mill in 1875. [1]", 0.0),
        ("Bob Fenwick built the mill in 1874. [1]", 0.0),
        ("“The mill at Orrin was built in 1874 by Ada Fenwick and has three floors.[1]” [1]", 1.0),
        ("The mill has three floors.", 0.0),
        ("The mill has three floors. [2]", 0.0),
        ("The mill has three floors. [1] It was sold to a bakery. [1]", 0.5),
        ("", None),
    ],
)
def test_english_sentences(answer, value):
    assert groundedness(answer, {1: MILL}) == value


@pytest.mark.parametrize(
    ("answer", "value"),
    [("방앗간은 한도윤이 1874년에 세웠다. [1]", 1.0), ("방앗간은 한도윤이 1870년에 세웠다. [1]", 0.0),
     ("방앗간은 김철수가 세웠다. [1]", 0.0), ("The mill was built in 1874. [1]", 1.0),
     ("The mill was built in 1999. [1]", 0.0)],
)  # fmt: skip
def test_korean_sentences_and_those_of_another_language(answer, value):
    assert groundedness(answer, {1: BANGATGAN}) == value
