"""How much better a taught model expects the held-out answers: bits per byte before and after, on the same examples."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ondol.finetune.folder import HELD_OUT
from ondol.lang import translate
from ondol.scoring.statistics import Estimate, estimate_statistic


@dataclass(frozen=True, slots=True)
class Change:
    base: float
    """Bits per byte."""
    tuned: float
    share: Estimate
    """How much of the base's bits went, from -1 (twice as many) to 1."""
    count: int
    """Examples."""

    def to_json(self) -> dict[str, Any]:
        return {
            "base_bits_per_byte": round(self.base, 4), "bits_per_byte": round(self.tuned, 4), "n": self.count,
            "reduction": self.share.to_json(),
        }  # fmt: skip

    def told(self) -> str:
        """One sentence with its interval."""
        values: dict[str, Any] = {
            "before": self.base, "after": self.tuned, "share": 100 * self.share.value, "low": 100 * self.share.low,
            "high": 100 * self.share.high, "count": self.count,
        }  # fmt: skip
        if self.share.low > 0:
            return translate(
                "Held-out answers: {before:.2f} → {after:.2f} bits a byte, {share:.0f} % less [{low:.0f}, {high:.0f}], "
                "n = {count}: it helped.", **values,
            )  # fmt: skip
        if self.share.high < 0:
            return translate(
                "Held-out answers: {before:.2f} → {after:.2f} bits a byte, {share:.0f} % less [{low:.0f}, {high:.0f}], "
                "n = {count}: it did harm.", **values,
            )  # fmt: skip
        return translate(
            "Held-out answers: {before:.2f} → {after:.2f} bits a byte, {share:.0f} % less [{low:.0f}, {high:.0f}], "
            "n = {count}: no evidence either way.", **values,
        )  # fmt: skip


def compare_held_out(folder: Path) -> Change | None:
    """From the run's `held_out.jsonl`; None where nothing was held out."""
    path = folder / HELD_OUT
    if not path.is_file():
        return None
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if not all("base_nats" in row for row in rows):
        return None  # of an encoder, which tells its own figures
    base, tuned, sizes = (np.array([row[name] for row in rows], dtype=float) for name in ("base_nats", "nats", "bytes"))
    return compare_bits(base, tuned, sizes) if len(rows) else None


def compare_bits(base: Any, tuned: Any, sizes: Any) -> Change:
    """Both on the same (N,) examples: nats of each, and its bytes. A paired bootstrap over examples."""
    share = estimate_statistic(len(base), lambda places: float(1 - tuned[places].sum() / base[places].sum()))
    bits = math.log(2) * float(sizes.sum())
    return Change(float(base.sum()) / bits, float(tuned.sum()) / bits, share, len(base))
