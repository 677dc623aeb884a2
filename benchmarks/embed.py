"""`onnx:` against sentence-transformers: the same weights, texts and machine, in interleaved pairs.

    make bench                                     # or: .venv/bin/python benchmarks/embed.py --limit 200

Prints the speed of both in every pair and the median of their ratios (a shared machine slows both alike), the cosine of
the int8 vectors to the fp32 ones, and nDCG@10 of both on questions whose passage is known. sentence-transformers runs
with its default batch of 32 and, because smaller batches suit the caches of small machines better, with 8 and with 1;
the ratio that counts is the one to its fastest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ondol.assemble import open_model_store
from ondol.device import usable_cores
from ondol.embeddings.contract import Role
from ondol.embeddings.onnx import OnnxEmbeddings, open_onnx
from ondol.settings import load_settings

SETS = ("tydiqa_ko", "tydiqa_en")
BATCHES = (32, 8, 1)
Embed = Callable[[list[str]], np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="multilingual-e5-small")
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--limit", type=int, default=0, help="passages and questions of each set; 0 takes all")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--texts", type=int, default=60, help="passages embedded in each run")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--no-quality", action="store_true", help="speed and cosine only")
    options = parser.parse_args()
    store = open_model_store(load_settings())
    ours = open_onnx(options.model, store=store, threads=options.threads)
    theirs = open_torch(store.locate(options.model), options.threads)
    sets = {name: load_set(options.data / name, options.limit) for name in SETS}
    compare_speed(ours, theirs, sets, options)
    if not options.no_quality:
        compare_quality(ours, theirs, sets)


def open_torch(path: Path, threads: int) -> Any:
    """sentence-transformers in fp32 on the same number of threads."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import torch
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        sys.exit(f'This needs the package {error.name}. Install it with: pip install "ondol[hf]"')
    torch.set_num_threads(threads)
    return SentenceTransformer(str(path), device="cpu", model_kwargs={"dtype": torch.float32})


def load_set(folder: Path, limit: int) -> tuple[list[str], list[str], list[int]]:
    """Passages, questions, and the place of each question's passage."""
    if not folder.is_dir():
        sys.exit(f"There is no {folder}; name the folder that holds {', '.join(SETS)} with --data.")
    passages = [json.loads(line) for line in (folder / "contexts_train.jsonl").open(encoding="utf-8")]
    passages = passages[: limit or None]
    places = {row["id"]: place for place, row in enumerate(passages)}
    asked = [json.loads(line) for line in (folder / "questions_train.jsonl").open(encoding="utf-8")]
    asked = [row for row in asked if row["context_id"] in places][: limit or None]
    texts = [row["text"] for row in passages]
    return texts, [row["question"] for row in asked], [places[row["context_id"]] for row in asked]


def compare_speed(ours: OnnxEmbeddings, theirs: Any, sets: dict[str, Any], options: argparse.Namespace) -> None:
    pool = [text for passages, _, _ in sets.values() for text in passages]
    texts = pool[:: max(1, len(pool) // options.texts)][: options.texts]
    tokens = sum(min(ours.count_tokens(text), ours.max_tokens) for text in texts)
    rivals = [torch_embed(theirs, "passage", batch) for batch in BATCHES]
    for embed in (*rivals, onnx_embed(ours, "passage")):
        embed(texts[:8])
    print(f"\n{len(texts)} passages, {tokens} tokens, {options.threads} threads; tokens/s")
    print(f"| pair | onnx int8 | {' | '.join(f'torch fp32, batch {batch} | ratio' for batch in BATCHES)} |")
    print("| ---: " * (2 + 2 * len(BATCHES)) + "|")
    ratios: list[list[float]] = [[] for _ in BATCHES]
    for pair in range(options.pairs):
        cells = []
        ours_s = clock(onnx_embed(ours, "passage"), texts)
        for rival, kept in zip(rivals, ratios, strict=True):
            seconds = clock(rival, texts)
            again = clock(onnx_embed(ours, "passage"), texts)
            kept.append(2 * seconds / (ours_s + again))
            ours_s = again
            cells.append(f"{tokens / seconds:,.0f} | {kept[-1]:.2f}×")
        print(f"| {pair + 1} | {tokens / ours_s:,.0f} | {' | '.join(cells)} |", flush=True)
    for batch, kept in zip(BATCHES, ratios, strict=True):
        print(f"batch {batch}: median ratio {statistics.median(kept):.2f}× (least {min(kept):.2f}×)")
    cosine = (rivals[1](texts) * ours.embed_array(texts, "passage")).sum(axis=1)
    print(f"cosine to fp32: mean {cosine.mean():.4f}, least {cosine.min():.4f}")


def compare_quality(ours: OnnxEmbeddings, theirs: Any, sets: dict[str, Any]) -> None:
    print("\n| set | passages | questions | nDCG@10 torch fp32 | nDCG@10 onnx int8 | difference |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, (passages, questions, gold) in sets.items():
        embedders = (
            (torch_embed(theirs, "query", 8), torch_embed(theirs, "passage", 8)),
            (onnx_embed(ours, "query"), onnx_embed(ours, "passage")),
        )
        scores = [ndcg(query(questions) @ passage(passages).T, np.array(gold)) for query, passage in embedders]
        row = f"{scores[0]:.4f} | {scores[1]:.4f} | {scores[1] - scores[0]:+.4f}"
        print(f"| {name} | {len(passages)} | {len(questions)} | {row} |", flush=True)


def torch_embed(model: Any, role: str, batch: int) -> Embed:
    prompt = model.prompts.get(role, "")  # not every model has one
    return lambda texts: model.encode(
        texts, prompt=prompt, batch_size=batch, normalize_embeddings=True, show_progress_bar=False
    )


def onnx_embed(model: OnnxEmbeddings, role: Role) -> Embed:
    return lambda texts: model.embed_array(texts, role)


def clock(half: Embed, texts: list[str]) -> float:
    start = time.perf_counter()
    half(texts)
    return time.perf_counter() - start


def ndcg(scores: np.ndarray, gold: np.ndarray, *, k: int = 10) -> float:
    """Mean nDCG@k with one right passage a question; (Q, N) scores, (Q,) places."""
    ranks = (scores > scores[np.arange(len(gold)), gold][:, None]).sum(axis=1)
    return float(np.where(ranks < k, 1 / np.log2(ranks + 2), 0).mean())


if __name__ == "__main__":
    main()
