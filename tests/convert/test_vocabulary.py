"""Tokenizers cut text in llama.cpp as they do in transformers."""

import json
import random

import pytest
from transformers import AutoTokenizer

from ondol.convert.model import write_gguf
from ondol.errors import UnusableInput
from ondol.gguf.pre_tokenizers import PRE_TOKENIZERS, name_pre_tokenizer, write_steps
from ondol.gguf.server import LlamaServer, ServerOptions
from ondol.model_store.store import ModelStore
from ondol.models.hf.from_gguf import unpack_gguf

PIECES = [
    *("안녕하세요", "한국", "띄어쓰기", "2026년", "日本語", "😀", "½", "Ⅷ", "é", "café"),
    *(" ", "  ", "    ", "\n", "\n\n", "\t", "\r\n", ",", ".", "...", "!?", "(a)", "_", "#", "x=1;", "/"),
    *("Hello", "warm floor", "the", "McDonald", "'s", "I'll", "DON'T", "1", "23", "456", "<note>", "<|im_end|>"),
]


def make_texts(count=150):
    chance = random.Random(7)
    return ["".join(chance.choices(PIECES, k=chance.randint(1, 8))) for _ in range(count)]


def differing(folder, path, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    server = LlamaServer(path, ServerOptions(threads=1, context=64))
    try:
        for special in (False, True):
            for text in texts:
                body = {"content": text, "add_special": special, "parse_special": True}
                ids = tokenizer(text, add_special_tokens=special)["input_ids"]
                if server.ask("/tokenize", body)["tokens"] != ids:
                    yield text, tokenizer.convert_ids_to_tokens(ids)
    finally:
        server.close()


@pytest.mark.parametrize("pre", PRE_TOKENIZERS)
def test_byte_level_tokens_are_the_same(pre, make_folder, byte_tokenizer, tmp_path):
    folder = make_folder("Llama", tokenizer=byte_tokenizer(pre))
    write_gguf(folder, tmp_path / "model.gguf")
    assert list(differing(folder, tmp_path / "model.gguf", make_texts())) == []


@pytest.mark.parametrize("pre", PRE_TOKENIZERS)
def test_a_model_that_went_to_gguf_and_back_cuts_text_as_before(pre, make_folder, byte_tokenizer, tmp_path):
    folder = make_folder("Llama", tokenizer=byte_tokenizer(pre))
    write_gguf(folder, tmp_path / "model.gguf")
    back = unpack_gguf(tmp_path / "model.gguf", store=ModelStore(tmp_path / "home", offline=True))
    before, after = AutoTokenizer.from_pretrained(folder), AutoTokenizer.from_pretrained(back)
    texts = make_texts()
    assert [after(text)["input_ids"] for text in texts] == [before(text)["input_ids"] for text in texts]


def test_pieces_of_sentencepiece_are_the_same(make_folder, piece_tokenizer, tmp_path):
    folder = make_folder("Llama", tokenizer=piece_tokenizer())
    write_gguf(folder, tmp_path / "model.gguf")
    texts = ["warm floor is", "a war  in  warm", "온돌 is warm", "x", "\n\nis", "is<|im_end|>is", "é 1"]
    assert list(differing(folder, tmp_path / "model.gguf", texts)) == []


def test_every_way_of_cutting_is_recognised_as_itself():
    for name, known in PRE_TOKENIZERS.items():
        assert name_pre_tokenizer(write_steps(known), ignore_merges=known.ignore_merges) == name
    assert name_pre_tokenizer(None, ignore_merges=False) == ""
    assert name_pre_tokenizer({"type": "Whitespace"}, ignore_merges=False) == ""


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("pre_tokenizer", {"type": "Whitespace"}),
        ("pre_tokenizer", {"type": "ByteLevel", "add_prefix_space": True, "use_regex": True}),
        ("normalizer", {"type": "Lowercase"}),
        ("model", {"type": "Unigram", "vocab": []}),
    ],
)
def test_a_tokenizer_that_llama_cpp_lacks_is_refused(part, value, make_folder, tmp_path):
    folder = make_folder("Llama")
    rows = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**rows, part: value}))
    with pytest.raises(UnusableInput, match=r"llama.cpp has no tokenizer that cuts text as the one in"):
        write_gguf(folder, tmp_path / "model.gguf")
