"""Random encoders of the BERT family as GGUF files, as llama.cpp's own converter writes them."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np

HIDDEN, INNER, CONTEXT = 64, 128, 48
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["▁대한민국", "의", "▁수도", "는", "▁서울", "특별시", "이다", ".", "▁", "▁the", "▁capital", "▁is", "▁query",
         ":", "▁passage", *"abcdefghijklmnopqrstuvwxyz대한민국수도서울</>|"]  # fmt: skip
WORDPIECES = [
    "[PAD]",
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "▁the",
    "▁capital",
    "▁seoul",
    "ly",
    "▁.",
    "▁c",
    "a",
    "f",
    "e",
    "▁서울",
]


def write_encoder(
    path: Path, *, pooling: gguf.PoolingType | None = gguf.PoolingType.MEAN, head: bool = False,
    wordpiece: bool = False, seed: int = 13, rerank_template: str = "",
) -> Path:  # fmt: skip
    """Write a two-layer BERT; with a `head` it ranks."""
    tokens = WORDPIECES if wordpiece else [*SPECIAL, *WORDS]
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_block_count(2)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(4)
    writer.add_layer_norm_eps(1e-5)
    writer.add_causal_attention(False)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    if rerank_template:
        writer.add_string("tokenizer.chat_template.rerank", rerank_template)
    write_vocabulary(writer, tokens, wordpiece=wordpiece)
    for tensor, values in tensors(len(tokens), seed, head=head).items():
        writer.add_tensor(tensor, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_vocabulary(writer: gguf.GGUFWriter, tokens: list[str], *, wordpiece: bool) -> None:
    begin, end, unknown, pad = (1, 2, 3, 0) if wordpiece else (0, 2, 3, 1)
    kinds = [gguf.TokenType.NORMAL] * len(tokens)
    for number in (begin, end, pad):
        kinds[number] = gguf.TokenType.CONTROL
    kinds[unknown] = gguf.TokenType.UNKNOWN
    writer.add_tokenizer_model("bert" if wordpiece else "t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_scores([0.0 if number < 4 else -len(tokens) / len(token) for number, token in enumerate(tokens)])
    writer.add_token_type_count(2)
    writer.add_bos_token_id(begin)
    writer.add_eos_token_id(end)
    writer.add_sep_token_id(end)
    writer.add_unk_token_id(unknown)
    writer.add_pad_token_id(pad)
    if not wordpiece:
        writer.add_add_space_prefix(True)
        writer.add_remove_extra_whitespaces(True)
        writer.add_add_bos_token(True)
        writer.add_add_eos_token(True)


def tensors(words: int, seed: int, *, head: bool) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(scale=0.3, size=shape).astype(np.float32)

    made = {
        "token_embd": normal(words, HIDDEN),
        "position_embd": normal(CONTEXT, HIDDEN),
        "token_types": normal(2, HIDDEN),
    }
    norms = ["token_embd_norm"]
    for layer in ("blk.0.", "blk.1."):
        norms += [f"{layer}attn_output_norm", f"{layer}layer_output_norm"]
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            made[f"{layer}{part}"] = normal(HIDDEN, HIDDEN)
        made |= {f"{layer}ffn_up": normal(INNER, HIDDEN), f"{layer}ffn_down": normal(HIDDEN, INNER)}
    biased = [name for name in made if name.startswith("blk.")]
    if head:
        made |= {"cls": normal(HIDDEN, HIDDEN), "cls.output": normal(1, HIDDEN)}
        biased += ["cls", "cls.output"]
    rows = {f"{name}.weight": values for name, values in made.items()}
    rows |= {f"{name}.bias": normal(len(made[name])) for name in biased}
    for norm in norms:
        rows |= {f"{norm}.weight": 1 + normal(HIDDEN), f"{norm}.bias": normal(HIDDEN)}
    return rows


def write_causal(path: Path, *, width: int = 256) -> Path:
    """Write a one-layer llama: its tokens are the 256 bytes, each a direction of its own, its block adds nothing."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    writer = gguf.GGUFWriter(path, "llama")
    sizes = {"context_length": 64, "embedding_length": width, "block_count": 1, "feed_forward_length": 32,
             "head_count": 4, "head_count_kv": 4, "layer_norm_rms_eps": 1e-5, "vocab_size": width,
             "rope_dimension_count": 64}  # fmt: skip
    for name, value in sizes.items():
        getattr(writer, f"add_{name}")(value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([chr(byte) if byte in printable else chr(next(others)) for byte in range(width)])
    writer.add_token_types([gguf.TokenType.NORMAL] * width)
    writer.add_token_merges(["a a"])
    writer.add_add_bos_token(False)
    shapes = {**{f"blk.0.attn_{part}": (width, width) for part in ("q", "k", "v", "output")},
              "blk.0.ffn_gate": (32, width), "blk.0.ffn_up": (32, width), "blk.0.ffn_down": (width, 32)}  # fmt: skip
    writer.add_tensor("token_embd.weight", np.eye(width, dtype=np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
