"""Results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ondol.errors import UsageError
from ondol.lang import translate

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def print_json(value: Any) -> None:
    """One JSON value; a terminal that is not UTF-8 gets escapes, which say the same."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not unicode, indent=2))


def say(template: str, **values: Any) -> None:
    """One line for a person, in their language, to stdout."""
    print(translate(template, **values))


def tell(template: str, **values: Any) -> None:
    """One line about the work, to stderr."""
    print(translate(template, **values), file=sys.stderr)


def size_text(count: int) -> str:
    """`count` bytes as people read them: 512 B, 1.4 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError("{path} is there already.", hint="Choose another name.", path=path) from error
    except (OSError, ValueError) as error:  # a name may hold a null byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(
            "{path} cannot be written: {reason}.", hint="Choose another place.", path=path, reason=reason
        ) from error
