"""A run: everything that decides what comes out of it, as one object and as one TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import tomli_w

from ondol.errors import UsageError
from ondol.finetune.data import DataSource
from ondol.registry import nearest

METHODS = ("lora", "full", "prefix", "qlora")
KINDS = ("chat", "embedder", "classifier", "span")
RATES = {"lora": 2e-4, "qlora": 2e-4, "full": 2e-5, "prefix": 5e-3}
"""Learning rates; a prefix needs 5e-3 (accuracy 0.42 on GSM8K against 0.19 with PEFT's defaults, PEFT's own table)."""
PACKING = ("auto", "flat", "grouped")
STRATEGIES = ("", "fsdp", "zero2", "zero3")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneConfig:
    name: str
    """Of the run and of the adapter that it makes."""
    base: str
    """Model spec; `llama.cpp:NAME` trains the same weights, unpacked."""
    data: tuple[DataSource, ...]
    valid: Path | None = None
    """A file that is held out; else `valid_share` of the questions."""
    valid_share: float = 0.1
    method: str = "lora"
    kind: str = "chat"
    system: str = ""
    """Set before each conversation that has no system message of its own."""
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    rslora: bool = False
    """Scale by alpha / sqrt(rank)."""
    dora: bool = False
    """Learn the length of each row apart from its direction."""
    targets: tuple[str, ...] = ()
    """Ends of the names of linear layers; empty takes all of them but the output."""
    prefix_tokens: int = 50
    prefix_text: str = ""
    """What the prefix says before anything is learnt; empty takes the first examples."""
    epochs: float = 3.0
    max_steps: int = 0
    """More than 0 ends the run there, whatever `epochs` says."""
    batch: int = 8
    """Examples a step and process."""
    accumulate: int = 1
    """Batches before the weights are changed."""
    rate: float = 0.0
    """Learning rate; 0 takes the method's own."""
    warmup: float = 0.03
    """Share of the steps in which the rate rises; it falls as a cosine afterwards."""
    weight_decay: float = 0.0
    clip: float = 1.0
    """Longest gradient."""
    max_tokens: int = 1024
    """Longer conversations are left out and told; longer texts are cut into pieces."""
    packing: str = "auto"
    """`flat`: the examples of a batch behind each other, without padding; `grouped`: padded, those of like length
    together."""
    checkpointing: bool = False
    """Compute activations again instead of keeping them: less memory, a third more time."""
    evaluations: int = 8
    """Times that the held-out part is measured and the run is saved."""
    patience: int = 3
    """Measurements without a better one after which the run ends; 0 never ends it."""
    seed: int = 13
    device: str = ""
    dtype: str = ""
    threads: int = 0
    negatives: str = ""
    """Collection among whose chunks an embedder's hard negatives are looked for, beside what is learnt."""
    tensorboard: bool = False
    strategy: str = ""
    """Of several processes on CUDA: empty copies the network into each; `fsdp`, `zero2`, `zero3` share it out."""

    def __post_init__(self) -> None:
        problems = [*self._unknown(), *self._out_of_range()]
        if self.dora and self.method not in ("lora", "qlora"):
            problems.append("dora belongs to lora")
        if self.negatives and self.kind != "embedder":
            problems.append("negatives belong to an embedder")
        if problems:
            raise UsageError(
                "The run cannot be made like this: {problems}.", hint="See: ondol finetune --help",
                problems="; ".join(problems),
            )  # fmt: skip

    def _unknown(self) -> list[str]:
        known = {"method": METHODS, "kind": KINDS, "packing": PACKING, "strategy": STRATEGIES}
        return [
            f"{name} is '{getattr(self, name)}', known are {', '.join(names)}"
            for name, names in known.items()
            if getattr(self, name) not in names
        ]

    def _out_of_range(self) -> list[str]:
        least = {"rank": 1, "alpha": 1, "prefix_tokens": 1, "batch": 1, "accumulate": 1, "max_tokens": 8,
                 "evaluations": 1, "max_steps": 0, "patience": 0, "rate": 0, "warmup": 0, "clip": 0}  # fmt: skip
        problems = [
            f"{name} is {getattr(self, name)}, it must be {low} or more"
            for name, low in least.items()
            if getattr(self, name) < low
        ]
        if not 0 <= self.valid_share < 1:
            problems.append(f"valid_share is {self.valid_share}, it must be from 0 to below 1")
        if self.epochs <= 0 and not self.max_steps:
            problems.append("epochs must be more than 0")
        if not self.name.strip() or any(mark in self.name for mark in "/\\\0") or self.name.startswith("."):
            problems.append(f"'{self.name}' cannot be the name of a folder")
        return problems

    @property
    def learning_rate(self) -> float:
        return self.rate or RATES[self.method]

    def to_json(self) -> dict[str, Any]:
        """All values but those that are their default, for `run.toml` and comparison."""
        rows: dict[str, Any] = {}
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "data":
                rows["data"] = [_source_row(source) for source in value]
            elif value != item.default:
                rows[item.name] = (
                    str(value) if isinstance(value, Path) else list(value) if isinstance(value, tuple) else value
                )
        return rows


def _source_row(source: DataSource) -> dict[str, Any]:
    row: dict[str, Any] = {"path": str(source.path)}
    if source.weight != 1:
        row["weight"] = source.weight
    if source.columns:
        row["map"] = dict(source.columns)
    return row


def read_config(path: Path, **changes: Any) -> FinetuneConfig:
    """A run from its TOML file; paths in it count from its folder.

    Raises:
        UsageError: the file is no TOML, or names what does not exist.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            "{path} is not a TOML file: {reason}", hint="Mend or move it.", path=path, reason=error
        ) from error
    rows["data"] = [_read_source(row, path) for row in rows.get("data", [])]
    if rows.get("valid"):
        rows["valid"] = path.parent / rows["valid"]
    return make_config({**rows, **{name: value for name, value in changes.items() if value is not None}}, str(path))


def make_config(rows: Mapping[str, Any], source: str) -> FinetuneConfig:
    known = {item.name: item for item in fields(FinetuneConfig)}
    for name in rows:
        if name not in known:
            close = nearest(name, list(known))
            raise UsageError(
                "{source} sets '{name}', which a run does not have.",
                hint="Did you mean '{close}'? Known: {known}." if close else "Known: {known}.",
                source=source, name=name, close=close, known=", ".join(known),
            )  # fmt: skip
    values = {name: _converted(known[name].type, value) for name, value in rows.items()}
    missing = [name for name in ("name", "base", "data") if not values.get(name)]
    if missing:
        raise UsageError(
            "{source} does not say {missing}.", hint="A run needs a name, a base and data.", source=source,
            missing=", ".join(missing),
        )  # fmt: skip
    try:
        return FinetuneConfig(**values)
    except TypeError as error:
        raise UsageError(
            "{source} holds a value of another kind than it must be: {reason}", hint="See: ondol finetune --help",
            source=source, reason=error,
        ) from error  # fmt: skip


def _converted(kind: Any, value: Any) -> Any:
    kinds = {"int": int, "float": float}
    if isinstance(value, list):
        return tuple(value)
    if kind in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return kinds[kind](value)
    return value


def _read_source(row: Any, path: Path) -> DataSource:
    if isinstance(row, str):
        row = {"path": row}
    if not isinstance(row, dict) or not isinstance(row.get("path"), str) or set(row) - {"path", "weight", "map"}:
        raise UsageError(
            "{path} names data that cannot be understood: {row!r}.",
            hint='Such as: data = [{{path = "food.csv", weight = 1.0, map = {{question = "질문"}}}}]',
            path=path, row=row,
        )  # fmt: skip
    return DataSource(path=path.parent / row["path"], weight=float(row.get("weight", 1)), columns=row.get("map", {}))


def write_config(config: FinetuneConfig) -> str:
    """TOML that `read_config` makes the same run of; paths are absolute."""
    rows = config.to_json()
    data = [{**row, "path": str(Path(row["path"]).resolve())} for row in rows.pop("data")]
    if "valid" in rows:
        rows["valid"] = str(Path(rows["valid"]).resolve())
    return tomli_w.dumps({**rows, "data": data})


def absolute(config: FinetuneConfig) -> FinetuneConfig:
    """With paths that mean the same from every folder."""
    data = tuple(replace(source, path=source.path.resolve()) for source in config.data)
    return replace(config, data=data, valid=config.valid.resolve() if config.valid else None)
