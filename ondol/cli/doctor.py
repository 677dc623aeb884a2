"""`ondol doctor`: settings with their origin, the machine, models, extras, and problems with their fix."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
from typing import Any

import typer

from ondol import device
from ondol.cli.options import Collection, Home, Json, Offline, settings_of
from ondol.cli.output import print_json, say
from ondol.cli.problems import find_problems
from ondol.settings import Settings, setting_names


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(as_json: Json = False, collection: Collection = None, home: Home = None, offline: Offline = None) -> None:
    """Show the set-up and what is wrong with it.

    The exit code is 1 when something is.
    """
    report = diagnose(settings_of(collection=collection, home=home, offline=offline))
    if as_json:
        print_json(report)
    else:
        _print(report)
    if report["problems"]:
        raise typer.Exit(1)


def diagnose(settings: Settings) -> dict[str, Any]:
    """Everything `ondol doctor` tells; nothing is fetched or changed."""
    from ondol.assemble import open_model_store

    total_mb, available_mb = device.memory_mb()
    machine = {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": device.usable_cores(),
        "free_threads": device.free_threads(),
        "memory_mb": total_mb,
        "available_mb": available_mb,
        "free_disk_mb": device.free_disk_mb(settings.home),
    }
    models = [row for row in open_model_store(settings).list_models() if row["default"] or row["status"] != "absent"]
    values = {name: {"value": str(getattr(settings, name)), "from": settings.origin[name]} for name in setting_names()}
    report = {"settings": values, "device": machine, "models": models, "extras": _extras()}
    return {**report, "problems": find_problems(settings, machine)}


def _extras() -> list[dict[str, Any]]:
    """Optional groups and which of their packages are missing."""
    groups: dict[str, list[str]] = {}
    for line in importlib.metadata.requires("ondol") or []:
        match = re.match(r"([\w.-]+).*extra == [\"'](\w+)[\"']", line)
        if match and not match[1].startswith("ondol"):
            groups.setdefault(match[2], []).append(match[1])
    missing = {name: [p for p in packages if not _installed(p)] for name, packages in groups.items()}
    return [{"extra": name, "installed": not gone, "missing": gone} for name, gone in missing.items()]


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _print(report: dict[str, Any]) -> None:
    say("Settings")
    for name, row in report["settings"].items():
        print(f"  {name:<12} {row['value']}  ({row['from']})")
    say("Machine")
    for name, value in report["device"].items():
        print(f"  {name:<12} {value}")
    say("Models")
    for row in report["models"]:
        print(f"  {row['name']:<24} {row['status']}")
    say("Extras")
    for row in report["extras"]:
        state = "installed" if row["installed"] else f'pip install "ondol[{row["extra"]}]"'
        print(f"  {row['extra']:<12} {state}")
    say("Problems" if report["problems"] else "No problems.")
    for row in report["problems"]:
        print(f"  {row['what']}\n    → {row['fix']}")
