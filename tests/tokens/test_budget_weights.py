"""Korean counted with the tokenizer of a model that people use."""

import pytest
from tokenizers import Tokenizer

from ondol.settings import load_settings
from ondol.tokens.budget import MARKS, fit

pytestmark = pytest.mark.weights
CHUNKS = ["온돌은 바닥을 데우는 한국의 난방 방식입니다.", "서울의 겨울은 춥고 길다.", "Ondol warms the floor."]


@pytest.fixture(scope="module")
def count():
    path = load_settings().home / "models" / "multilingual-e5-small" / "tokenizer.json"
    if not path.is_file():
        pytest.skip("multilingual-e5-small is not in ondol's home")
    tokenizer = Tokenizer.from_file(str(path))
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def test_a_window_of_exactly_the_tokens_holds_all_and_one_less_does_not(count):
    exact = count("온돌은?") + MARKS + sum(map(count, CHUNKS))
    assert count(CHUNKS[0]) < len(CHUNKS[0])
    for less, kept in ((0, [0, 1, 2]), (1, [0, 1])):
        budget = fit(system="", question="온돌은?", chunks=CHUNKS, count=count, context=exact - less, answer_tokens=0)
        assert budget.chunks == kept
