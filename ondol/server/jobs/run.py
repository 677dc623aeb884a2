"""One job in a process of its own: `python -m ondol.server.jobs.run --home HOME JOB`.

Its main thread does the work, so that an interrupt means what Ctrl-C means at a terminal. It ends when its standard
input does: then nobody waits for it any more.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from ondol.errors import OndolError
from ondol.lang import translate
from ondol.registry import resolve
from ondol.server.jobs.failed import JobFailed
from ondol.server.jobs.kinds import KINDS
from ondol.server.jobs.progress import StoredProgress
from ondol.server.jobs.store import JobStore

PATIENCE_S = (120.0, 30.0)
"""Time to save what is done after an interrupt (a step of a training may take a minute), and after a second one."""
NICENESS = {"evaluate": 5, "finetune": 10}
"""Questions go before them."""
INTERRUPTED = 130


def main() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the server without it
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--home", type=Path, required=True)
    arguments.add_argument("job")
    given = arguments.parse_args()
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        with JobStore(given.home) as store:
            carry_out(store, given.job)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def carry_out(store: JobStore, job: str) -> None:
    """Do the job and write down what came of it; an interrupt that nobody asked for leaves it running.

    Raises:
        KeyboardInterrupt: it was interrupted, and is not to be stopped for good.
    """
    row, progress = store.get(job), StoredProgress(store, job)
    os.nice(NICENESS.get(row["kind"], 0))
    try:
        result = _work(row, store.home, progress)
        progress.end()
        store.end(job, "done", result=result)
    except KeyboardInterrupt:
        progress.end()
        if not store.is_stopping(job):
            raise
        store.end(job, "stopped")
    except (OndolError, JobFailed) as failed:
        progress.end()
        error = failed.error if isinstance(failed, JobFailed) else failed
        came = failed.result if isinstance(failed, JobFailed) else None
        store.end(job, "failed", result=came, error={"message": error.message, "hint": error.hint})
    except Exception as error:
        # where it happened, but not what with: an exception's text may hold a document's
        print(type(error).__name__, *traceback.format_tb(error.__traceback__), sep="\n", file=sys.stderr)
        store.end(job, "failed", error=_unexpected(error))


def _work(row: dict[str, Any], home: Path, progress: StoredProgress) -> dict[str, Any]:
    from ondol.settings import load_settings

    request = row["request"]
    collection = request.get("collection") or None
    settings = load_settings(**{**request.get("settings", {}), "home": home, "collection": collection})
    run = resolve("ondol.server.jobs.kinds", KINDS, row["kind"], what="kind of job")
    result: dict[str, Any] = run(request, settings=settings, progress=progress, job=row["id"])
    return result


def _unexpected(error: Exception) -> dict[str, str]:
    if isinstance(error, MemoryError):
        return {"message": translate("The memory is full."), "hint": translate("Give it less at once.")}
    return {
        "message": translate("Something unexpected happened: {name}.", name=type(error).__name__),
        "hint": translate("Where it happened stands in what the server has printed."),
    }


def _end_with_input() -> None:
    """Interrupt this process when its standard input ends, and kill it when it does not end then."""
    while os.read(0, 1024):
        pass
    for patience in PATIENCE_S:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(patience)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
