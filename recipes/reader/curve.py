"""How good the answers are, against how many questions are answered: the plot of docs/reader.md.

    .venv/bin/python recipes/reader/curve.py --data ../shared/data --drawn FOLDER [--limit 100] [--out FILE.svg]

Every question is answered whatever the gate says (`--threshold 0`), once over all passages and once with its own
removed; each threshold then decides which of them would have been refused. Needs matplotlib.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from sources import find_sources, read
from table import WAYS, arguments, open_home, replies_of

from ondol.lang import detect_language
from ondol.scoring.answer_metrics import em_and_f1

LANGUAGES = {"tydiqa_ko": "Korean", "tydiqa_en": "English"}
SHIPPED = list(WAYS)[-1]
POINTS = (0.95, 0.85, 0.75)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/reader-curve.svg"))
    options = parser.parse_args()
    home = open_home(options)
    mpl.rcParams.update({"svg.hashsalt": "ondol", "svg.fonttype": "none", "font.family": "sans-serif"})
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True, layout="constrained")
    for source in find_sources(options.data):
        if source.tested:
            rows = look(source.name, options, home)
            draw(axes, LANGUAGES.get(source.name, source.name), **rows)
    label(axes)
    figure.savefig(options.out, metadata={"Date": None})


def look(name: str, options: Any, home: Path) -> dict[str, Any]:
    """Confidence and F1 of every question as it is, and confidence of every question without its passage."""
    answers = {row["id"]: row for row in read(options.drawn / f"{options.side}.{name}.jsonl")}
    replies = {
        passage: read(replies_of(SHIPPED, passage, name, options, home, more=["--threshold", "0"]))[1:]
        for passage in ("found", "removed")
    }
    scores = []
    for reply in replies["found"]:
        row = answers[reply["id"]]
        short = reply.get("short") or reply["text"]
        scores.append(em_and_f1(short, row["answers"], detect_language(row["question"]))[1])
    return {
        "kept": np.array([reply["confidence"] for reply in replies["found"]]),
        "f1": np.array(scores),
        "gone": np.array([reply["confidence"] for reply in replies["removed"]]),
    }


def draw(axes: Any, name: str, *, kept: Any, f1: Any, gone: Any) -> None:
    order = np.argsort(-kept)
    coverage = np.arange(1, len(kept) + 1) / len(kept)
    accuracy = np.cumsum(f1[order]) / np.arange(1, len(kept) + 1)
    refused = np.array([(gone < threshold).mean() for threshold in kept[order]])
    first = max(1, len(kept) // 10)  # the mean of a few is only noise
    [line] = axes[0].plot(coverage[first:], accuracy[first:], label=f"{name}, n = {len(kept)}")
    axes[1].plot(coverage[first:], refused[first:], color=line.get_color())
    now = (kept >= 0.5).sum()
    for axis, values in zip(axes, (accuracy, refused), strict=True):
        axis.plot(coverage[now - 1], values[now - 1], "o", color=line.get_color())
    print(f"{name}: now {coverage[now - 1]:.2f} answered, F1 {accuracy[now - 1]:.2f}, refused {refused[now - 1]:.2f}")
    for point in POINTS:
        place = int(np.ceil(point * len(kept))) - 1
        print(f"  {point:.2f} answered (threshold {kept[order][place]:.3f}): F1 {accuracy[place]:.2f}, "
              f"without the passage refused {refused[place]:.2f}")  # fmt: skip


def label(axes: Any) -> None:
    axes[0].set(ylabel="F1 of those answered", ylim=(0, 1), title="How good the answers are")
    axes[1].set(
        ylabel="refused with the passage removed", ylim=(0, 1), title="How often it rightly says that it is not told"
    )
    for axis in axes:
        axis.set(xlabel="share of answerable questions that are answered", xlim=(0, 1))
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, loc="lower left")


if __name__ == "__main__":
    main()
