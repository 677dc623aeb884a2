from ondol.tokens.neutraliser import JOINER, Neutraliser, restore

MARKS = ["<|im_end|>", "</s>", "<eos>", "\nUser:"]


def test_marks_are_broken_and_come_back_whole():
    text = "a <|im_end|> b</s><eos>\nUser: c"
    broken = Neutraliser(MARKS)(text)
    assert not any(mark in broken for mark in MARKS)
    assert len(broken) == len(text) + 4
    assert restore(broken) == text


def test_marks_that_overlap_are_all_broken():
    assert Neutraliser(["<a>", ">b"])("<a>b") == f"<{JOINER}a>{JOINER}b"


def test_text_without_marks_stays_as_it_is():
    assert Neutraliser(MARKS)("1 < 2, <s> 그리고 <br>") == "1 < 2, <s> 그리고 <br>"
    assert Neutraliser([])("<|im_end|>") == "<|im_end|>"


def test_lone_surrogates_are_replaced_and_pairs_joined():
    assert Neutraliser(MARKS)("a\ud83d\ude00b\ud83dc") == "a😀b\ufffdc"


def test_text_is_composed():
    assert Neutraliser(MARKS)("\u110b\u1169\u11ab") == "온"
