"""Virtual environments of the rivals, built when they are first needed or their pins have changed."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

QUIET = {
    "ANONYMIZED_TELEMETRY": "False",  # Chroma
    "DO_NOT_TRACK": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "LANGCHAIN_TRACING_V2": "false",
    "LANGSMITH_TRACING": "false",
    "TRANSFORMERS_OFFLINE": "1",
}
"""No telemetry and no network while anything is measured."""


def environment_python(name: str, folder: Path) -> Path:
    """The interpreter that holds what `NAME.txt` pins."""
    pins = Path(__file__).with_name(f"{name}.txt")
    place, stamp = folder / name, folder / name / "installed.txt"
    python = place / "bin" / "python"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins.read_text(encoding="utf-8"):
        print(f"Installing {name} into {place} (torch is among it, a few minutes) …", file=sys.stderr, flush=True)
        venv.create(place, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", "-r", pins]
        if subprocess.run(pip).returncode:
            sys.exit(f"{name} could not be installed; what pip printed says why.")
        stamp.write_text(pins.read_text(encoding="utf-8"), encoding="utf-8")
    return python
