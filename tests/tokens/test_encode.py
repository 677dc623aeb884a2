"""What is learnt: each answer with its end, and nothing else."""

import pytest

from ondol.errors import UnusableInput
from ondol.tokens.encode import IGNORED, Encoded, check_begin, encode_text, encode_turns

END = ord("$")


def render(turns, begin):
    text = "".join(
        f"{turn['role'][0]}:{turn['content']}{'$' if turn['role'] == 'assistant' else ''}\n" for turn in turns
    )
    return text + ("a:" if begin else "")


def encode(*turns, ends=frozenset({END}), write=render):
    rows = [{"role": role, "content": content} for role, content in turns]
    return encode_turns(rows, render=write, tokenize=lambda text: [*map(ord, text)], ends=ends)


def learnt(encoded):
    return "".join(chr(label) if label != IGNORED else "_" for label in encoded.labels)


def test_an_answer_is_learnt_with_its_end_and_the_line_behind_it_is_not():
    encoded = encode(("user", "안녕"), ("assistant", "네."))
    assert "".join(map(chr, encoded.ids)) == "u:안녕\na:네.$\n"
    assert learnt(encoded) == "_______네.$_"
    assert encoded.split_last() == ([*map(ord, "u:안녕\na:")], [*map(ord, "네.$")])


def test_every_answer_of_a_conversation_is_learnt():
    encoded = encode(("system", "S"), ("user", "q"), ("assistant", "one"), ("user", "r"), ("assistant", "two"))
    assert learnt(encoded).strip("_").replace("_", "") == "one$two$"
    assert encoded.split_last()[1] == [*map(ord, "two$")]


def test_an_answer_without_an_end_is_refused():
    with pytest.raises(UnusableInput, match="never learn to stop"):
        encode(("user", "q"), ("assistant", "a"), ends=frozenset({0}))


@pytest.mark.parametrize("turns", [(), (("user", "q"),), (("user", "q"), ("assistant", "  "))])
def test_without_an_answer_there_is_nothing_to_learn(turns):
    with pytest.raises(UnusableInput, match="no answer to learn"):
        encode(*turns)


def test_a_prompt_that_is_learnt_too_is_refused():
    with pytest.raises(UnusableInput, match="the prompt too"):
        encode(("assistant", "a"), write=lambda turns, _: "".join(f"{turn['content']}$" for turn in turns))


def test_a_text_is_learnt_whole_but_for_its_beginning():
    assert encode_text([5, 6], begin=[1], end=2) == Encoded([1, 5, 6, 2], [IGNORED, 5, 6, 2])
    assert encode_text([5], begin=[], end=None) == Encoded([5], [5])
    with pytest.raises(UnusableInput, match="text is empty"):
        encode_text([], begin=[1], end=2)


def test_a_beginning_that_stands_twice_is_refused():
    check_begin([1, 5, 1], 1)
    check_begin([7, 7], None)
    with pytest.raises(UnusableInput, match="stands twice"):
        check_begin([1, 1, 5], 1)
