import pytest
import torch

from ondol.models.hf.model import HuggingFace
from ondol.models.hf.writing import BLOCK, Decoder, Reading


def test_bytes_that_are_no_character_do_not_hold_the_text_back_for_ever(tiny):
    decoder = Decoder(tiny._tokenizer, [])
    ids = [tiny._tokenizer.convert_tokens_to_ids("ÿ")] * 6  # byte 0xFF stands in no character
    assert "".join(decoder.feed(number) for number in ids) == "\ufffd" * 3
    assert decoder.feed(tiny.get_token_ids("a")[0]) == "\ufffd" * 3 + "a"


@pytest.mark.parametrize("text", ["온돌은 따뜻한 바닥", "a 😀 b 👩‍👩‍👧 é", "混合 mixed 한글"])
def test_pieces_add_up_to_the_text_and_hold_whole_characters(tiny, text):
    decoder = Decoder(tiny._tokenizer, tiny.get_token_ids("before"))
    pieces = [decoder.feed(number) for number in tiny.get_token_ids(text)]
    assert "".join(pieces) == text
    assert "\ufffd" not in "".join(pieces)


@pytest.mark.parametrize("kind", ["Qwen2", "Gemma3Text"])
def test_a_long_prompt_is_read_in_blocks_with_the_same_scores(make_random, kind):
    network = HuggingFace(path=make_random(kind), threads=1)._network
    ids = [(7 * i) % 250 + 5 for i in range(2 * BLOCK + 30)]
    with torch.inference_mode():
        whole = network(input_ids=torch.tensor([ids])).logits[0, -3:]
    assert torch.allclose(Reading(network).read(ids, keep=3), whole, atol=1e-4)
    reading = Reading(network)
    reading.read(ids[:-1])
    assert torch.allclose(reading.read(ids[-1:])[-1], whole[-1], atol=1e-4)
