"""What `ondol finetune --plan` says beside what the run then takes, for several bases and methods.

    python benchmarks/plan.py --data FILE.csv [--steps 24]

Each case is planned from the model's shape alone, planned with a step that is tried, and run; memory is the peak of the
process that trains, time that of the training with its measurements. Ratios are planned / measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.data import DataSource
from ondol.finetune.plan import make_plan
from ondol.finetune.planning import guess_facts
from ondol.fit.machine import measure_machine
from ondol.fit.shape_sources import find_shape
from ondol.model_store.store import ModelStore
from ondol.settings import load_settings

# gemma's tokenizer knows Korean; SmolLM2's needs five times as many tokens for it
CASES = (
    ("gemma-3-270m", "lora", {}), ("gemma-3-270m", "lora", {"batch": 2}),
    ("gemma-3-270m", "lora", {"checkpointing": True}), ("gemma-3-270m", "prefix", {}), ("gemma-3-270m", "full", {}),
    ("smollm2-135m-instruct", "lora", {}), ("smollm2-135m-instruct", "full", {}),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=24)
    options = parser.parse_args()
    print("| base | run | measured MB | tried | shape | measured s | tried | shape |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "models").symlink_to(load_settings().home / "models")
        for number, (base, method, more) in enumerate(CASES):
            print(row(Path(home), f"case{number}", base, method, more, options), flush=True)


def row(home: Path, name: str, base: str, method: str, more: dict[str, Any], options: argparse.Namespace) -> str:
    settings = ["--set", f"max_steps={options.steps}", "--set", "evaluations=2", "--set", "patience=0"]
    for key, value in more.items():
        settings += ["--set", f"{key}={json.dumps(value)}"]
    command = ["--base", f"llama.cpp:{base}", "--method", method, "--name", name, *settings, "--json"]
    tried = ondol(home, options.data, *command, "--plan")
    run = ondol(home, options.data, *command)
    config = FinetuneConfig(
        name=name, base=f"llama.cpp:{base}", data=(DataSource(path=options.data),), method=method,
        max_steps=options.steps, evaluations=2, **more,
    )  # fmt: skip
    shape = find_shape(base, ModelStore(home))
    facts = guess_facts(config)
    reckoned = make_plan(config, shape, facts, measure_machine(home), steps=options.steps, free_mb=10**6)
    memory = f"{run['peak_mb']} | {tried['memory_mb'] / run['peak_mb']:.2f} | {reckoned.memory_mb / run['peak_mb']:.2f}"
    time = f"{run['seconds']:.0f} | {tried['seconds'] / run['seconds']:.2f} | {reckoned.seconds / run['seconds']:.2f}"
    what = ", ".join([method, *(f"{key} {value}" for key, value in more.items())])
    return f"| {base} | {what} | {memory} | {time} |"


def ondol(home: Path, data: Path, *options: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "ondol.cli.main", "finetune", str(data), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "ONDOL_HOME": str(home)}, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
