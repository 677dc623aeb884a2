"""Fetch a model into a folder: sources in order, every checksum, then the conversion."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from ondol.device import free_disk_mb
from ondol.errors import BackendError, Damaged, NotFound, OndolError
from ondol.lang import translate
from ondol.model_store import CONVERTERS, FETCHERS
from ondol.model_store.catalogue import Model, Source
from ondol.model_store.manifest import make_manifest, sha256_of, sync, write_manifest
from ondol.progress import Progress
from ondol.registry import resolve

Report = Callable[[int], None]
"""Told how many more bytes have come."""


def fetch_model(model: Model, partial: Path, *, progress: Progress) -> Path:
    """Get the model from the first source that gives the right bytes.

    Every source has a folder of its own below `partial`, so that files of two never mix and an interrupted run can be
    taken up again. A fetcher puts a source's files into its folder, reports bytes as they come, and returns the
    SHA-256 that the source itself states, by file.

    Returns:
        The finished folder, with its manifest.

    Raises:
        NotFound: the catalogue has no source of it.
        BackendError: no source could give the model; the message names each with its reason.
    """
    if not model.sources:
        raise NotFound(
            "{name} is known, but the catalogue has no file of it.",
            hint="Pull a GGUF repository of it: ondol models pull owner/repo:Q4_K_M",
            name=model.name,
        )
    progress.note(translate("{name}: {license} — {url}", name=model.name, license=model.license, url=model.license_url))
    failures, hints = [], list[str]()
    for number, source in enumerate(model.sources):
        folder = partial / str(number)
        try:
            _fetch(model, source, folder, progress=progress)
            return folder
        except OndolError as error:
            progress.end()
            failures.append(f"{source}: {error.message}")
            hints.append(error.hint)
            progress.note(translate("Not from {source}: {reason}", source=source, reason=error.message))
    raise BackendError(
        "{name} could not be fetched. {reasons}",
        # a source that stands alone knows best what helps, such as a licence to accept
        hint="{own}"
        if len(hints) == 1 and hints[0]
        else "Check the network and run it again: ondol models pull {name}",
        own="".join(hints),
        name=model.name,
        reasons=" ".join(failures),
    )


def _fetch(model: Model, source: Source, folder: Path, *, progress: Progress) -> None:
    _check_disk(model, source, folder)
    folder.mkdir(parents=True, exist_ok=True)
    fetcher = resolve("ondol.model_store", FETCHERS, source.kind, what="kind of source")
    progress.begin(translate("Fetching {name}", name=model.name), source.total_bytes or None, "bytes")
    stated = fetcher(source, folder, report=progress.advance)
    progress.end()
    for file in source.files:
        _check_sum(folder / file.name, file.sha256 or stated.get(file.name, ""))
    if source.convert:
        progress.note(translate("Converting {name} …", name=model.name))
        resolve("ondol.model_store", CONVERTERS, source.convert, what="conversion")(folder)
    _write_notices(model, source, folder)
    manifest = make_manifest(folder, str(source))
    write_manifest(folder, manifest)
    for name in manifest.files:
        sync(folder / name)


def _check_disk(model: Model, source: Source, folder: Path) -> None:
    need = (source.disk_bytes or 2 * source.total_bytes) // 2**20
    free = free_disk_mb(folder)
    if need > free:
        raise BackendError(
            "{name} needs {need} MB of free disk in {folder}, and {free} MB are free.",
            hint="Free some space, or name another folder with --home or ONDOL_HOME.",
            name=model.name,
            need=need,
            free=free,
            folder=folder.parents[1],
        )


def _check_sum(path: Path, wanted: str) -> None:
    found = sha256_of(path)
    if wanted and found != wanted:
        path.unlink()
        raise Damaged(
            "{file} has SHA-256 {found} instead of {wanted}; it was not kept.",
            hint="Run the command again; if it stays so, do not use that source.",
            file=path.name,
            found=found,
            wanted=wanted,
        )


def _write_notices(model: Model, source: Source, folder: Path) -> None:
    lines = [model.name, f"License: {model.license}", model.license_url, f"Source: {source}", "", model.notice.strip()]
    (folder / "NOTICE.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    prompts = folder / "config_sentence_transformers.json"
    if model.prompts and not prompts.exists():
        prompts.write_text(json.dumps({"prompts": dict(model.prompts)}, indent=1), encoding="utf-8")


def clear(folder: Path) -> None:
    """Remove a model's folder; it loses its name first, so that nobody meets a half-removed one."""
    gone = folder.with_name(f".gone-{folder.name}")
    shutil.rmtree(gone, ignore_errors=True)
    if folder.exists():
        folder.rename(gone)
        shutil.rmtree(gone)
