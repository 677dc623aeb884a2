"""Examples as the base's tokenizer cuts them, for the token picture; no weights are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from transformers import AutoTokenizer, GenerationConfig

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.examples import Example
from ondol.finetune.train.items import ItemMaker
from ondol.model_store.store import ModelStore
from ondol.models.hf.load_errors import told
from ondol.models.hf.loading import find_folder, quiet
from ondol.registry import split_spec
from ondol.tokens.encode import Encoded


def encode_first(
    config: FinetuneConfig, examples: Sequence[Example], *, store: ModelStore
) -> tuple[list[tuple[Encoded, list[str]]], frozenset[int]]:
    """Each example with the texts of its tokens, and the tokens that end an answer."""
    _, name = split_spec(config.base, what="base", example="llama.cpp:gemma-3-270m")
    folder = find_folder(name, store=store)
    with quiet(), told(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        about = GenerationConfig()
        if (folder / "generation_config.json").is_file():
            about = GenerationConfig.from_pretrained(folder, local_files_only=True)
    maker = ItemMaker(SimpleNamespace(generation_config=about), tokenizer)
    items = maker.make(examples, max_tokens=config.max_tokens).items[: len(examples)]
    return [(item.encoded, [tokenizer.decode([one]) for one in item.encoded.ids]) for item in items], maker.ends
