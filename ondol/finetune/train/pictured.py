"""Examples as the base's tokenizer cuts them, for the token picture; no weights are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

from transformers import AutoTokenizer, GenerationConfig

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.examples import Example
from ondol.finetune.picture import cut_pieces
from ondol.finetune.train.items import ItemMaker
from ondol.model_store.store import ModelStore
from ondol.models.hf.load_errors import told
from ondol.models.hf.loading import find_folder, quiet
from ondol.registry import split_spec
from ondol.tokens.encode import Encoded


@dataclass(frozen=True, slots=True)
class Pictured:
    """What a base's tokenizer says of examples."""

    maker: ItemMaker

    @property
    def ends(self) -> frozenset[int]:
        return self.maker.ends

    @property
    def pad(self) -> int | None:
        pad: int | None = self.maker.tokenizer.pad_token_id
        return pad

    def count(self, text: str) -> int:
        return len(self.maker.writer.tokens(text))

    def encode(self, examples: Sequence[Example], *, max_tokens: int) -> list[tuple[Encoded, list[str]]]:
        """Each example with the texts of its tokens."""
        items = self.maker.make(examples, max_tokens=max_tokens).items[: len(examples)]
        return [(item.encoded, cut_pieces(item.encoded.ids, self.maker.tokenizer.decode)) for item in items]


def open_pictured(config: FinetuneConfig, *, store: ModelStore) -> Pictured:
    """The tokenizer of the base.

    Raises:
        NotFound, UnusableInput, Damaged: there is none, or it cannot be read.
    """
    return Pictured(_open_maker(config, store))


def _open_maker(config: FinetuneConfig, store: ModelStore) -> ItemMaker:
    _, name = split_spec(config.base, what="base", example="llama.cpp:gemma-3-270m")
    folder = find_folder(name, store=store)
    with quiet(), told(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        about = GenerationConfig()
        if (folder / "generation_config.json").is_file():
            about = GenerationConfig.from_pretrained(folder, local_files_only=True)
    return ItemMaker(SimpleNamespace(generation_config=about), tokenizer)
