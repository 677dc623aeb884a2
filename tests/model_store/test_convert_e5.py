"""A packed file of our own making, small enough to check by hand."""

import json
import struct

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from ondol.errors import Damaged
from ondol.model_store.convert_e5 import convert_e5, read_packed

HIDDEN, INNER, PIECES, POSITIONS = 32, 64, 9, 16
VOCABULARY = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁서울", "은", "▁a", "<mask>"]
SCORES = [0.0, 0.0, 0.0, 0.0, -3.0, -4.0, -3.5, -3.2, 0.0]


def pack(matrices, vectors) -> bytes:
    """Write the format as its reader expects it."""
    texts = [piece.encode() for piece in VOCABULARY]
    ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, INNER, PIECES, POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", PIECES, 0, 2, 1, 3, int(ends[-1]))
    head += ends.tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 5) + struct.pack("<IB", 0x1F, 0)
    blobs = [(name, 1, codes.size, blocks(codes, scale)) for name, (codes, scale) in matrices.items()]
    blobs += [(name, 0, values.size, values.astype("<f4").tobytes()) for name, values in vectors.items()]
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in blobs)
    head += struct.pack("<i", len(blobs))
    for name, kind, count, blob in blobs:
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, offset, len(blob))
        offset += len(blob)
    return head + b"".join(blob for *_, blob in blobs)


def blocks(codes, scale: float) -> bytes:
    rows = (codes.reshape(-1, 32) + 8).astype(np.uint8)
    packed = rows[:, :16] | (rows[:, 16:] << 4)
    scales = np.full((len(rows), 1), scale, "<f2").view(np.uint8)
    return np.concatenate([scales, packed], axis=1).tobytes()


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(13)
    shapes = {"emb.word": (PIECES, HIDDEN), "l0.fi.w": (INNER, HIDDEN), "l0.fo.w": (HIDDEN, INNER)}
    shapes |= {f"l0.{part}.w": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")}
    matrices = {name: (random.integers(-8, 8, shape), 0.25) for name, shape in shapes.items()}
    vectors = {"emb.pos": random.normal(size=(POSITIONS, HIDDEN)), "emb.type": random.normal(size=(1, HIDDEN))}
    vectors |= {f"l0.{part}.b": random.normal(size=HIDDEN) for part in ("q", "k", "v", "ao", "fo")}
    vectors |= {
        f"{part}.{role}": random.normal(size=HIDDEN) for part in ("emb.ln", "l0.aln", "l0.oln") for role in "wb"
    }
    vectors["l0.fi.b"] = random.normal(size=INNER)
    (tmp_path / "packed.bin").write_bytes(pack(matrices, vectors))
    return tmp_path, matrices, vectors


def test_every_tensor_gets_its_usual_name_and_its_values(folder):
    path, matrices, vectors = folder
    convert_e5(path)
    tensors = load_file(path / "model.safetensors")
    assert len(tensors) == len(matrices) + len(vectors)
    layer = "encoder.layer.0."
    for packed, name in {
        "emb.word": "embeddings.word_embeddings.weight",
        "l0.q.w": f"{layer}attention.self.query.weight",
        "l0.fi.w": f"{layer}intermediate.dense.weight",
        "l0.fo.w": f"{layer}output.dense.weight",
    }.items():
        codes, scale = matrices[packed]
        assert np.array_equal(tensors[name], (codes * scale).astype(np.float16))
    assert np.array_equal(tensors[f"{layer}output.LayerNorm.bias"], vectors["l0.oln.b"].astype(np.float16))
    assert not list(path.glob("*.bin"))


def test_the_tokenizer_marks_words_and_drops_controls(folder):
    convert_e5(folder[0])
    tokenizer = Tokenizer.from_file(str(folder[0] / "tokenizer.json"))
    assert tokenizer.encode("서울은  a").tokens == ["<s>", "▁서울", "은", "▁a", "</s>"]
    assert tokenizer.encode("서\x07울\ta\u200b").tokens == ["<s>", "▁서울", "▁a", "▁", "</s>"]
    assert tokenizer.encode("Ａ").tokens == ["<s>", "▁", "A", "</s>"]
    assert tokenizer.encode("서울은").offsets[1:3] == [(0, 2), (2, 3)]


def test_the_folder_states_pooling_and_prompts(folder):
    convert_e5(folder[0])
    assert json.loads((folder[0] / "1_Pooling" / "config.json").read_text())["pooling_mode_mean_tokens"] is True
    prompts = json.loads((folder[0] / "config_sentence_transformers.json").read_text())["prompts"]
    assert prompts == {"query": "query: ", "passage": "passage: "}


def test_other_bytes_are_refused():
    with pytest.raises(Damaged, match="does not begin with E5S1"):
        read_packed(b"GGUF" + bytes(100))
