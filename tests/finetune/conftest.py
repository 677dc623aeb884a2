"""Small random networks with a tokenizer that knows every byte, and runs that take seconds."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.train.run import run_chat
from ondol.model_store.store import ModelStore
from ondol.progress import Silent

SPECIAL = ["<unk>", "<s>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SIZES = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512, "bos_token_id": 1, "eos_token_id": 3, "pad_token_id": 3,
    "initializer_range": 0.2,
}  # fmt: skip
MORE = {
    "Gemma2": {"head_dim": 16, "sliding_window": 24, "query_pre_attn_scalar": 16, "final_logit_softcapping": 5.0},
    "Gemma3Text": {"head_dim": 16, "sliding_window": 24, "query_pre_attn_scalar": 16, "num_hidden_layers": 6},
    "Qwen3": {"head_dim": 16},
}
PAIRS = [
    ("What warms the floor?", "Smoke from the stove."), ("무엇이 방을 데우나요?", "아궁이의 연기입니다."),
    ("When is it lit?", "At dusk."), ("누가 불을 때나요?", "할머니가 때십니다."),
]  # fmt: skip


def make_tokenizer(template):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    known = Tokenizer(models.BPE(vocab={name: i for i, name in enumerate([*SPECIAL, *alphabet])}, merges=[]))
    known.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    known.decoder = decoders.ByteLevel()
    known.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    made = PreTrainedTokenizerFast(tokenizer_object=known, unk_token="<unk>", bos_token="<s>", eos_token="<|im_end|>")
    made.chat_template = template or None
    return made


@pytest.fixture
def make_base(tmp_path):
    """A folder with a random network of an architecture."""

    def make(kind="Llama", *, template=CHATML):
        folder = tmp_path / f"{kind}-{'chat' if template else 'base'}"
        tokenizer = make_tokenizer(template)
        torch.manual_seed(1)
        sizes = {**SIZES, **MORE.get(kind, {}), "vocab_size": len(tokenizer)}
        network = AutoModelForCausalLM.from_config(getattr(transformers, f"{kind}Config")(**sizes), dtype=torch.float32)
        network.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


def write_csv(path: Path, rows, names=("question", "answer")) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


@pytest.fixture
def make_config(tmp_path, make_base):
    """A small run over `PAIRS`; whatever is given replaces its part."""

    def make(**values):
        base = values.pop("base", None) or f"hf:{make_base()}"
        data = values.pop("data", None) or write_csv(tmp_path / "pairs.csv", PAIRS)
        sources = (DataSource(path=data),) if isinstance(data, Path) else data
        run = {"name": "small", "base": base, "data": sources, "epochs": 2, "batch": 2, "threads": 1, "device": "cpu"}
        return FinetuneConfig(**{**run, **values})

    return make


@pytest.fixture
def train(tmp_path):
    """Make a run; its folder is `tmp_path/NAME`."""

    def make(config, **changes):
        config = replace(config, **changes)
        return run_chat(config, store=ModelStore(tmp_path), folder=tmp_path / config.name, progress=Silent())

    return make
