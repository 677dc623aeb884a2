"""The curve of a run as an SVG: the loss of every step, and what the held-out part said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 300, 56, 36, 28
LINES = 4


def draw_curve(rows: Sequence[Mapping[str, Any]]) -> str:
    """From the rows of `log.jsonl`; readable on light and dark pages."""
    learnt = [(row["step"], row["loss"]) for row in rows if "loss" in row]
    held = [(row["step"], row["valid_nll"]) for row in rows if "valid_nll" in row]
    points = learnt + held
    if not points:
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"></svg>\n'
    most = max(step for step, _ in points)
    low, high = min(value for _, value in points), max(value for _, value in points)
    span = (high - low) or 1.0

    def place(point: tuple[int, float]) -> tuple[float, float]:
        step, value = point
        across = LEFT + (WIDTH - LEFT - 16) * (step / most if most else 0)
        return across, TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / span

    def path(line: Sequence[tuple[int, float]]) -> str:
        return " ".join(
            f"{'M' if not number else 'L'}{x:.1f} {y:.1f}" for number, (x, y) in enumerate(map(place, line))
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#777">'
    ]
    for number in range(LINES + 1):
        value = low + span * number / LINES
        _, y = place((0, value))
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - 16}" stroke="#8883"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.2f}</text>')
    parts.append(f'<path d="{path(learnt)}" fill="none" stroke="#8889" stroke-width="1.2"/>')
    if held:
        parts.append(f'<path d="{path(held)}" fill="none" stroke="#c2410c" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#c2410c"/>' for x, y in map(place, held)]
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 12}">1</text>')
    parts.append(f'<text x="{WIDTH - 16}" y="{HEIGHT - 12}" text-anchor="end">{most}</text>')
    parts.append(f'<text x="{LEFT}" y="16">loss (nats a token)</text>')
    parts.append(f'<text x="{LEFT + 140}" y="16" fill="#c2410c">held out</text>' if held else "")
    return "\n".join([*parts, "</svg>", ""])
