"""The models of one home: fetch, find, check and remove them by name."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypedDict

from ondol.errors import BackendError, NotFound, Offline
from ondol.lang import translate
from ondol.model_store.catalogue import Model, load_catalogue
from ondol.model_store.hub_quant import (
    ask_hub,
    describe_pulled,
    folder_name,
    is_quant_spec,
    is_repository,
    list_pulled,
    split_spec,
)
from ondol.model_store.lock import locked
from ondol.model_store.manifest import find_problem, read_manifest, sync
from ondol.progress import Progress, Silent
from ondol.registry import nearest


class Row(TypedDict):
    """One model, as `ondol models` prints it."""

    name: str
    kind: str
    path: str
    bytes: int
    """On disk; 0 when absent."""
    sha256: str
    """Of the weight file."""
    license: str
    license_url: str
    status: str
    """"ready", "absent" or "damaged"."""
    problem: str
    about: str
    default: bool
    source: str


class ModelStore:
    """Weights below `home/models`, one folder a model.

    A `catalogue.toml` in `home` adds entries of the user's own, from folders, files, the hub or the index.
    """

    def __init__(self, home: Path, *, offline: bool = False) -> None:
        self.home = home
        self.folder = home / "models"
        self.offline = offline
        own = home / "catalogue.toml"
        self.catalogue = load_catalogue(*[own] if own.is_file() else [])

    def path(self, name: str) -> Path:
        """The folder of a complete model.

        Raises:
            NotFound: nobody knows the name, or the model is not here.
        """
        row = self._row(self._model(name), every_byte=False)
        if row["status"] == "ready":
            return Path(row["path"])
        raise NotFound(
            "The model '{name}' is not on this machine." if row["status"] == "absent" else
            "The model '{name}' is damaged: {problem}.",
            hint="Fetch it with: ondol setup" if row["default"] else "Fetch it with: ondol models pull {name}",
            name=name,
            problem=row["problem"],
        )  # fmt: skip

    def locate(self, name_or_path: str) -> Path:
        """A model by name, a folder or file of the user's own as it is, `ollama/NAME:TAG` where Ollama has it, or
        `owner/repo:QUANT` that was pulled or lies in another program's folder.

        Raises:
            NotFound: neither a known name that is here nor an existing path.
        """
        path = Path(name_or_path).expanduser()
        if name_or_path.startswith("ollama/") and not path.exists():
            return self._locate_ollama(name_or_path.removeprefix("ollama/"))
        if is_quant_spec(name_or_path) and not path.exists():
            return self._locate_quant(name_or_path)
        is_path = path.is_absolute() or len(path.parts) > 1 or (name_or_path not in self.catalogue and path.exists())
        if not is_path:
            return self.path(name_or_path)
        if not path.exists():
            raise NotFound(
                "There is no model at {path}.",
                hint="Of a repository on the hub name the quantisation too, such as {path}:Q4_K_M"
                if is_repository(name_or_path) else "Known names: ondol models list", path=path,
            )  # fmt: skip
        return path

    def _locate_quant(self, spec: str) -> Path:
        """The first file, where there are parts: pulled by ondol, or fetched by another program."""
        from ondol.model_store.find import find_quant

        if self.row(spec)["status"] == "absent" and (found := find_quant(*split_spec(spec))):
            return found
        return sorted(self.path(spec).rglob("*.gguf"))[0]

    def _locate_ollama(self, name: str) -> Path:
        from ondol.model_store.find import find_in_ollama, find_ollama, ollama_folder

        found = find_in_ollama(name)
        if found:
            return found
        known = [row.name for row in find_ollama(ollama_folder())]
        close = nearest(name, known)
        raise NotFound(
            "Ollama has no model '{name}' in {folder}.",
            hint="Did you mean 'ollama/{close}'? See: ondol models find" if close else
            "Fetch it with: ollama pull {name}, or name Ollama's folder with OLLAMA_MODELS.",
            name=name, folder=ollama_folder(), close=close,
        )  # fmt: skip

    def pull(self, name: str, *, progress: Progress | None = None) -> Row:
        """Fetch a model unless every byte of it is here already.

        Raises:
            NotFound: nobody knows the name.
            Offline: it would have to be fetched.
            BackendError: no source gave the right bytes, or the disk is too full.
        """
        model, progress = self._model(name), progress or Silent()
        try:
            with self._lock(name, progress):
                row = self._row(model, every_byte=True)
                if row["status"] != "ready":
                    self._fetch(model, progress)
                    row = self._row(self._model(name), every_byte=False)
        except OSError as error:
            raise BackendError(
                "{folder} cannot be written: {reason}",
                hint="Check its rights and its free space, or name another folder with --home or ONDOL_HOME.",
                folder=self.folder,
                reason=error.strerror or error,
            ) from error
        return row

    def _fetch(self, model: Model, progress: Progress) -> None:
        if self.offline and not model.packaged:
            raise Offline(
                "The model '{name}' is not on this machine and ondol is offline.",
                hint="With a network, run: ONDOL_OFFLINE=0 ondol models pull {name}",
                name=model.name,
            )
        from ondol.model_store.fetch import clear, fetch_model

        if not model.sources:
            model = ask_hub(model.name)
        place = folder_name(model.name)
        partial, final = self.folder / f".partial-{place}", self.folder / place
        made = fetch_model(model, partial, progress=progress)
        clear(final)
        made.rename(final)
        sync(self.folder)
        clear(partial)

    def row(self, name: str) -> Row:
        """One model, as `list_models` tells it."""
        return self._row(self._model(name), every_byte=False)

    def list_models(self) -> list[Row]:
        """Every model of the catalogue; sizes are checked, not every byte."""
        return [self._row(model, every_byte=False) for model in self._all()]

    def _all(self) -> list[Model]:
        return [*self.catalogue.values(), *map(self._model, list_pulled(self.folder))]

    def remove(self, name: str) -> Row:
        """Delete a model, and what an interrupted fetch left of it."""
        from ondol.model_store.fetch import clear

        model = self._model(name)
        with self._lock(name, Silent()):
            clear(self.folder / folder_name(name))
            clear(self.folder / f".partial-{folder_name(name)}")
        return self._row(model, every_byte=False)

    def verify(self, names: list[str]) -> list[Row]:
        """Read every byte of these models, or of all that are here."""
        if names:
            return [self._row(self._model(name), every_byte=True) for name in names]
        rows = [self._row(model, every_byte=True) for model in self._all()]
        return [row for row in rows if row["status"] != "absent"]

    def _lock(self, name: str, progress: Progress) -> AbstractContextManager[None]:
        def on_wait() -> None:
            progress.note(translate("Another process is busy with {name}; waiting for it.", name=name))

        return locked(self.folder / ".locks" / folder_name(name), on_wait)

    def _model(self, name: str) -> Model:
        if name in self.catalogue:
            return self.catalogue[name]
        if is_quant_spec(name):
            return describe_pulled(name, self.folder / folder_name(name))
        close = nearest(name, list(self.catalogue))
        raise NotFound(
            "No model is called '{name}'.",
            hint="Did you mean '{close}'? See: ondol models list" if close else "See: ondol models list",
            name=name,
            close=close,
        )

    def _row(self, model: Model, *, every_byte: bool) -> Row:
        folder = self.folder / folder_name(model.name)
        manifest = read_manifest(folder)
        if manifest is None:
            status, problem = ("damaged", "manifest.json is missing") if folder.exists() else ("absent", "")
        else:
            problem = find_problem(folder, manifest, every_byte=every_byte)
            status = "damaged" if problem else "ready"
        return Row(
            name=model.name,
            kind=model.kind,
            path=os.fspath(folder),
            bytes=manifest.bytes if manifest else 0,
            sha256=manifest.weights.sha256 if manifest else "",
            license=model.license,
            license_url=model.license_url,
            status=status,
            problem=problem,
            about=model.about,
            default=model.default,
            source=manifest.source if manifest else "",
        )
