"""Batches without padding say what padded ones say, and scoring learnt places alone changes no gradient."""

from functools import partial

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer

from ondol.finetune.examples import ask_and_answer
from ondol.finetune.train.batches import SeededOrder, flat_batch, keeps_apart, learnt_places, padded_batch
from ondol.finetune.train.items import ItemMaker
from ondol.finetune.train.loss import measure, summed_loss
from ondol.tokens.encode import IGNORED

KINDS = ["Llama", "Qwen2", "Qwen3", "Gemma2", "Gemma3Text"]
ROWS = [("Why?", "Because it is warm and the stove is lit."), ("어디인가요?", "아랫목입니다."), ("Who?", "She.")]


def open_network(folder):
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    maker = ItemMaker(network, AutoTokenizer.from_pretrained(folder))
    return network, maker.make([ask_and_answer(*row) for row in ROWS], max_tokens=200).items


def gradients(network, loss):
    network.zero_grad()
    loss.backward()
    return {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None}


def ordinary_loss(network, items):
    """As everybody computes it: each example alone, every place scored."""
    total = torch.zeros(())
    for item in items:
        scores = network(input_ids=torch.tensor([item.encoded.ids]), use_cache=False).logits.float()
        labels = torch.tensor([item.encoded.labels])
        total = total + cross_entropy(scores[0, :-1], labels[0, 1:], ignore_index=IGNORED, reduction="sum")
    return total


@pytest.mark.parametrize("kind", KINDS)
def test_a_flat_batch_has_the_gradients_of_its_examples_alone(kind, make_base):
    network, items = open_network(make_base(kind))
    assert keeps_apart(network)
    alone = gradients(network, ordinary_loss(network, items))
    batch = flat_batch([item.encoded for item in items])
    assert "attention_mask" not in batch, "with a mask of ones transformers would let the examples see each other"
    together = gradients(network, summed_loss(network, batch))
    assert alone.keys() == together.keys()
    for name, gradient in alone.items():
        torch.testing.assert_close(together[name], gradient, rtol=1e-3, atol=2e-5, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_padded_batch_has_them_too(kind, make_base):
    network, items = open_network(make_base(kind))
    alone = gradients(network, ordinary_loss(network, items))
    padded = gradients(network, summed_loss(network, padded_batch([item.encoded for item in items], pad=3)))
    for name, gradient in alone.items():
        torch.testing.assert_close(padded[name], gradient, rtol=1e-3, atol=2e-5, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_does_not_see_the_one_before_it(kind, make_base):
    network, items = open_network(make_base(kind))
    first, second, third = (item.encoded for item in items)
    with torch.no_grad():
        one, other = (
            network(**{k: v for k, v in flat_batch([before, second]).items() if k != "labels"}, use_cache=False).logits
            for before in (first, third)
        )
    places = len(learnt_places(second))
    torch.testing.assert_close(one[0, -places:], other[0, -places:], rtol=1e-4, atol=1e-5)


def test_soft_capped_scores_are_those_that_the_loss_sees(make_base):
    network, items = open_network(make_base("Gemma2"))
    assert network.config.final_logit_softcapping == 5.0
    with torch.no_grad():
        batch = flat_batch([item.encoded for item in items])
        scores = network(**{k: v for k, v in batch.items() if k != "labels"}, use_cache=False).logits
    assert scores.abs().max() <= 5.0
    assert scores.shape[1] == sum(item.encoded.trained for item in items), "places that are not learnt are not scored"


def test_padding_is_told_by_place_and_not_by_token(make_base):
    _, items = open_network(make_base())
    batch = padded_batch([item.encoded for item in items], pad=3)
    ends = [[*batch["labels"][row]].count(3) for row in range(len(items))]
    assert ends == [1, 1, 1], "the token that pads is the one that ends an answer, and each end is learnt once"
    assert batch["attention_mask"].sum(1).tolist() == [len(item.encoded.ids) for item in items]


def test_the_measure_counts_tokens_and_not_batches(make_base):
    network, items = open_network(make_base())
    values = [
        measure(network, items, collate, batch=size)
        for collate in (flat_batch, partial(padded_batch, pad=3))
        for size in (1, 2, 3)
    ]
    whole = float(ordinary_loss(network, items).detach())
    for value in values:
        assert value.nats == pytest.approx(whole, rel=1e-5)
        assert value.each == pytest.approx(values[0].each, rel=1e-4)
        assert (value.tokens, value.bytes) == (values[0].tokens, sum(len(answer.encode()) for _, answer in ROWS))
    assert network.training is False


def test_the_order_is_the_seed_s_and_changes_every_epoch():
    order = SeededOrder(50, batch=4, seed=1)
    first = [*order]
    assert sorted(first) == [*range(50)]
    assert first == [*SeededOrder(50, batch=4, seed=1)] != [*SeededOrder(50, batch=4, seed=2)]
    order.set_epoch(1)
    assert [*order] != first


def test_grouped_batches_hold_examples_of_like_length():
    lengths = [n % 40 + 1 for n in range(400)]
    order = [*SeededOrder(400, batch=8, seed=1, lengths=lengths)]
    assert sorted(order) == [*range(400)]
    spread = [max(b) - min(b) for s in range(0, 400, 8) for b in [[lengths[i] for i in order[s : s + 8]]]]
    assert sum(spread) / len(spread) < 6, "of 40 in random batches"
