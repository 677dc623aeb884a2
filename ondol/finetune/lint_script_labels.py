"""The two ways in which a training script gets its labels wrong, read from its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ondol.finetune.lint_finding import Level

COPIES = {"copy", "clone", "deepcopy", "list", "tensor", "as_tensor", "LongTensor", "array", "detach", "tolist"}
LANGUAGE_MODELLING = "DataCollatorForLanguageModeling"
PADDED_LABELS = {"DataCollatorForSeq2Seq", "DataCollatorForTokenClassification", "DataCollatorForCompletionOnlyLM",
                 "DataCollatorWithFlattening"}  # fmt: skip
"""Collators that set −100 where they pad labels."""
PROMPTS = re.compile(r"question|answer|instruction|prompt|response|completion|messages|질문|답변|지시", re.IGNORECASE)
ENDS = {"</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "<|im_end|>", "<|eot_id|>"}
FIX_LABELS = (
    "Set the labels of padding and prompt to -100, so that only the answer and its end are learnt: labels = "
    "[-100] * len(prompt_ids) + answer_ids + [eos_id]. `ondol finetune` does this by itself."
)


@dataclass(frozen=True, slots=True)
class Mistake:
    line: int
    kind: str
    level: Level
    message: str
    fix: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    """Of the message; a number is a line."""


def find_label_mistakes(tree: ast.Module) -> Iterator[Mistake]:
    names = real_names(tree)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    collators = {named(call.func, names) for call in calls}
    causal = [call for call in calls if named(call.func, names) == LANGUAGE_MODELLING and _is_causal(call)]
    end_is_pad = _line_of_end_as_pad(tree)
    if causal and end_is_pad:
        yield Mistake(
            causal[0].lineno, "end_not_learnt", "error",
            "{where}: this collator sets the label of every pad to -100, and the pad is the end token ({made}): the "
            "end is never learnt, so the model does not stop.",
            "Give padding a token of its own (tokenizer.pad_token = an unused token), or collate labels of your own "
            "that keep the end of each answer. `ondol finetune` does this by itself.", {"made": end_is_pad},
        )  # fmt: skip
    if causal or _masks(tree):
        return  # the collator writes labels of its own
    fixed_length = any(_pads(call, fixed=True) for call in calls)
    padded = fixed_length or (
        not collators & PADDED_LABELS and (bool(end_is_pad) or any(_pads(call, fixed=False) for call in calls))
    )
    for line in sorted({*_copied_labels(tree), *_copied_in_loop(tree)}):
        if padded:
            yield Mistake(
                line, "labels_are_inputs", "error",
                "{where}: the labels are a copy of the input, padding included: in short examples most of the loss is "
                "padding (87 % of it in one of 9 tokens padded to 64), and the prompt is learnt as well.",
                FIX_LABELS,
            )  # fmt: skip
        elif _has_prompts(tree):
            yield Mistake(
                line, "labels_are_inputs", "warning",
                "{where}: the labels are a copy of the input: the prompt is learnt as well as the answer, and padding "
                "too if a collator adds any.",
                FIX_LABELS,
            )  # fmt: skip


def real_names(tree: ast.Module) -> dict[str, str]:
    """Name in this file → the one it was imported as."""
    return {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }


def named(node: ast.expr, names: Mapping[str, str]) -> str:
    """The last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_causal(call: ast.Call) -> bool:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mlm"] or call.args[1:2]
    return bool(given) and isinstance(given[0], ast.Constant) and given[0].value is False


def _copied_labels(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if any(map(_is_labels, targets)) and _is_inputs(value):
                yield node.lineno
            case ast.Dict(keys=keys, values=values):
                rows = {
                    key.value: value for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)
                }
                if "labels" in rows and _same(rows["labels"], rows.get("input_ids")):
                    yield rows["labels"].lineno
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                pairs = {word.arg: word.value for word in keywords}
                if "labels" in pairs and _same(pairs["labels"], pairs.get("input_ids")):
                    yield pairs["labels"].lineno
            case ast.Call(func=ast.Attribute(attr="add_column"), args=[ast.Constant(value="labels"), value]):
                if _is_inputs(value):
                    yield node.lineno


def _copied_in_loop(tree: ast.Module) -> Iterator[int]:
    """`model(**batch, labels=batch["input_ids"])` in a script that trains by itself."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if any(isinstance(call.func, ast.Attribute) and call.func.attr == "backward" for call in calls):
        for call in calls:
            given = {word.arg: word.value for word in call.keywords}
            if "labels" in given and not (isinstance(call.func, ast.Name) and call.func.id == "dict"):
                inputs = given.get("input_ids") or (call.args[0] if call.args else None)
                if _is_inputs(given["labels"]) or _same(given["labels"], inputs):
                    yield given["labels"].lineno


def _is_labels(node: ast.expr) -> bool:
    match node:
        case ast.Subscript(slice=ast.Constant(value="labels")) | ast.Name(id="labels") | ast.Attribute(attr="labels"):
            return True
    return False


def _is_inputs(node: ast.expr) -> bool:
    match _uncopied(node):
        case ast.Subscript(slice=ast.Constant(value="input_ids")) | ast.Attribute(attr="input_ids"):
            return True
        case ast.Name(id="input_ids"):
            return True
    return False


def _same(labels: ast.expr, inputs: ast.expr | None) -> bool:
    if inputs is None:
        return _is_inputs(labels)
    one, other = _uncopied(labels), _uncopied(inputs)
    return ast.dump(one) == ast.dump(other) or (_is_inputs(one) and _is_inputs(other))


def _uncopied(node: ast.expr) -> ast.expr:
    """What a copy was made of: `x.copy()`, `list(x)`, `x[:]`, `[row.copy() for row in x]`."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name, value=value), args=[]) if name in COPIES:
            return _uncopied(value)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[value, *_]) if name in COPIES:
            return _uncopied(value)
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=None)):
            return _uncopied(value)
        case ast.ListComp(elt=element, generators=[ast.comprehension(target=ast.Name(id=row), iter=source, ifs=[])]):
            inner = _uncopied(element)
            return _uncopied(source) if isinstance(inner, ast.Name) and inner.id == row else node
    return node


def _masks(tree: ast.Module) -> bool:
    """−100 is written somewhere, not only compared with or named as what a loss leaves out."""
    read = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) or (isinstance(node, ast.keyword) and node.arg == "ignore_index")
        for inner in ast.walk(node)
    }
    named_so = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_ignored(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return any(
        id(node) not in read
        and (_is_ignored(node) or (isinstance(node, ast.Name) and node.id in named_so and _loads(node)))
        for node in _without_constants(tree)
    )


def _without_constants(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes, but not the −100 of `IGNORED = -100` itself."""
    plain = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets)
    }
    return (node for node in ast.walk(tree) if id(node) not in plain)


def _loads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _is_ignored(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _value(node.operand) == 100


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _pads(call: ast.Call, *, fixed: bool) -> bool:
    """`padding="max_length"`; not fixed: `padding=True` or `"longest"` too."""
    kinds = ("max_length",) if fixed else ("max_length", "longest", True)
    return any(word.arg in ("padding", "pad_to_max_length") and (_value(word.value) in kinds or (
        word.arg == "pad_to_max_length" and _value(word.value) is True)) for word in call.keywords)  # fmt: skip


def _line_of_end_as_pad(tree: ast.Module) -> int:
    """Where padding is made the end token; 0 where it is not."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value) if _is_end(value):
                owners = [
                    target.value for target in targets if isinstance(target, ast.Attribute) and _is_pad(target.attr)
                ]
                if any("config" not in ast.dump(owner) for owner in owners):
                    return node.lineno
            case ast.Call(func=ast.Attribute(attr="from_pretrained"), keywords=keywords):
                if any(word.arg == "pad_token" and _is_end(word.value) for word in keywords):
                    return node.lineno
            case ast.Call(func=ast.Attribute(attr="add_special_tokens"), args=[ast.Dict(keys=keys, values=values), *_]):
                if any(
                    key and _value(key) == "pad_token" and _is_end(value)
                    for key, value in zip(keys, values, strict=True)
                ):
                    return node.lineno
    return 0


def _is_pad(name: str) -> bool:
    return name in ("pad_token", "pad_token_id")


def _is_end(node: ast.expr) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr in ("eos_token", "eos_token_id")) or _value(node) in ENDS


def _has_prompts(tree: ast.Module) -> bool:
    """Questions and answers are spoken of, so it is no plain text that is learnt."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="apply_chat_template"):
                return True
            case ast.Constant(value=str(text)) if PROMPTS.search(text) and len(text) < 400:
                return True
    return False
