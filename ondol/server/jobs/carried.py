"""What a job takes from the settings of the server that began it, for the process that does it."""

from __future__ import annotations

from typing import Any

from ondol.settings import Settings, load_settings, setting_names


def carried(settings: Settings) -> dict[str, Any]:
    """The settings that files and environment do not give by themselves: arguments, and what was changed since."""
    usual = load_settings(home=settings.home)
    names = [name for name in setting_names() if name not in ("home", "collection")]
    return {name: getattr(settings, name) for name in names if getattr(settings, name) != getattr(usual, name)}
