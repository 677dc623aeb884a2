"""A language model small enough to write down: whatever it reads last, it says SCRIPT from the place it is at.

Every token is a unit vector, the blocks add nothing, and the output matrix points from each token to the one that
follows it. So the real runtime runs, in milliseconds, and what it must say is known.
"""

from pathlib import Path

import gguf
import numpy as np
import pytest

from ondol.gguf.file import read_gguf
from ondol.model_store.catalogue import load_catalogue
from ondol.models.llama_cpp.model import LlamaCpp
from ondol.settings import load_settings

# 온돌 is written byte by byte, so its characters are split over tokens.
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
# what a grammar fixes is cut into these bytes, and behind them the model has something to say
FILLS = {" ": "3", "3": "}", '"': b"\xe4", b"\xe4": b"\xbd", b"\xbd": b"\xa0", b"\xa0": '"'}
CALL = ["<tool_call>", '\n{"name": "', "magic_function", '", "arguments": ', '{"input": 3}}', "\n</tool_call>"]
SAID = "Ondol is a warm floor:온돌 in Korea."
CONTROL = ["<unk>", "<|im_start|>", "<|im_end|>", "<|tool|>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH = 320


def byte_names() -> list[str]:
    """GPT-2's printable stand-in for each of the 256 bytes."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(others)) for b in range(256)]


def as_name(piece: str | bytes) -> str:
    names = byte_names()
    return "".join(names[b] for b in (piece.encode() if isinstance(piece, str) else piece))


def write_model(
    path: Path, *, template: str = CHATML, endless: bool = False, certainty: float = 10.0, script: list = SCRIPT,
    control: list[str] = CONTROL, follows: dict = FILLS,
) -> Path:  # fmt: skip
    """Write the model; `certainty` is how many nats the next token is ahead of all others.

    `follows` says what stands behind a byte that is not in the script.
    """
    words = [as_name(piece) if piece not in control else piece for piece in script]
    tokens = [*control, *byte_names(), *(word for word in words if len(word) > 1 and word not in control)]
    ids = [tokens.index(word) for word in words]
    after = np.full(WIDTH, ids[0])
    for piece, following in follows.items():
        after[tokens.index(as_name(piece))] = tokens.index(as_name(following))
    after[ids[:-1]] = ids[1:]
    after[ids[-1]] = ids[0] if endless else control.index("<|im_end|>")
    output = np.zeros((WIDTH, WIDTH), np.float32)
    output[after, np.arange(WIDTH)] = certainty / np.sqrt(WIDTH)

    tokens += [f"unused{i}" for i in range(len(tokens), WIDTH)]
    writer = gguf.GGUFWriter(path, "llama")
    for name, value in {"context_length": 1024, "embedding_length": WIDTH, "block_count": 1, "feed_forward_length": 32,
                        "head_count": 5, "head_count_kv": 5, "layer_norm_rms_eps": 1e-5, "vocab_size": WIDTH,
                        "rope_dimension_count": 64}.items():  # fmt: skip
        getattr(writer, f"add_{name}")(value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(control) + [1] * (WIDTH - len(control)))
    writer.add_token_merges(["O n"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    if template:
        writer.add_chat_template(template)
    for name, matrix in tensors(output).items():
        writer.add_tensor(name, matrix.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tensors(output: np.ndarray) -> dict[str, np.ndarray]:
    square, block = np.zeros((WIDTH, WIDTH)), "blk.0."
    return {
        "token_embd.weight": np.eye(WIDTH), "output.weight": output, "output_norm.weight": np.ones(WIDTH),
        **{f"{block}attn_{part}.weight": square for part in ("q", "k", "v", "output")},
        f"{block}attn_norm.weight": np.ones(WIDTH), f"{block}ffn_norm.weight": np.ones(WIDTH),
        f"{block}ffn_gate.weight": np.zeros((32, WIDTH)), f"{block}ffn_up.weight": np.zeros((32, WIDTH)),
        f"{block}ffn_down.weight": np.zeros((WIDTH, 32)),
    }  # fmt: skip


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    """`make_model(template="", endless=True)` → path of such a model."""
    return lambda **how: write_model(tmp_path_factory.mktemp("gguf") / "tiny.gguf", **how)


@pytest.fixture(scope="session")
def tiny_path(make_model) -> Path:
    return make_model()


@pytest.fixture(scope="module")
def tiny(tiny_path):
    """Answers every chat with SAID."""
    with LlamaCpp(path=tiny_path, threads=1) as model:
        yield model


@pytest.fixture(scope="session")
def caller_path(make_model) -> Path:
    """Answers every chat with a call of magic_function."""
    return make_model(script=CALL)


@pytest.fixture(scope="module")
def endless(make_model):
    """Says SAID again and again."""
    with LlamaCpp(path=make_model(endless=True), threads=1) as model:
        yield model


@pytest.fixture(scope="module")
def plain(make_model):
    """Has no chat template, as a base model."""
    with LlamaCpp(path=make_model(template=""), threads=1) as model:
        yield model


@pytest.fixture(scope="session")
def said() -> str:
    return SAID


@pytest.fixture(scope="session")
def every_weights() -> list[Path]:
    """The GGUF models in ondol's home, the smallest first."""
    files = (load_settings().home / "models").glob("*/*.gguf")
    adapters = {model.name for model in load_catalogue().values() if model.kind == "adapter"}
    found = sorted((path for path in files if path.stem not in adapters), key=lambda path: path.stat().st_size)
    return found or pytest.skip("no GGUF in ondol's home: run ondol setup")


@pytest.fixture(scope="session")
def weights(every_weights) -> Path:
    """The smallest that is tuned to follow instructions."""
    tuned = [path for path in every_weights if read_gguf(path).chat_template]
    return tuned[0] if tuned else pytest.skip("run ondol models pull smollm2-135m-instruct")
