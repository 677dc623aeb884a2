"""Small plots as SVG: the shapes stretch with the page, and all words stand beside them as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ondol.evaluate.markup import Markup, tag
from ondol.scoring.statistics import Estimate

LINE = "non-scaling-stroke"

COLUMNS = 24


def interval_bar(estimate: Estimate, *, colour: str, label: str) -> Markup:
    """A bar from 0 to the value, and a line with two ends for the interval; the scale is 0 to 1."""
    value, low, high = (100 * min(max(x, 0.0), 1.0) for x in (estimate.value, estimate.low, estimate.high))
    marks = f"M{low:.2f} 4V12M{low:.2f} 8H{high:.2f}M{high:.2f} 4V12"
    return _svg(
        "bar", "0 0 100 16", label,
        tag("rect", class_="track", x=0, y=0, width=100, height=16),
        tag("rect", x=0, y=2, width=f"{value:.2f}", height=12, style=f"fill:{colour}"),
        tag("path", class_="interval", d=marks, vector_effect=LINE),
    )  # fmt: skip


def span_bar(p50: float, p95: float, most: float, *, colour: str, label: str) -> Markup:
    """Times: full up to the median, pale up to the 95th percentile; `most` fills the width."""
    first, second = (100 * value / most if most else 0.0 for value in (p50, p95))
    return _svg(
        "bar", "0 0 100 16", label,
        tag("rect", class_="track", x=0, y=0, width=100, height=16),
        tag("rect", x=0, y=2, width=f"{second:.2f}", height=12, style=f"fill:{colour};opacity:.4"),
        tag("rect", x=0, y=2, width=f"{first:.2f}", height=12, style=f"fill:{colour}"),
    )  # fmt: skip


def difference_plot(differences: Sequence[float], *, above: str, below: str, label: str) -> Markup:
    """One column for every question that differs, the largest gain first; the scale is -1 to 1.

    A column is never wider than one of `COLUMNS`: a single question that differs must not look like all of them.
    """
    ordered = sorted((value for value in differences if value), reverse=True)
    count = max(len(ordered), COLUMNS)
    gains = _columns([max(value, 0.0) for value in ordered])
    losses = _columns([min(value, 0.0) for value in ordered])
    return _svg(
        "difference", f"0 -100 {count} 200", label,
        tag("rect", class_="track", x=0, y=-100, width=count, height=200),
        tag("path", d=gains, style=f"fill:{above}"),
        tag("path", d=losses, style=f"fill:{below}"),
        tag("path", class_="zero", d=f"M0 0H{count}", vector_effect=LINE),
    )  # fmt: skip


def _columns(heights: Sequence[float]) -> str:
    """The outline of columns of width 1 beside each other, from the zero line and back to it."""
    return "M0 0" + "".join(f"V{-100 * height:.1f}h1" for height in heights) + "V0Z"


def _svg(kind: str, box: str, label: str, *shapes: Markup) -> Markup:
    return tag("svg", *shapes, class_=kind, viewBox=box, preserveAspectRatio="none", role="img", aria_label=label)
