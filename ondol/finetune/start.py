"""A run's folder before the run: a new one, or one that was interrupted and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ondol.errors import BackendError, UsageError
from ondol.finetune.config import FinetuneConfig, absolute, write_config
from ondol.finetune.folder import ABOUT, CHECKPOINTS, RUN, adapters_home, read_about
from ondol.model_store.lock import locked
from ondol.model_store.manifest import write_atomic

UNCHANGING = ("threads", "tensorboard")
"""Settings that change nothing of what comes out."""


@contextmanager
def begun(config: FinetuneConfig, home: Path) -> Iterator[Path]:
    """The folder of the run, held by this process; `run.toml` is written.

    Raises:
        UsageError: the name is taken by a finished run or by one with other settings, or another process is at it.
        BackendError: nothing can be written there.
    """
    config = absolute(config)
    folder = adapters_home(home) / config.name

    def refuse() -> None:
        raise UsageError(
            "Another process is training '{name}'.", hint="Wait for it, or choose another --name.", name=config.name
        )

    with ExitStack() as held:
        try:
            held.enter_context(locked(adapters_home(home) / ".locks" / config.name, refuse))
            check_free(config, folder)
            folder.mkdir(parents=True, exist_ok=True)
            write_atomic(folder / RUN, write_config(config).encode())
        except OSError as error:
            raise BackendError(
                "{folder} cannot be written: {reason}",
                hint="Check its rights and its free space, or name another folder with --home or ONDOL_HOME.",
                folder=folder, reason=error.strerror or error,
            ) from error  # fmt: skip
        yield folder


def check_free(config: FinetuneConfig, folder: Path) -> None:
    """Raises UsageError where the folder holds another run."""
    if not (folder / ABOUT).is_file():
        return
    about = read_about(folder)
    if about.get("status") == "done":
        raise UsageError(
            "There is an adapter '{name}' already.",
            hint="Choose another --name, or remove it: ondol adapters rm {name}", name=config.name,
        )  # fmt: skip
    if not any((folder / CHECKPOINTS).glob("checkpoint-*")):
        return  # nothing was saved yet: it begins anew
    before, now = about.get("config", {}), json.loads(json.dumps(config.to_json()))
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    changed = [name for name in changed if name not in UNCHANGING]
    if changed:
        raise UsageError(
            "The run '{name}' was begun with other settings: {changed}.",
            hint="Go on with it: ondol finetune {run} · begin anew: another --name, or ondol adapters rm {name}",
            name=config.name, changed=", ".join(changed), run=folder / RUN,
        )  # fmt: skip


def check_same_data(folder: Path, about: dict[str, Any]) -> None:
    """Raises UsageError where a run would go on with other examples than it began with."""
    if not (folder / ABOUT).is_file() or not any((folder / CHECKPOINTS).glob("checkpoint-*")):
        return
    before = read_about(folder)
    if any(before.get(name) != about[name] for name in ("data_sha256", "valid_sha256", "template_sha256")):
        raise UsageError(
            "The data of the run '{name}' has changed since it began.",
            hint="Restore it, or begin anew: ondol adapters rm {name}", name=about["name"],
        )  # fmt: skip
