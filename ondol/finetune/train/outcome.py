"""What a run came to: the held-out examples before and after, one by one, and the curve of its loss."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ondol.finetune.curve import draw_curve
from ondol.finetune.folder import CURVE, HELD_OUT, read_log
from ondol.finetune.planning import read_plan
from ondol.finetune.train.loss import Likelihood
from ondol.model_store.manifest import write_atomic

if TYPE_CHECKING:
    from ondol.finetune.train.run import Data


def write_outcome(
    folder: Path, data: Data, *, before: Likelihood, after: Likelihood, learnt: Likelihood
) -> dict[str, Any]:
    """Write `held_out.jsonl` and `loss.svg`; returns what `run.json` says of the end."""
    rows = [
        {"where": item.example.where, "question": item.example.question, "answer": item.example.answer,
         "bytes": item.bytes, "tokens": item.encoded.trained, "base_nats": round(base, 6), "nats": round(tuned, 6)}
        for item, base, tuned in zip(data.valid.items, before.each, after.each, strict=True)
    ]  # fmt: skip
    if rows:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        write_atomic(folder / HELD_OUT, text.encode("utf-8", "surrogatepass"))
    write_atomic(folder / CURVE, draw_curve(read_log(folder)).encode())
    plan = read_plan(folder)
    known = bool(rows)
    return {
        "status": "done", "train_nll": round(learnt.nll, 6), "valid_nll": round(after.nll, 6) if known else None,
        "base_valid_nll": round(before.nll, 6) if known else None,
        "valid_bits_per_byte": round(after.bits_per_byte, 6) if known else None,
        "base_valid_bits_per_byte": round(before.bits_per_byte, 6) if known else None,
        "planned": {name: plan[name] for name in ("memory_mb", "seconds", "source")} if plan else None,
        "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }  # fmt: skip
