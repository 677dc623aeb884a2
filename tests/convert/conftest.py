"""Small random models of every shape, with tokenizers that cut text as real ones do."""

from pathlib import Path

import pytest
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from ondol.gguf.pre_tokenizers import PRE_TOKENIZERS
from ondol.settings import load_settings

TEXTS = [
    "Ondol is a warm floor in Korea, and it warms the whole room.",
    "온돌은 한국의 따뜻한 바닥이다. 바닥이 따뜻하다.",
    "The floor is warm in 2026, isn't it?\n\nIt is: 12 or 345 degrees.",
    "café, naïve, über",
]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<unk>", "<|im_start|>", "<|im_end|>"]
SIZES = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "initializer_range": 0.3,
}  # fmt: skip
MORE = {
    "Phi3": {"original_max_position_embeddings": 512},
    "Mistral": {"head_dim": 32, "sliding_window": 128},
    "Qwen3": {"head_dim": 32},
    "Gemma": {"head_dim": 32},
    "Gemma2": {"head_dim": 32, "sliding_window": 24, "query_pre_attn_scalar": 32},
    "Gemma3Text": {"head_dim": 32, "sliding_window": 24, "query_pre_attn_scalar": 32, "num_hidden_layers": 6},
}


def make_byte_tokenizer(pre: str) -> Tokenizer:
    """Byte-level BPE trained on TEXTS, cut as llama.cpp's `pre` says."""
    known = PRE_TOKENIZERS[pre]
    made = Tokenizer(models.BPE(ignore_merges=known.ignore_merges))
    steps = [pre_tokenizers.Digits(individual_digits=True)] if known.digits else []
    if known.pattern:
        steps.append(pre_tokenizers.Split(Regex(known.pattern), "isolated"))
    steps.append(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not known.pattern))
    made.pre_tokenizer = pre_tokenizers.Sequence(steps)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=360, special_tokens=SPECIAL, initial_alphabet=alphabet)
    )
    made.add_tokens([AddedToken("<note>", normalized=False)])
    return made


def make_piece_tokenizer() -> Tokenizer:
    """SentencePiece's BPE, as the tokenizer.json of Llama 2 and Mistral: bytes for what is unknown, ▁ for a space."""
    letters = sorted({letter for text in TEXTS[:1] for letter in text.replace(" ", "▁")})
    words = ["▁i", "▁is", "▁w", "ar", "▁war", "▁warm", "or", "lo", "▁f", "▁flo", "▁floor"]
    names = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *words, *letters]
    known = set(names)
    merges = [
        (word[:cut], word[cut:])
        for word in words
        for cut in range(1, len(word))
        if word[:cut] in known and word[cut:] in known
    ]
    model = models.BPE(
        {name: number for number, name in enumerate(names)},
        merges,
        unk_token="<unk>",
        byte_fallback=True,
        fuse_unk=True,
    )
    made = Tokenizer(model)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIAL])
    made.post_processor = processors.TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", names.index("<|im_start|>"))]
    )
    return made


def write_model(folder: Path, kind: str, *, tokenizer: Tokenizer | None = None, seed: int = 1, **more) -> Path:
    """A network of this shape with random weights that are sure of what they say."""
    tokenizer = tokenizer or make_byte_tokenizer("qwen2")
    torch.manual_seed(seed)
    config = getattr(transformers, f"{kind}Config")(
        **{**SIZES, **MORE.get(kind, {}), "vocab_size": tokenizer.get_vocab_size() + 5, **more}
    )
    network = getattr(transformers, f"{kind.removesuffix('Text')}ForCausalLM")(config)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() == 1:  # norms of one, and biases of nothing, would hide mistakes
                weight.add_(torch.randn_like(weight) * 0.1)
            elif weight.shape[0] == config.vocab_size:  # neither the end nor half a character is said
                weight[
                    [number for text, number in tokenizer.get_vocab().items() if number < 3 or not text.isascii()]
                ] = 0
    network.save_pretrained(folder)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<|im_start|>", eos_token="<|im_end|>"
    )
    made.chat_template = CHATML
    made.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory):
    """`make_folder("Llama", tokenizer=…, seed=…)` → folder of such a model."""
    return lambda kind, **how: write_model(tmp_path_factory.mktemp("convert") / "model", kind, **how)


@pytest.fixture(scope="session")
def byte_tokenizer():
    return make_byte_tokenizer


@pytest.fixture(scope="session")
def piece_tokenizer():
    return make_piece_tokenizer


@pytest.fixture(scope="session")
def weights() -> Path:
    """A GGUF of the default models with a chat template."""
    files = sorted((load_settings().home / "models").glob("smollm2-135m-instruct/*.gguf"))
    return files[0] if files else pytest.skip("run ondol models pull smollm2-135m-instruct")
