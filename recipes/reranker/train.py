"""Train a small cross-encoder from e5-small on TyDi QA, in Korean and English, on a CPU.

    .venv/bin/python recipes/reranker/train.py --out ../reranker          # about 15 minutes of one idle core
    .venv/bin/python benchmarks/rerank.py ../reranker

Run again after an interruption it goes on from the last checkpoint and ends with the same weights. Half of the
passages with their questions are never read here: `split.json` names them for the benchmark.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np
import torch
from choose import Corpus, choose
from export import write_folder
from network import Lower, Network
from pairs import Pairs
from safetensors import safe_open
from safetensors.torch import save_file
from sets import SEED, SETS, dense_scores, load_set, negatives
from torch.nn import functional as F  # noqa: N812 - its usual name

from ondol.assemble import open_embeddings, open_model_store
from ondol.settings import load_settings

MODEL = "multilingual-e5-small"
WRONG = 4
"""Passages beside the right one in a step: the two that the dense search likes best and two more of its first 12."""
TOGETHER = 4
"""Questions in one update."""
RATE, HEAD_RATE = 6e-5, 1e-3
EASY = 0.9
"""Questions whose passage the dense search gives this much of the probability are read a quarter of the time."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--out", type=Path, required=True, help="folder of the reranker; checkpoints stand in it too")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tops", type=int, nargs="+", default=[5, 8], help="numbers of hits that may be read")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    (options.out / "work").mkdir(parents=True, exist_ok=True)
    settings = load_settings(threads=options.threads)
    folder = open_model_store(settings).locate(MODEL)
    embeddings = open_embeddings(f"onnx:{MODEL}", settings=settings)
    sets = [load_set(options.data / name) for name in SETS]
    scores = [dense_scores(data, embeddings, options.out / "work") for data in sets]
    lower = Lower(folder)
    corpora = [
        Corpus(data, found, Pairs(data, folder / "tokenizer.json", lower))
        for data, found in zip(sets, scores, strict=True)
    ]
    sharpness = fit_sharpness(corpora)
    network = Network(folder)
    train(network, corpora, plan(corpora, sharpness, options.epochs), sharpness, options.out / "work")
    top, blend = choose(network, corpora, options.tops)
    write_folder(network, folder, options.out, blend=blend, top=top, sets=sets)


def fit_sharpness(corpora: list[Corpus]) -> float:
    """The number that turns cosines into logits, by the likelihood of the right passages of the training part."""
    rows = [
        [
            corpus.scores[q][corpus.data.questions[q].gold],
            *corpus.scores[q][negatives(corpus.data, corpus.scores, q, top=7)],
        ]
        for corpus in corpora
        for q in corpus.data.of("train")
    ]
    cosines = torch.tensor(np.array([row for row in rows if len(row) == 8]))
    losses = {by: -torch.log_softmax(cosines * by, dim=1)[:, 0].mean().item() for by in range(10, 201, 10)}
    best = min(losses, key=lambda by: losses[by])
    print(f"dense: logits are {best} · cosine, loss {losses[best]:.3f} over 8 passages", flush=True)
    return float(best)


def plan(corpora: list[Corpus], sharpness: float, epochs: int) -> list[tuple[int, int, list[int]]]:
    """Corpus, question and wrong passages of every step; the same each time."""
    dice = random.Random(SEED)  # noqa: S311 - an order, no secret
    steps = []
    for _ in range(epochs):
        epoch = []
        for number, corpus in enumerate(corpora):
            for q in corpus.data.of("train"):
                wrong = negatives(corpus.data, corpus.scores, q, top=12)
                right = corpus.scores[q][corpus.data.questions[q].gold]
                odds = 1 / (1 + np.exp(sharpness * (corpus.scores[q][wrong] - right)).sum())
                chosen = [*wrong[:2], *dice.sample(wrong[2:], WRONG - 2)]
                if odds < EASY or dice.random() < 0.25:
                    epoch.append((number, q, chosen))
        dice.shuffle(epoch)
        steps += epoch
    print(f"{len(steps)} steps of {1 + WRONG} pairs", flush=True)
    return steps


def train(
    network: Network, corpora: list[Corpus], steps: list[tuple[int, int, list[int]]], sharpness: float, work: Path
) -> None:
    """Listwise softmax, half on the network's score and half on its sum with the dense logit it will be mixed with."""
    head = [p for name, p in network.named_parameters() if name.startswith("head")]
    body = [p for name, p in network.named_parameters() if not name.startswith("head")]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01, foreach=False
    )
    total = len(steps) // TOGETHER
    done = load_checkpoint(work, network, optimizer)
    network.train()
    saved, losses = time.monotonic(), list[float]()
    for update in range(done, total):
        torch.manual_seed(SEED * 100_003 + update)
        slope = min((update + 1) / (0.05 * total), (total - update) / (0.95 * total))
        for group, rate in zip(optimizer.param_groups, (RATE, HEAD_RATE), strict=True):
            group["lr"] = rate * slope
        for number, q, wrong in steps[update * TOGETHER : (update + 1) * TOGETHER]:
            corpus = corpora[number]
            chosen = [corpus.data.questions[q].gold, *wrong]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores = network(*corpus.pairs.states(q, chosen))
            dense = sharpness * torch.from_numpy(corpus.scores[q][chosen])
            right = torch.zeros(1, dtype=torch.long)
            loss = (F.cross_entropy(scores[None], right) + F.cross_entropy((scores + dense)[None], right)) / 2
            (loss / TOGETHER).backward()
            losses.append(loss.item())
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if update % 20 == 19 or update + 1 == total:
            print(
                f"update {update + 1}/{total}  loss {np.mean(losses[-200:]):.4f}  {time.strftime('%H:%M:%S')}",
                flush=True,
            )
        if time.monotonic() - saved > 180 or update + 1 == total:
            save_checkpoint(work, network, optimizer, update + 1)
            saved = time.monotonic()


def save_checkpoint(work: Path, network: Network, optimizer: torch.optim.Optimizer, done: int) -> None:
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for place, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{place}.{name}": value.clone() for name, value in state.items()}
    save_file(tensors, work / "checkpoint.tmp", {"done": str(done)})
    (work / "checkpoint.tmp").replace(work / "checkpoint.safetensors")


def load_checkpoint(work: Path, network: Network, optimizer: torch.optim.Optimizer) -> int:
    """Updates that are done."""
    path = work / "checkpoint.safetensors"
    if not path.is_file():
        return 0
    with safe_open(path, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        done = int(file.metadata()["done"])
    network.load_state_dict({n.removeprefix("network."): v for n, v in tensors.items() if n.startswith("network.")})
    whole, state = optimizer.state_dict(), dict[int, dict[str, torch.Tensor]]()
    for name, value in tensors.items():
        if name.startswith("optimizer."):
            _, place, field = name.split(".", 2)
            state.setdefault(int(place), {})[field] = value
    optimizer.load_state_dict({**whole, "state": state})
    print(f"going on after update {done}", flush=True)
    return done


if __name__ == "__main__":
    main()
