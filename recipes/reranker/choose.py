"""How many hits are read, and how much the reranker counts: what is best for the validation part."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import torch
from network import Network
from numpy.typing import NDArray
from pairs import Pairs
from sets import Set, candidates

BLENDS = [share / 10 for share in range(11)]


@dataclass(slots=True)
class Corpus:
    data: Set
    scores: NDArray[np.float32]
    """Cosines (questions, passages)."""
    pairs: Pairs


def choose(network: Network, corpora: list[Corpus], tops: list[int]) -> tuple[int, float]:
    """Top and share with the largest mean gain in nDCG@10 over the dense search; both languages count the same."""
    network.eval()
    gains: dict[tuple[int, float], list[float]] = {}
    for corpus in corpora:
        kept: dict[tuple[int, float], list[float]] = {}
        for q in corpus.data.of("validation"):
            found = candidates(corpus.data, corpus.scores, q, top=20, pool=("train", "validation"))
            with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
                read = network(*corpus.pairs.states(q, found[: max(tops)])).numpy()
            gold = corpus.data.questions[q].gold
            for top in tops:
                for blend in BLENDS:
                    order = mix(found, corpus.scores[q][found[:top]], read[:top], blend)
                    rank = order.index(gold) if gold in order else 99
                    kept.setdefault((top, blend), []).append(1 / np.log2(rank + 2) if rank < 10 else 0.0)
        for (top, blend), values in kept.items():
            gains.setdefault((top, blend), []).append(float(np.mean(values) - np.mean(kept[top, 0.0])))
        shown = {f"{top}, {blend}": round(values[-1], 4) for (top, blend), values in gains.items()}
        print(f"validation {corpus.data.name}, gain by top and share: {json.dumps(shown)}", flush=True)
    return max(gains, key=lambda setting: sum(gains[setting]))


def mix(found: list[int], dense: NDArray[np.float32], read: NDArray[np.float32], blend: float) -> list[int]:
    """As `ondol.retrieve.rerank` does it."""
    mixed = (1 - blend) * standard(dense) + blend * standard(read)
    return [found[place] for place in np.argsort(-mixed, kind="stable")] + found[len(read) :]


def standard(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return (values - values.mean()) / (values.std() or 1.0)
