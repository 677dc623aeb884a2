"""Training speed and memory of ondol beside the usual notebook and TRL: same base, same examples, same LoRA.

    python benchmarks/finetune.py --data FILE.csv [--base gemma-3-270m] [--examples 48] [--rounds 2] [--trl FOLDER]

Each side runs in a process of its own, one after the other, in turns. Counted are real tokens (no padding) of forward,
backward and optimizer step, after one step that warms up; peak is the resident memory of the process. `notebook N`
is the recipe of most tutorials (`padding="max_length"`, labels copied from the ids) made to run on transformers 5;
`trl` is SFTTrainer with float32 and no checkpointing, made to run on a processor (`pip install --target FOLDER
--no-deps trl datasets …` and name FOLDER). Ends with the largest difference between ondol's gradients and those of
every example computed alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SIDES = ("ondol", "ondol grouped", "notebook 64", "notebook 256", "trl")
BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--base", default="gemma-3-270m")
    parser.add_argument("--examples", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--trl", type=Path)
    parser.add_argument("--side", choices=(*SIDES, "gradients"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(run_side(options.side, options)))
        return
    sides = [side for side in SIDES if side != "trl" or options.trl]
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(options.rounds):
        for side in sides:
            found[side].append(in_process(side, options))
    print(f"{options.base}, {options.examples} examples, batch {BATCH}, LoRA 16 on all linear layers\n")
    print("| side | real tokens | tokens seen | real tokens/s | ratio to ondol | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rates = {side: [row["real"] / row["seconds"] for row in rows] for side, rows in found.items()}
    for side, rows in found.items():
        ratio = statistics.median(a / b for a, b in zip(rates["ondol"], rates[side], strict=True))
        peak = statistics.median(row["peak_mb"] for row in rows)
        rate = statistics.median(rates[side])
        print(f"| {side} | {rows[0]['real']:.0f} | {rows[0]['seen']:.0f} | {rate:.1f} | {ratio:.2f} | {peak:.0f} |")
    print(f"\nlargest difference of a gradient: {in_process('gradients', options)['difference']:.1e}")


def in_process(side: str, options: argparse.Namespace) -> dict[str, Any]:
    command = [
        sys.executable, __file__, "--side", side, "--data", str(options.data), "--base", options.base,
        "--examples", str(options.examples),
    ]  # fmt: skip
    paths = os.pathsep.join(filter(None, [str(options.trl or ""), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}, check=False)
    if done.returncode:
        sys.exit(f"{side}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def run_side(side: str, options: argparse.Namespace) -> dict[str, float]:
    import torch
    from peft import LoraConfig, get_peft_model

    from ondol.device import cap_arenas, usable_cores
    from ondol.finetune.data import DataSource, load_source
    from ondol.finetune.train.items import ItemMaker
    from ondol.fit.bench import watch
    from ondol.model_store.store import ModelStore
    from ondol.models.hf.device import choose_device
    from ondol.models.hf.loading import find_folder, load
    from ondol.settings import load_settings

    cap_arenas(give_back=False)
    torch.set_num_threads(usable_cores())
    examples = load_source(DataSource(path=options.data)).examples[: options.examples]
    folder = find_folder(options.base, store=ModelStore(load_settings().home))
    network, tokenizer = load(folder, choose_device("cpu", "float32"), context=0)
    maker = ItemMaker(network, tokenizer)
    items = maker.make(examples, max_tokens=1024).items
    if side == "gradients":
        return {"difference": compare_gradients(network, items[:BATCH])}
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    tuned = get_peft_model(network, LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules=targets))
    with watch() as watched:
        if side == "trl":
            seconds, seen = train_trl(tuned, tokenizer, examples)
        else:
            seconds, seen = train_own(side, tuned, tokenizer, items)
    real = sum(len(item.encoded.ids) for item in items[BATCH:])
    return {"real": real, "seen": seen, "seconds": seconds, "peak_mb": watched.peak >> 20}


def train_own(side: str, network: Any, tokenizer: Any, items: list[Any]) -> tuple[float, int]:
    """A plain loop for ondol's batches and the notebook's: what differs is what they hold."""
    import torch

    from ondol.finetune.train.batches import flat_batch, padded_batch
    from ondol.finetune.train.loss import summed_loss

    optimizer = torch.optim.AdamW([weight for weight in network.parameters() if weight.requires_grad], lr=2e-4)
    ordered = sorted(items, key=lambda item: len(item.encoded.ids)) if side == "ondol grouped" else items
    network.train()
    began, seen = 0.0, 0
    for start in range(0, len(ordered), BATCH):
        if start == BATCH:
            began, seen = time.perf_counter(), 0
        batch = [item.encoded for item in ordered[start : start + BATCH]]
        if side.startswith("notebook"):
            width = int(side.split()[1])
            ids = torch.tensor([(e.ids + [tokenizer.pad_token_id or 0] * width)[:width] for e in batch])
            mask = torch.tensor([([1] * len(e.ids) + [0] * width)[:width] for e in batch])
            loss = network(input_ids=ids, attention_mask=mask, labels=ids.clone()).loss
            seen += ids.numel()
        else:
            tensors = flat_batch(batch) if side == "ondol" else padded_batch(batch, pad=0)
            loss = summed_loss(network, tensors) / sum(encoded.trained for encoded in batch)
            seen += tensors["input_ids"].numel()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return time.perf_counter() - began, seen


def train_trl(network: Any, tokenizer: Any, examples: list[Any]) -> tuple[float, int]:
    """SFTTrainer on `messages`, answers only, its own batches; the clock starts behind the first step."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    class Clock(TrainerCallback):
        began = ended = 0.0

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            self.began = self.began or time.perf_counter()
            self.ended = time.perf_counter()

    rows = Dataset.from_list(
        [{"prompt": [dict(t) for t in e.prompt], "completion": [dict(e.turns[-1])]} for e in examples]
    )
    clock = Clock()
    arguments = SFTConfig(
        output_dir="unused", per_device_train_batch_size=BATCH, num_train_epochs=1, bf16=False, use_cpu=True,
        gradient_checkpointing=False, report_to=[], save_strategy="no", disable_tqdm=True, max_length=1024,
        logging_strategy="no", learning_rate=2e-4,
    )  # fmt: skip
    trainer = SFTTrainer(network, arguments, train_dataset=rows, processing_class=tokenizer, callbacks=[clock])
    trainer.train()
    return clock.ended - clock.began, 0


def compare_gradients(network: Any, items: list[Any]) -> float:
    """Largest difference, relative to the largest gradient of its tensor, over all tensors."""
    import torch
    from torch.nn.functional import cross_entropy

    from ondol.finetune.train.batches import flat_batch
    from ondol.finetune.train.loss import summed_loss

    def gradients(loss: Any) -> dict[str, Any]:
        network.zero_grad()
        loss.backward()
        return {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.grad is not None}

    total = torch.zeros(())
    for item in items:
        scores = network(input_ids=torch.tensor([item.encoded.ids]), use_cache=False).logits.float()
        labels = torch.tensor(item.encoded.labels)
        total = total + cross_entropy(scores[0, :-1], labels[1:], reduction="sum")
    alone = gradients(total)
    together = gradients(summed_loss(network, flat_batch([item.encoded for item in items])))
    return max(float((together[n] - g).abs().max() / g.abs().max().clamp_min(1e-12)) for n, g in alone.items())


if __name__ == "__main__":
    main()
