"""The reader and the writer that come with ondol, from the data to the files in `ondol/weights`.

    .venv/bin/python recipes/reader/make_reader.py --data ../shared/data --out FOLDER

Each step is left out when its result is there already, and a training goes on where it was interrupted: the same call
again finishes what is missing. Needs the extra `hf`, and the models that `ondol setup` fetches.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from draw import draw_all

from examples import write_examples
from ondol.settings import default_home

SPAN = ["--kind", "span", "--base", "onnx:multilingual-e5-small", "--rate", "1e-3", "--rank", "32", "--batch", "16"]
WRITER = ["--base", "llama.cpp:gemma-3-270m", "--rate", "3e-4", "--rank", "16", "--max-tokens", "1280"]
RUNS = {
    "span": [*SPAN, "--epochs", "3", "--set", "evaluations=3"],
    "writer": [*WRITER, "--epochs", "1", "--set", "evaluations=3", "--set", "max_steps=250"],
}
ROWS = {"span": "span", "writer": "chat"}
SHIPPED = {
    "span": ("delta.safetensors", "reader/delta.safetensors"),
    "writer": ("writer.gguf", "writer/ondol-writer.gguf"),
}
WEIGHTS = Path(__file__).resolve().parents[2] / "ondol" / "weights"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    draw_all(options.data, options.out)
    write_examples(options.out)
    for name in RUNS:
        train(name, options.out)


def train(name: str, out: Path) -> None:
    """Train one of `RUNS` in a home of its own, and copy what ships."""
    home = out / "home"
    home.mkdir(exist_ok=True)
    models = home / "models"
    if not models.exists():
        models.symlink_to(default_home() / "models")
    made, shipped = SHIPPED[name]
    result = home / "adapters" / name / made
    if not result.is_file():
        rows, held = (str(out / f"{side}.{ROWS[name]}.jsonl") for side in ("train", "dev"))
        program = str(Path(sys.executable).with_name("ondol"))
        command = [program, "finetune", rows, "--valid", held, "--name", name, *RUNS[name]]
        subprocess.run(command, env={**os.environ, "ONDOL_HOME": str(home)}, check=True)  # noqa: S603 - our own program
    (WEIGHTS / shipped).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(result, WEIGHTS / shipped)
    print(f"{WEIGHTS.name}/{shipped}: {(WEIGHTS / shipped).stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
