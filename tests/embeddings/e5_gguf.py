"""A sentence-transformers folder with a unigram tokenizer as a GGUF file at F16, as llama.cpp's converter writes it.

Without the tokenizer's normalising map, which only SentencePiece's own file has: texts must be composed (NFKC) and
without line breaks.
"""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
from safetensors import safe_open

WIDE = ("token_embd", "attn_", "ffn_")


def convert(folder: Path, path: Path) -> Path:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name(folder.name)
    writer.add_context_length(512)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    write_vocabulary(writer, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")), config["vocab_size"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, config["num_hidden_layers"])
    with safe_open(folder / "model.safetensors", "numpy") as weights:
        for name in weights.keys():  # noqa: SIM118 - no dict
            new, values = names.get_name(name, try_suffixes=(".weight", ".bias")), weights.get_tensor(name)
            if new:
                half = values.ndim == 2 and any(part in new for part in WIDE)
                writer.add_tensor(new, values.astype(np.float16 if half else np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_vocabulary(writer: gguf.GGUFWriter, tokenizer: dict, size: int) -> None:
    rows = tokenizer["model"]["vocab"]
    unused = size - len(rows)
    kinds = [gguf.TokenType.NORMAL] * len(rows) + [gguf.TokenType.UNUSED] * unused
    special = {row["content"]: row["id"] for row in tokenizer["added_tokens"]}
    for content, number in special.items():
        kinds[number] = gguf.TokenType.UNKNOWN if content == "<unk>" else gguf.TokenType.CONTROL
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([piece for piece, _ in rows] + [f"[PAD{n}]" for n in range(unused)])
    writer.add_token_scores([score for _, score in rows] + [-10000.0] * unused)
    writer.add_token_types(kinds)
    writer.add_token_type_count(2)
    writer.add_add_space_prefix(True)
    writer.add_remove_extra_whitespaces(True)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(True)
    writer.add_bos_token_id(special["<s>"])
    writer.add_eos_token_id(special["</s>"])
    writer.add_sep_token_id(special["</s>"])
    writer.add_unk_token_id(special["<unk>"])
    writer.add_pad_token_id(special["<pad>"])
