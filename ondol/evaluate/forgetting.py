"""What a model unlearns while it learns: how well it expects general prose, before and after."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ondol.evaluate.replies_file import RepliesFile
from ondol.lang import Language
from ondol.progress import Progress
from ondol.scoring.statistics import Estimate, Verdict, estimate_mean, judge


@runtime_checkable
class TellsLikelihood(Protocol):
    def logprob(self, prompt: str, continuation: str) -> float:
        """Natural logarithm of the probability that `continuation` follows `prompt`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """Bits per byte of the general text in one language: means over its sentences."""

    n: int
    """Sentences."""
    arms: Mapping[str, Estimate]
    change: Estimate | None = None
    """Tuned minus base, by sentence; above 0 something was forgotten."""
    verdict: Verdict = "no difference shown"
    """About the tuned model."""

    def to_json(self) -> dict[str, Any]:
        return {
            "n": self.n,
            "bits_per_byte": {arm: row.to_json() for arm, row in self.arms.items()},
            "change": self.change.to_json() if self.change else None,
            "verdict": self.verdict,
        }


@cache
def general_texts() -> dict[str, tuple[Language, str, str]]:
    """Name → (language, sentence before, sentence that is measured)."""
    text = resources.files("ondol").joinpath("evaluate/general.toml").read_text(encoding="utf-8")
    return dict(_pairs(tomllib.loads(text)))


def _pairs(texts: Mapping[Any, list[str]]) -> Iterator[tuple[str, tuple[Language, str, str]]]:
    for language, sentences in texts.items():
        for place, (before, after) in enumerate(pairwise(sentences), 1):
            yield f"{language}:{place}", (language, before, f" {after}")


def measure_general(arm: str, model: Any, file: RepliesFile, progress: Progress) -> None:
    """Measure every sentence that is not there yet; a model that tells no likelihood is left out."""
    wanted = {name: row for name, row in general_texts().items() if (arm, name) not in file.general}
    if not wanted or not isinstance(model, TellsLikelihood):
        return
    progress.begin("Reading general text", len(wanted), "sentences")
    try:
        for name, (_, before, after) in wanted.items():
            file.add_general(arm, name, -model.logprob(before, after), len(after.encode()))
            progress.advance(1)
    finally:
        progress.end()


def summarise_general(file: RepliesFile, resamples: int) -> dict[Language, Forgetting]:
    """By language, for the arms that were measured whole."""
    made: dict[Language, Forgetting] = {}
    for language in ("en", "ko"):
        names = [name for name, row in general_texts().items() if row[0] == language]
        bits: dict[str, Any] = {}
        for arm in dict.fromkeys(arm for arm, _ in file.general):
            rows = [file.general[arm, name] for name in names if (arm, name) in file.general]
            if len(rows) == len(names):
                bits[arm] = np.array([nats / math.log(2) / size for nats, size in rows])
        if bits:
            made[language] = _summarise(bits, resamples)
    return made


def _summarise(bits: Mapping[str, Any], resamples: int) -> Forgetting:
    arms = {arm: estimate_mean(values, resamples=resamples) for arm, values in bits.items()}
    n = len(next(iter(bits.values())))
    if not {"base", "tuned"} <= bits.keys():
        return Forgetting(n=n, arms=arms)
    differences = bits["tuned"] - bits["base"]
    change = estimate_mean(differences, resamples=resamples)
    lower = Estimate(-change.value, -change.high, -change.low)
    return Forgetting(n=n, arms=arms, change=change, verdict=judge(-differences, lower))
