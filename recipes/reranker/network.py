"""e5-small as a cross-encoder whose lower layers read question and passage apart and whose upper layers read both.

Legend: Q tokens of the question, P of the passage, S = Q + P, H hidden size, B pairs.

Read apart, the lower layers are exactly those of e5, so that the network starts as a late-interaction scorer on vectors
that already know what belongs together (a fresh head on a fresh joint input would have to learn it from 1,500
questions), and their states can be kept: a training step costs the upper layers only.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

HEADS = 12
SPLIT = 8
"""Layers that read apart; the other four are trained."""
EPSILON = 1e-12


class Layer(nn.Module):
    """One encoder layer, its parameters called as Hugging Face calls them."""

    def __init__(self, hidden: int, inner: int) -> None:
        super().__init__()
        self.qkv = nn.ModuleDict({part: nn.Linear(hidden, hidden) for part in ("query", "key", "value")})
        self.out, self.out_norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden, EPSILON)
        self.wide, self.narrow = nn.Linear(hidden, inner), nn.Linear(inner, hidden)
        self.norm = nn.LayerNorm(hidden, EPSILON)
        self.dropout = nn.Dropout(0.1)

    def forward(self, values: Tensor, mask: Tensor | None) -> Tensor:
        """(B, S, H), mask (B, 1, 1, S) true where there is a token → (B, S, H)."""
        batch, length, hidden = values.shape
        shape = (batch, length, HEADS, hidden // HEADS)
        query, key, value = (part(values).view(shape).transpose(1, 2) for part in self.qkv.values())
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = self.dropout(self.out(mixed.transpose(1, 2).reshape(batch, length, hidden)))
        values = self.out_norm(values + mixed)
        return self.norm(values + self.dropout(self.narrow(F.gelu(self.wide(values)))))


NAMES = {
    "qkv.query": "attention.self.query", "qkv.key": "attention.self.key", "qkv.value": "attention.self.value",
    "out": "attention.output.dense", "out_norm": "attention.output.LayerNorm", "wide": "intermediate.dense",
    "narrow": "output.dense", "norm": "output.LayerNorm",
}  # fmt: skip


class Head(nn.Module):
    """Scale · weighted mean over the question's tokens of the best cosine with a token of the passage, + CLS · v."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Linear(hidden, 1)
        self.cls = nn.Linear(hidden, 1)
        self.scale = nn.Parameter(torch.tensor(40.0))
        for layer in (self.weight, self.cls):  # it starts as the plain mean
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, question: Tensor, passage: Tensor, mask: Tensor) -> Tensor:
        """(B, Q, H), (B, P, H), mask (B, P) → (B,); padding stands in passages only."""
        near = F.normalize(question, dim=-1) @ F.normalize(passage, dim=-1).transpose(1, 2)
        best = near.masked_fill(~mask[:, None], -1).amax(dim=2)
        share = torch.softmax(self.weight(question)[..., 0], dim=1)
        return self.scale * (share * best).sum(dim=1) + self.cls(question[:, 0])[:, 0]


class Network(nn.Module):
    """The layers above `SPLIT` and the head; what is below is `Lower`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        tensors = load_file(folder / "model.safetensors")
        inner, hidden = tensors["encoder.layer.0.intermediate.dense.weight"].shape
        self.layers = nn.ModuleList(Layer(hidden, inner) for _ in range(SPLIT, count_layers(tensors)))
        for place, layer in enumerate(self.layers):
            load_layer(layer, tensors, SPLIT + place)
        self.head = Head(hidden)

    def forward(self, question: Tensor, passages: list[Tensor]) -> Tensor:
        """States (Q, H) of a question and (P, H) of B passages → (B,) scores."""
        lengths = [len(passage) for passage in passages]
        joined = nn.utils.rnn.pad_sequence([torch.cat([question, passage]) for passage in passages], batch_first=True)
        known = torch.arange(joined.shape[1])[None] < torch.tensor(lengths)[:, None] + len(question)
        for layer in self.layers:
            joined = layer(joined, known[:, None, None])
        joined, known = joined.float(), known[:, len(question) :]
        with torch.autocast("cpu", enabled=False):
            scores: Tensor = self.head(joined[:, : len(question)], joined[:, len(question) :], known)
        return scores


class Lower:
    """Embeddings and the first layers of e5, which stay as they are."""

    def __init__(self, folder: Path) -> None:
        self.tensors = load_file(folder / "model.safetensors")
        inner, hidden = self.tensors["encoder.layer.0.intermediate.dense.weight"].shape
        self.layers = [Layer(hidden, inner).eval() for _ in range(SPLIT)]
        for place, layer in enumerate(self.layers):
            load_layer(layer, self.tensors, place)

    @torch.no_grad()
    def __call__(self, ids: list[int]) -> Tensor:
        """Token ids → states (S, H) in bf16."""
        words = self.tensors["embeddings.word_embeddings.weight"][ids].float()
        places = self.tensors["embeddings.position_embeddings.weight"][: len(ids)].float()
        values = words + places + self.tensors["embeddings.token_type_embeddings.weight"][0].float()
        gain, shift = (self.tensors[f"embeddings.LayerNorm.{part}"].float() for part in ("weight", "bias"))
        values = F.layer_norm(values, values.shape[-1:], gain, shift, EPSILON)[None]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            for layer in self.layers:
                values = layer(values, None)
        return values[0].to(torch.bfloat16)


def count_layers(tensors: dict[str, Tensor]) -> int:
    return 1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer."))


def load_layer(layer: Layer, tensors: dict[str, Tensor], place: int) -> None:
    prefix = f"encoder.layer.{place}."
    layer.load_state_dict({
        f"{ours}.{part}": tensors[f"{prefix}{theirs}.{part}"].float()
        for ours, theirs in NAMES.items()
        for part in ("weight", "bias")
    })  # fmt: skip
