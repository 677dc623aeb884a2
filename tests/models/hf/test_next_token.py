import pytest
import torch

from ondol.models.hf.next_token import TokenChooser, narrow, penalise
from ondol.models.sampling import Sampling

SCORES = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
OFF = {"top_k": 0, "top_p": 1.0, "min_p": 0.0}


def kept(**how) -> list[int]:
    return narrow(SCORES, **{**OFF, **how}).isfinite().nonzero().flatten().tolist()


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ({}, [0, 1, 2, 3]),
        ({"top_k": 2}, [0, 1]),
        ({"top_k": 9}, [0, 1, 2, 3]),
        ({"top_p": 0.6}, [0, 1]),
        ({"top_p": 1e-9}, [0]),
        ({"min_p": 0.2}, [0, 1, 2]),
        ({"min_p": 1.0}, [0]),
        ({"top_k": 3, "top_p": 0.8}, [0, 1]),
    ],
)
def test_only_likely_tokens_are_left(how, left):
    assert kept(**how) == left


def test_greedy_takes_the_likeliest_and_a_penalty_moves_it():
    chooser = TokenChooser(Sampling(), torch.device("cpu"))
    assert chooser(SCORES, [3]) == 0
    assert TokenChooser(Sampling(repeat_penalty=4.0), torch.device("cpu"))(SCORES, [0]) == 1


def test_a_penalty_lowers_scores_of_both_signs_and_forgets_after_64_tokens():
    scores = torch.tensor([2.0, -2.0, 1.0])
    assert penalise(scores, [0, 1, 1], 2.0).tolist() == [1.0, -4.0, 1.0]
    assert penalise(scores, [0, *[2] * 64], 2.0).tolist() == [2.0, -2.0, 0.5]


def test_tokens_come_as_often_as_they_are_likely():
    chooser = TokenChooser(Sampling(temperature=1.0, seed=1, **OFF), torch.device("cpu"))
    drawn = torch.tensor([chooser(SCORES, []) for _ in range(2000)])
    assert torch.bincount(drawn, minlength=4) / 2000 == pytest.approx(SCORES.exp(), abs=0.03)
