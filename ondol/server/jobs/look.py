"""A look at a run before it is begun, in a process of its own: the server holds neither torch nor a model for it.

`python -m ondol.server.jobs.look` reads `{"what", "home", "settings", "config", "memory_gb"}` and prints
`{"found": …}` or `{"error": …}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from typing import Any

from ondol.errors import BackendError, OndolError
from ondol.lang import Language
from ondol.server.errors import TooSlow
from ondol.server.finite import finite
from ondol.server.sent_errors import read_error, write_error

LONGEST_S = 600.0
AT_ONCE = threading.BoundedSemaphore(2)
EVERY_S = 0.2


def look(asked: dict[str, Any], *, language: Language, stopping: threading.Event) -> dict[str, Any]:
    """What `lint` or `plan` finds.

    Args:
        stopping: set when nobody wants it any more.

    Raises:
        OndolError: what the process raised; that it was lost, or took too long.
    """
    with AT_ONCE, subprocess.Popen(
        [sys.executable, "-m", "ondol.server.jobs.look"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "ONDOL_LANG": language},
    ) as process:  # fmt: skip
        said = _talk(process, json.dumps(asked, default=str).encode(), stopping)
    answer = json.loads(said) if said.strip() else {}
    if "error" in answer:
        raise read_error(answer["error"])
    if "found" not in answer:
        raise BackendError("The process that looked at it was lost.", hint="Perhaps the memory is too small for it.")
    found: dict[str, Any] = answer["found"]
    return found


def _talk(process: subprocess.Popen[bytes], asked: bytes, stopping: threading.Event) -> bytes:
    until, told = time.monotonic() + LONGEST_S, asked
    while True:
        try:
            return process.communicate(told, timeout=EVERY_S)[0]
        except subprocess.TimeoutExpired:
            told = b""
            if stopping.is_set() or time.monotonic() > until:
                process.kill()
                process.communicate()
                raise TooSlow("Looking at it took longer than {seconds} s.", seconds=round(LONGEST_S)) from None


def main() -> None:
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what a library prints must not come into the answer
        json.dump(_answer(json.load(sys.stdin)), out)


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"found": finite(_find(asked))}
    except OndolError as error:
        return {"error": write_error(error)}
    except Exception as error:  # where it happened, but not what with: an exception's text may hold a document's
        print(type(error).__name__, *traceback.format_tb(error.__traceback__), sep="\n", file=sys.stderr)
        return {}


def _find(asked: dict[str, Any]) -> dict[str, Any]:
    from ondol.assemble_training import lint_finetuning, plan_finetuning
    from ondol.server.jobs.kinds.finetune import config_of
    from ondol.settings import load_settings

    settings = load_settings(**{**asked["settings"], "home": asked["home"]})
    config = config_of(asked["config"])
    if asked["what"] == "plan":
        return plan_finetuning(config, settings=settings, memory_gb=asked.get("memory_gb", 0))
    return lint_finetuning(config, settings=settings)


if __name__ == "__main__":
    main()
