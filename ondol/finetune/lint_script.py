"""Mistakes in a training script of one's own: labels on padding and prompt, an end that is never learnt, old arguments.

The script is read, never run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from ondol.finetune.lint_finding import Finding, make_finding
from ondol.finetune.lint_script_labels import Mistake, find_label_mistakes, named, real_names
from ondol.lang import translate

GONE = {
    "evaluation_strategy": "Write eval_strategy=… instead.",
    "overwrite_output_dir": "Delete it: a run begins anew unless it is told to resume.",
    "warmup_ratio": "Write warmup_steps=… instead; a number below 1 is a share of the steps.",
    "group_by_length": 'Write train_sampling_strategy="group_by_length" instead.',
    "save_safetensors": "Delete it: safetensors is what is written.",
}
"""Arguments that transformers 5 does not have → what to do. Source: the signatures of transformers 5.23."""
ARGUMENTS = re.compile(r"\w*TrainingArguments|(SFT|DPO|ORPO|KTO|Reward)Config")
TRAINERS = re.compile(r"(?!pl|lightning)\w*Trainer")
MAGIC = re.compile(r"\s*[%!?]|\s*[\w.]+\?{1,2}\s*$")


def lint_script(source: str, name: str) -> list[Finding]:
    """Findings in order of their lines, `train.py:12`; of a notebook by cell, `train.ipynb:cell 3, line 2`.

    Args:
        name: ends in `.ipynb` for a notebook, whose `source` is its JSON.
    """
    places: list[str] = []
    try:
        text, places = _read_notebook(source) if name.lower().endswith(".ipynb") else (source, [])
        tree = ast.parse(text.lstrip("\ufeff"))
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f"{name}:{places[line - 1] if places else line}" if line else name
        return [_unreadable(name, where, getattr(error, "msg", error))]

    def place(line: int) -> str:
        return f"{name}:{places[line - 1] if places else line}"

    told = []
    for mistake in sorted([*find_label_mistakes(tree), *_gone_arguments(tree)], key=lambda mistake: mistake.line):
        where = place(mistake.line)
        values = {key: place(value) if isinstance(value, int) else value for key, value in mistake.values.items()}
        told.append(
            make_finding(mistake.kind, mistake.level, mistake.message, mistake.fix, [where], where=where, **values)
        )
    return told


def _unreadable(name: str, where: str, reason: object) -> Finding:
    return make_finding(
        "unreadable_script", "error", "{name} cannot be read as Python: {reason}",
        "Correct it, or name a .py or .ipynb file.", [where], name=name, reason=reason,
    )  # fmt: skip


def _gone_arguments(tree: ast.Module) -> Iterator[Mistake]:
    names = real_names(tree)
    dicts = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = named(call.func, names)
        if ARGUMENTS.fullmatch(called):
            for argument, line in _arguments(call, dicts):
                if argument in GONE:
                    yield Mistake(
                        line, "gone_argument", "error", "{where}: {called} of transformers 5 does not take {argument}.",
                        GONE[argument], {"called": called, "argument": argument},
                    )  # fmt: skip
        elif TRAINERS.fullmatch(called):
            for argument, line in _arguments(call, dicts):
                if argument == "tokenizer":
                    yield Mistake(
                        line, "gone_argument", "error", "{where}: {called} of transformers 5 does not take {argument}.",
                        "Write processing_class=… instead.", {"called": called, "argument": argument},
                    )  # fmt: skip


def _arguments(call: ast.Call, dicts: dict[str, ast.expr]) -> Iterator[tuple[str, int]]:
    """Names of keywords with their lines, of `**{...}` and `**name` too."""
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg:
            yield keyword.arg, keyword.lineno
            continue
        inner = dicts.get(value.id) if isinstance(value, ast.Name) else value
        if isinstance(inner, ast.Dict):
            yield from (
                (key.value, key.lineno)
                for key in inner.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "dict":
            yield from ((word.arg, word.lineno) for word in inner.keywords if word.arg)


def _read_notebook(source: str) -> tuple[str, list[str]]:
    """The code of its cells, and for each line where it stands; lines that are no Python are blank.

    Raises:
        ValueError: it is no notebook.
    """
    rows = json.loads(source)
    cells = rows.get("cells") if isinstance(rows, dict) else None
    if not isinstance(cells, list):
        raise ValueError(translate("it has no cells"))
    lines: list[str] = []
    places: list[str] = []
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        code = cell.get("source", "")
        code = "".join(map(str, code)) if isinstance(code, list) else str(code)
        shell = code.lstrip().startswith("%%")
        for place, line in enumerate(code.splitlines(), 1):
            lines.append(_blank(line) if shell or MAGIC.match(line) else line)
            places.append(f"cell {number}, line {place}")
    return "\n".join(lines), places


def _blank(line: str) -> str:
    """`pass` at the same depth, so that a block around it stays one."""
    return line[: len(line) - len(line.lstrip())] + "pass"
