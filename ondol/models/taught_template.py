"""An adapter was taught with one chat template; a base that has another asks it otherwise than it learnt."""

from __future__ import annotations

import warnings
from pathlib import Path

from ondol.lang import translate


class TemplateMismatch(UserWarning):
    """The message is for people."""


def check_template(own: str, taught: str, adapter: Path) -> None:
    """Warn where both have a template and they differ."""
    if own and taught and own.strip() != taught.strip():
        text = translate(
            "The adapter {adapter} was taught with another chat template than this base has: its answers may be worse. "
            "Open the base that it was trained on, or train it again.", adapter=adapter,
        )  # fmt: skip
        warnings.warn(text, TemplateMismatch, stacklevel=2)
