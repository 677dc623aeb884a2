"""A tokenised set: what of it would be learnt that should not be, and what would not be that should."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ondol.finetune.lint_finding import Finding, make_finding
from ondol.tokens.encode import IGNORED

WHOLE = 0.5
"""Share of the rows learnt from their first token on, from which the prompt counts as learnt."""


@dataclass(slots=True)
class _Counts:
    rows: int = 0
    learnt: int = 0
    """Tokens with a label."""
    pads: int = 0
    """Padding with a label."""
    whole: list[str] = field(default_factory=list)
    """Rows of which every token is learnt."""
    padded: list[str] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)
    uneven: list[str] = field(default_factory=list)
    endless: list[str] = field(default_factory=list)
    """Rows that are learnt without an end."""


def lint_labelled(
    rows: Iterable[Mapping[str, Sequence[int]]], *, pad: int | None, ends: frozenset[int]
) -> list[Finding]:
    """Findings about rows of `input_ids`, `labels` and, where padded, `attention_mask`.

    Args:
        pad: token that fills up, where there is no mask; a last one that also ends counts as an end.
        ends: tokens that end an answer.
    """
    counts = _Counts()
    for number, row in enumerate(rows, 1):
        counts.rows += 1
        _count(row, str(number), counts, pad, ends)
    return list(_tell(counts))


def _count(
    row: Mapping[str, Sequence[int]], where: str, counts: _Counts, pad: int | None, ends: frozenset[int]
) -> None:
    ids, labels = row["input_ids"], row["labels"]
    mask = row.get("attention_mask")
    if len(ids) != len(labels) or (mask is not None and len(mask) != len(ids)):
        counts.uneven.append(where)
        return
    real = [bool(sign) for sign in mask] if mask is not None else _without_padding(ids, pad, ends)
    learnt = [place for place, label in enumerate(labels) if label != IGNORED]
    pads = sum(not real[place] for place in learnt)
    counts.learnt += len(learnt)
    counts.pads += pads
    if pads:
        counts.padded.append(where)
    if not learnt:
        counts.nothing.append(where)
        return
    if all(labels[place] != IGNORED for place in range(1, len(ids)) if real[place]):
        counts.whole.append(where)
    if not any(labels[place] in ends for place in learnt if real[place]):
        counts.endless.append(where)


def _without_padding(ids: Sequence[int], pad: int | None, ends: frozenset[int]) -> list[bool]:
    """Which tokens are no padding, on either side; of a run behind the text, one that is an end belongs to the text."""
    if pad is None:
        return [True] * len(ids)
    filled = [place for place, token in enumerate(ids) if token != pad]
    if not filled:
        return [False] * len(ids)
    last = filled[-1] + (pad in ends)
    return [filled[0] <= place <= last for place in range(len(ids))]


def _tell(counts: _Counts) -> Iterator[Finding]:
    if counts.uneven:
        yield make_finding(
            "uneven_labels", "error", "{count} of {total} rows have not as many labels as tokens.",
            "Give every token a label; -100 where it is only read.", counts.uneven, count=len(counts.uneven),
            total=counts.rows,
        )  # fmt: skip
    if counts.nothing:
        yield make_finding(
            "nothing_learnt", "error", "{count} of {total} rows have no label: nothing is learnt from them.",
            "Look for answers that were cut off, and for a mark of the answer that the collator does not find.",
            counts.nothing, count=len(counts.nothing), total=counts.rows,
        )  # fmt: skip
    if counts.padded:
        yield make_finding(
            "padding_learnt", "error",
            "{share} % of the labels are padding ({pads} of {labels}): the model learns to fill up, not to answer.",
            "Set the labels of padding to -100, by the attention mask rather than by the token.", counts.padded,
            share=_percent(counts.pads, counts.learnt), pads=counts.pads, labels=counts.learnt,
        )  # fmt: skip
    learning = counts.rows - len(counts.nothing) - len(counts.uneven)
    if counts.whole and len(counts.whole) >= WHOLE * learning:
        yield make_finding(
            "prompt_learnt", "warning",
            "In {count} of {total} rows ({share} %) every token is learnt, the prompt too.",
            "Set the labels of the prompt to -100. For plain texts without a question it is right.", counts.whole,
            count=len(counts.whole), total=counts.rows, share=_percent(len(counts.whole), counts.rows),
        )  # fmt: skip
    if counts.endless:
        every = len(counts.endless) == learning
        yield make_finding(
            "end_not_learnt", "error" if every else "warning",
            "In {count} of {total} rows ({share} %) no end token is learnt: the model does not learn to stop.",
            "Add the end token to every answer and keep its label; give padding a token of its own.", counts.endless,
            count=len(counts.endless), total=counts.rows, share=_percent(len(counts.endless), counts.rows),
        )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    share = 100 * part / max(1, whole)
    return f"{share:.0f}" if share >= 1 or not part else f"{share:.1f}"
