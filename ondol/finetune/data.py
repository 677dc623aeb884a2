"""Files → examples: read, mapped, mixed by weight, and split into a part to learn and a part that is held out."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from ondol.errors import UnusableInput
from ondol.finetune.columns import SPEAKERS, ColumnMap, map_columns
from ondol.finetune.examples import Example, ask_and_answer
from ondol.finetune.files import read_rows
from ondol.lang import translate
from ondol.tokens.encode import Turn

if TYPE_CHECKING:
    from ondol.finetune.config import FinetuneConfig

SHOWN = 3
"""Examples that are shown as they will be learnt."""
LEAST_HELD_OUT = 5
"""Fewer held-out examples say nothing: none is held out then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    path: Path
    weight: float = 1.0
    """How often each of its examples counts; 0.5 takes half of them, chosen by the seed."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Role → column or template, where the names of the columns do not tell."""


@dataclass(slots=True)
class Loaded:
    """The examples of one file."""

    source: DataSource
    mapping: ColumnMap
    examples: list[Example]
    problems: list[str]
    """Rows that were left out, with the reason, for people."""

    def told(self) -> Iterator[str]:
        """How the columns were understood, what was left out, and the first examples, for people."""
        yield translate(
            "{path}: {count} examples · {mapping}", path=self.source.path, count=len(self.examples),
            mapping=self.mapping.told(),
        )  # fmt: skip
        for problem in self.problems[:SHOWN]:
            yield translate("left out: {reason}", reason=problem)
        for example in self.examples[:SHOWN]:
            turns = example.turns or ({"role": "text", "content": example.text},)
            yield from (f"  {turn['role']}: {shorten(turn['content'], 100, placeholder=' …')}" for turn in turns)


@dataclass(slots=True)
class Split:
    train: list[Example]
    valid: list[Example]
    """Held out: never learnt, measured during the run and after it."""


def load_source(source: DataSource, *, system: str = "") -> Loaded:
    """The examples of a file.

    Args:
        system: set before each conversation that has no system message of its own.

    Raises:
        NotFound, UnusableInput, MissingExtra: see `read_rows`; or none of the rows holds an example.
        UsageError: the columns cannot be mapped.
    """
    rows = read_rows(source.path)
    mapping = map_columns(rows.columns, source.columns, source=source.path.name)
    loaded = Loaded(source, mapping, [], list(rows.unreadable))
    for number, values in rows.rows:
        where = f"{source.path.name}:{number}"
        made = _make(mapping, values, system, where)
        if isinstance(made, Example):
            loaded.examples.append(made)
        else:
            loaded.problems.append(f"{where}: {made}")
    if not loaded.examples:
        raise UnusableInput(
            "None of the {count} rows of {path} holds an example: {reason}",
            hint="Correct the rows, or say which columns they are: --map question=COLUMN --map answer=COLUMN",
            count=len(rows.rows), path=source.path, reason=loaded.problems[0],
        )  # fmt: skip
    return loaded


def load_examples(
    sources: Iterable[DataSource], *, system: str = "", seed: int = 13
) -> tuple[list[Example], list[Loaded]]:
    """The examples of several files, each as often as its weight says."""
    loaded = [load_source(source, system=system) for source in sources]
    return [example for part in loaded for example in weighted(part.examples, part.source.weight, seed)], loaded


def weighted(examples: Sequence[Example], weight: float, seed: int) -> list[Example]:
    whole, rest = divmod(weight, 1)
    chance = random.Random(seed)  # noqa: S311 - no secret
    chosen = chance.sample(range(len(examples)), round(rest * len(examples)))
    return [*examples] * int(whole) + [examples[place] for place in sorted(chosen)]


def split_examples(examples: Sequence[Example], *, share: float, seed: int = 13) -> Split:
    """Hold out a share of the questions; the same question stays on one side, whatever is added beside it.

    Fewer than `LEAST_HELD_OUT` are not held out at all.
    """
    keys = {_key(example): None for example in examples}
    ranked = sorted(keys, key=lambda key: hashlib.sha256(f"{seed}\0{key}".encode()).digest())
    held = round(share * len(ranked))
    if held < LEAST_HELD_OUT:
        return Split(list(examples), [])
    out = set(ranked[:held])
    valid = {(_key(example), example.answer, example.text): example for example in examples if _key(example) in out}
    return Split([example for example in examples if _key(example) not in out], list(valid.values()))


def split_data(config: FinetuneConfig) -> tuple[Split, list[Loaded], int]:
    """The examples of a run, and how many of them were dropped because they are held out too.

    Raises:
        UnusableInput: every example is.
    """
    examples, loaded = load_examples(config.data, system=config.system, seed=config.seed)
    if not config.valid:
        return split_examples(examples, share=config.valid_share, seed=config.seed), loaded, 0
    held = load_source(DataSource(path=config.valid), system=config.system)
    asked = {_key(example) for example in held.examples}
    kept = [example for example in examples if _key(example) not in asked]
    if not kept:
        raise UnusableInput(
            "Every example is held out too: {path} asks the same questions.", hint="Name another file with --valid.",
            path=config.valid,
        )  # fmt: skip
    return Split(kept, held.examples), [*loaded, held], len(examples) - len(kept)


def data_hash(examples: Iterable[Example]) -> str:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(repr((example.turns, example.text)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _key(example: Example) -> str:
    return " ".join((example.question or example.text).lower().split())


def _make(mapping: ColumnMap, values: Mapping[str, Any], system: str, where: str) -> Example | str:
    """An example, or why the row is none."""
    templates = mapping.templates
    if "messages" in templates:
        column = next(iter(mapping.columns()))
        return _conversation(values.get(column), system, where)
    filled = {role: _fill(template, values) for role, template in templates.items()}
    if "text" in filled:
        return Example(text=filled["text"], where=where) if filled["text"] else translate("the text is empty")
    for role in ("question", "answer"):
        if not filled[role]:
            return translate("the question is empty") if role == "question" else translate("the answer is empty")
    question = "\n\n".join(filter(None, (filled["question"], filled.get("input", ""))))
    return ask_and_answer(question, filled["answer"], system=filled.get("system", "") or system, where=where)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """The template with the row's cells; empty where one of its cells is."""
    cells = {name: _cell(value) for name, value in values.items()}
    used = [name for name in cells if f"{{{name}}}" in template]
    if not used or not all(cells[name] for name in used):
        return ""
    for name in used:
        template = template.replace(f"{{{name}}}", cells[name])
    return template.strip()


def _cell(value: Any) -> str:
    """A list of answers counts with its first; a number as it is written."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("text", "")
        return _cell(value) if isinstance(value, list) else _cell(str(value))
    return "" if value is None else str(value).strip()


def _conversation(value: Any, system: str, where: str) -> Example | str:
    rows = value if isinstance(value, list) else []
    turns: list[Turn] = []
    for row in rows:
        if not isinstance(row, dict):
            return translate("a message is no object")
        speaker = str(row.get("role", row.get("from", row.get("speaker", "")))).lower()
        words = row.get("content", row.get("value", row.get("text", "")))
        if speaker not in SPEAKERS:
            return translate("nobody knows the speaker '{speaker}'", speaker=speaker)
        if not isinstance(words, str):
            return translate("a message is no text")
        turns.append({"role": SPEAKERS[speaker], "content": words.strip()})
    while turns and turns[-1]["role"] != "assistant":
        turns.pop()  # a question nobody has answered
    if not any(turn["role"] == "user" for turn in turns):
        return translate("the conversation has no question with an answer")
    if not all(turn["content"] for turn in turns):
        return translate("a message is empty")
    if system and turns[0]["role"] != "system":
        turns.insert(0, {"role": "system", "content": system})
    return Example(tuple(turns), where=where)
