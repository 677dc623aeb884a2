"""Models small enough to make in a test: a script that is said whatever is asked, and random ones of every shape."""

import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ondol.models.hf.model import HuggingFace

# 온돌 is written byte by byte, so its characters are split over tokens.
SAID = "Ondol is a warm floor:온돌 in Korea."
SCRIPT = [
    "On",
    "dol",
    " is",
    " a",
    " warm",
    " floor",
    ":",
    *(bytes([b]) for b in "온돌".encode()),
    " in",
    " Korea",
    ".",
]
CALL = ["<tool_call>", '\n{"name": "', "magic_function", '", "arguments": ', '{"input": 3}}', "\n</tool_call>"]
SPECIAL = ["<unk>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}"
    "<|im_end|>\n{% endfor %}"
    "{% if tools %}tools: {{ tools | tojson }} <tool_call>\n{% endif %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH = 320


def as_name(piece: str | bytes) -> str:
    """GPT-2's printable stand-ins for the bytes of `piece`."""
    names = names_of_bytes()
    return "".join(names[b] for b in (piece.encode() if isinstance(piece, str) else piece))


def names_of_bytes() -> list[str]:
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(others)) for b in range(256)]


def make_tokenizer(words: list[str | bytes], template: str) -> PreTrainedTokenizerFast:
    """Knows every byte, so Korean works; `words` longer than a byte are tokens of their own."""
    names = list(dict.fromkeys([*SPECIAL, *names_of_bytes()]))
    known = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate(names)}, merges=[]))
    known.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    known.decoder = decoders.ByteLevel()
    known.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    known.add_tokens([AddedToken(word, normalized=False) for word in words if isinstance(word, str) and len(word) > 1])
    made = PreTrainedTokenizerFast(
        tokenizer_object=known, unk_token="<unk>", bos_token="<|im_start|>", eos_token="<|im_end|>"
    )
    made.chat_template = template or None
    return made


def write_script(
    folder: Path, script: list[str | bytes] = SCRIPT, *, template: str = CHATML, endless: bool = False,
    certainty: float = 10.0,
) -> Path:  # fmt: skip
    """Each token points at the one that follows it; blocks add nothing. `certainty` is in nats."""
    tokenizer = make_tokenizer(script, template)
    ids = [tokenizer.convert_tokens_to_ids(w if isinstance(w, str) and len(w) > 1 else as_name(w)) for w in script]
    after = torch.full((WIDTH,), ids[0])
    for now, following in pairwise(ids):
        after[now] = following
    after[ids[-1]] = ids[0] if endless else tokenizer.eos_token_id
    config = LlamaConfig(
        vocab_size=WIDTH, hidden_size=WIDTH, intermediate_size=32, num_hidden_layers=1, num_attention_heads=5,
        max_position_embeddings=2048, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.fill_(1.0 if "norm" in name else 0.0)
        network.model.embed_tokens.weight.copy_(torch.eye(WIDTH))
        network.lm_head.weight[after, torch.arange(WIDTH)] = certainty / WIDTH**0.5
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_random(folder: Path, kind: str, layers: int = 2) -> Path:
    """A network of this shape with random weights."""
    tokenizer = make_tokenizer(SCRIPT, CHATML)
    sizes = {"vocab_size": WIDTH, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": layers,
             "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512, "pad_token_id": 0,
             "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip
    more = {"Gemma": {"head_dim": 8}, "Gemma3Text": {"head_dim": 8, "sliding_window": 16}, "Mistral": {"head_dim": 8}}
    name = "Gemma3" if kind == "Gemma3Text" else kind
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind if kind != 'Gemma3Text' else 'Gemma3Text'}Config")(
        **sizes, **more.get(kind, {})
    )
    getattr(transformers, f"{name}ForCausalLM")(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)
    assert "transformers" in sys.modules


@pytest.fixture(scope="session")
def make_script(tmp_path_factory):
    """`make_script(template="", endless=True)` → folder of such a model."""
    return lambda *script, **how: write_script(tmp_path_factory.mktemp("hf"), *script, **how)


@pytest.fixture(scope="session")
def make_random(tmp_path_factory):
    return lambda kind, **how: write_random(tmp_path_factory.mktemp("hf"), kind, **how)


@pytest.fixture(scope="session")
def script_path(make_script) -> Path:
    return make_script()


@pytest.fixture(scope="session")
def tiny(script_path):
    """Answers every chat with SAID."""
    return HuggingFace(path=script_path, threads=1)


@pytest.fixture(scope="session")
def endless(make_script):
    """Says SAID again and again."""
    return HuggingFace(path=make_script(endless=True), threads=1)


@pytest.fixture(scope="session")
def plain(make_script):
    """Has no chat template, as a base model."""
    return HuggingFace(path=make_script(template=""), threads=1)


@pytest.fixture(scope="session")
def caller_path(make_script) -> Path:
    """Answers every chat with a call of magic_function."""
    return make_script(CALL)


@pytest.fixture(scope="session")
def caller(caller_path):
    return HuggingFace(path=caller_path, threads=1)


@pytest.fixture(scope="session")
def said() -> str:
    return SAID
