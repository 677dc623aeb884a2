"""The reader and the writer that come with ondol, from the data to the files in `ondol/weights`.

    .venv/bin/python recipes/reader/make_reader.py --data ../shared/data --out FOLDER

Each step is left out when its result is there already, and a training goes on where it was interrupted: the same call
again finishes what is missing. Needs the extra `hf`, and the models that `ondol setup` fetches.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from draw import draw_all

from examples import write_examples
from ondol.convert.adapter import write_gguf_adapter
from ondol.convert.config import read_json
from ondol.finetune.template import TUNED_TEMPLATE
from ondol.model_store.store import ModelStore
from ondol.models.hf.loading import find_folder
from ondol.settings import default_home

SPAN = ["--kind", "span", "--base", "onnx:multilingual-e5-small", "--rate", "1e-3", "--rank", "32", "--batch", "16"]
WRITER = ["--base", "llama.cpp:gemma-3-270m", "--max-tokens", "1280", "--rate", "3e-4", "--rank", "16", "--batch", "8"]
RUNS = {
    "span": [*SPAN, "--epochs", "2", "--set", "evaluations=8", "--set", "patience=0"],
    "writer": [*WRITER, "--epochs", "1", "--set", "evaluations=3", "--set", "max_steps=250"],
}
ROWS = {"span": "span", "writer": "chat"}
SHIPPED = {"span": "reader/delta.safetensors", "writer": "writer/ondol-writer.gguf"}
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
    """Train one of `RUNS` in a home of its own, and write what ships."""
    home = out / "home"
    home.mkdir(exist_ok=True)
    models = home / "models"
    if not models.exists():
        models.symlink_to(default_home() / "models")
    run, shipped = home / "adapters" / name, WEIGHTS / SHIPPED[name]
    about = run / "run.json"
    if not about.is_file() or json.loads(about.read_text(encoding="utf-8"))["status"] != "done":
        rows, held = (str(out / f"{side}.{ROWS[name]}.jsonl") for side in ("train", "dev"))
        program = str(Path(sys.executable).with_name("ondol"))
        command = [program, "finetune", rows, "--valid", held, "--name", name, *RUNS[name]]
        subprocess.run(command, env={**os.environ, "ONDOL_HOME": str(home)}, check=True)  # noqa: S603 - our own program
    shipped.parent.mkdir(parents=True, exist_ok=True)
    if name == "span":
        shutil.copyfile(run / "delta.safetensors", shipped)
    else:
        base = read_json(find_folder("gemma-3-270m", store=ModelStore(home)) / "config.json")
        write_gguf_adapter(run / "adapter", shipped, base_config=base, template=TUNED_TEMPLATE, half=True)
    print(f"{shipped.relative_to(WEIGHTS.parent)}: {shipped.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
