"""A model is taught; a run that was cut off goes on where it was saved."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ondol.assemble_training import run_finetuning, with_contract
from ondol.finetune.config import FinetuneConfig, absolute, make_config
from ondol.finetune.data import DataSource
from ondol.finetune.folder import ABOUT, adapters_home, read_about, read_log
from ondol.lang import translate
from ondol.server.jobs.progress import StoredProgress
from ondol.settings import Settings

EVERY_S = 1.0


def run_finetune(
    request: dict[str, Any], *, settings: Settings, progress: StoredProgress, job: str  # noqa: ARG001
) -> dict[str, Any]:  # fmt: skip
    """Request: `config`, a run as its TOML has it. Result: as `ondol finetune --json`."""
    config = config_of(request["config"])
    folder = adapters_home(settings.home) / config.name
    if made := _made(config, folder):  # it was lost between its end and the note of it
        return made
    with _watching(config, folder, progress):
        return with_contract(run_finetuning(config, settings=settings, progress=_Quiet(progress)))


def config_of(rows: dict[str, Any]) -> FinetuneConfig:
    """A run from JSON, as `FinetuneConfig.to_json` writes it."""
    data = tuple(
        DataSource(path=Path(row["path"]), weight=float(row.get("weight", 1)), columns=row.get("map", {}))
        for row in rows["data"]
    )
    valid = {"valid": Path(rows["valid"])} if rows.get("valid") else {}
    return make_config({**rows, **valid, "data": data}, translate("The run"))


def _made(config: FinetuneConfig, folder: Path) -> dict[str, Any] | None:
    if not (folder / ABOUT).is_file():
        return None
    about = read_about(folder)
    same = about.get("config") == json.loads(json.dumps(absolute(config).to_json()))
    return with_contract({**about, "path": str(folder)}) if same and about.get("status") == "done" else None


class _Quiet:
    """Progress without the examples that a run shows at a terminal: a log holds nobody's text."""

    def __init__(self, inner: StoredProgress) -> None:
        self.begin, self.advance, self.end = inner.begin, inner.advance, inner.end
        self._inner = inner

    def note(self, line: str) -> None:
        if not line.startswith("  "):
            self._inner.note(line)


@contextmanager
def _watching(config: FinetuneConfig, folder: Path, progress: StoredProgress) -> Iterator[None]:
    """Tell the steps of the run, which it writes into its own log."""
    over = threading.Event()

    def watch() -> None:
        last = _step(folder, config)[0]
        begun = False
        while not over.wait(EVERY_S):
            step, total = _step(folder, config)
            if step <= last:
                continue
            if not begun:
                progress.begin("Training", total, "steps", done=last)
                begun = True
            progress.advance(step - last)
            last = step

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _step(folder: Path, config: FinetuneConfig) -> tuple[int, int | None]:
    """The last step of the log, and about how many there will be."""
    row = next((row for row in reversed(read_log(folder)) if row.get("epoch")), None)
    if row is None:
        return 0, None
    return row["step"], config.max_steps or round(row["step"] / row["epoch"] * config.epochs)
