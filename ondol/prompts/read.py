"""A prompt's file: front matter in YAML between `---` lines, then the text.

The front matter holds `name`, and where wanted `version` (1), `language` (else that of its folder `en` or `ko`, else
that of the text), `about`, `variables` (else those of the text), `model` (sampling values), `examples` (a list of
values, each with an `answer`), `chat_examples` (tuned models see them too) and `stop` (what ends a completion).

The text has parts: `## system`, `## user`, `## assistant`, and `## completion` for base models, which ends where the
model goes on. Without any it is the user's message. `{name}` is a place, `{{` a brace.
"""

from __future__ import annotations

import hashlib
import re
import string
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from ondol.errors import UsageError
from ondol.lang import Language, detect_language, nfc
from ondol.prompts.prompt import Prompt, Role

FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*\n?", re.DOTALL | re.MULTILINE)
PART = re.compile(r"^##[ \t]+(system|user|assistant|completion)[ \t]*$", re.MULTILINE)
KNOWN = ("name", "version", "language", "about", "variables", "model", "examples", "chat_examples", "stop")
KINDS: dict[str, tuple[type, str]] = {
    "name": (str, "a text"), "version": (int, "a whole number"), "about": (str, "a text"),
    "variables": (list, "a list"), "model": (dict, "names with values"), "examples": (list, "a list"),
    "chat_examples": (bool, "true or false"), "stop": (list, "a list"),
}  # fmt: skip
Part = Role | Literal["completion"]


def read_prompt(path: Path) -> Prompt | None:
    """Read one file; None where it has no front matter, and so is some other text.

    Raises:
        UsageError: the file is no prompt; everything that is wrong with it is told.
    """
    try:
        text = nfc(path.read_text(encoding="utf-8-sig")).replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "") or "it is not UTF-8"
        raise UsageError(
            "{path} cannot be read: {reason}.", hint="Check its permissions.", path=path, reason=reason
        ) from error
    match = FRONT.match(text)
    if not match:
        return None
    try:
        front = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        raise _broken(path, [" ".join(str(error).split())]) from error
    if not isinstance(front, dict):
        raise _broken(path, ["the front matter is no list of names with values"])
    return _make_prompt(front, text[match.end() :], path, hashlib.sha256(text.encode()).hexdigest())


def _make_prompt(front: dict[str, Any], body: str, path: Path, digest: str) -> Prompt:
    problems = _check_front(front)
    parts, places = _split(body), dict[str, set[str]]()
    for role, text in parts:
        problems += _note_places(role, text, places)
    if not parts:
        problems.append("there is no text")
    found = set().union(*places.values()) if places else set()
    variables = front.get("variables", sorted(found)) if isinstance(front.get("variables", []), list) else []
    problems += [f"'{name}' stands in no place of the text" for name in variables if name not in found]
    problems += [f"the text has a place '{name}' that is not among the variables" for name in found - {*variables}]
    problems += _check_examples(front.get("examples", []), variables)
    language = front.get("language") or (
        path.parent.name if path.parent.name in ("en", "ko") else detect_language(body)
    )
    if problems:
        raise _broken(path, problems)
    completion = next((text for role, text in parts if role == "completion"), "")
    messages = [(role, text) for role, text in parts if role != "completion"] or [("user", completion)]
    return Prompt(
        name=front["name"], version=front.get("version", 1), language=cast("Language", language),
        about=front.get("about", ""), variables=tuple(variables), parts=tuple(messages),
        completion=completion, examples=tuple(_texts(row) for row in front.get("examples", [])),
        chat_examples=front.get("chat_examples", False), settings=front.get("model", {}),
        stop=tuple(map(str, front.get("stop", []))), hash=digest, source=str(path),
    )  # fmt: skip


def _check_front(front: dict[str, Any]) -> list[str]:
    problems = [f"'{name}' is not known (known: {', '.join(KNOWN)})" for name in front if name not in KNOWN]
    for name, (kind, words) in KINDS.items():
        value = front.get(name)
        if name in front and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            problems.append(f"'{name}' must be {words}")
    if not front.get("name"):
        problems.append("'name' is missing")
    if front.get("language", "en") not in ("en", "ko"):
        problems.append("'language' is en or ko")
    return problems


def _split(body: str) -> list[tuple[Part, str]]:
    first, *rest = PART.split(body)
    if not rest:
        return [("user", first.strip())] if first.strip() else []
    return [(cast("Part", role), text.strip()) for role, text in zip(rest[::2], rest[1::2], strict=True)]


def _note_places(role: str, text: str, places: dict[str, set[str]]) -> list[str]:
    """Add the places of a part to `places`; returns what is wrong with them."""
    try:
        fields = [(name, spec, mark) for _, name, spec, mark in string.Formatter().parse(text) if name is not None]
    except ValueError as error:
        return [f"a brace in '{role}' has no partner ({error}); a brace that is meant is doubled"]
    bad = [name for name, spec, mark in fields if not name.isidentifier() or spec or mark]
    places[role] = {name for name, _, _ in fields}
    return [f"'{{{name}}}' in '{role}' is no place: a place is a name in braces" for name in bad]


def _check_examples(examples: Any, variables: list[str]) -> list[str]:
    if not isinstance(examples, list):
        return []
    wanted = {*variables, "answer"}
    wrong = [number for number, row in enumerate(examples, 1) if not isinstance(row, dict) or set(row) != wanted]
    return [f"example {number} must hold: {', '.join(sorted(wanted))}" for number in wrong]


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def _broken(path: Path, problems: list[str]) -> UsageError:
    return UsageError(
        "{path} is not a prompt: {problems}.", hint="See how one of ours is written: ondol prompts show summarise",
        path=path, problems="; ".join(problems),
    )  # fmt: skip
