"""A run in several processes, through Accelerate's launcher: each holds the network and sees its share of a step."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from ondol.device import usable_cores
from ondol.errors import BackendError, MissingExtra, UsageError
from ondol.finetune.config import FinetuneConfig, absolute, write_config
from ondol.finetune.folder import ABOUT, read_about
from ondol.finetune.start import begun


def launch_run(config: FinetuneConfig, home: Path, *, processes: int) -> dict[str, Any]:
    """Train in `processes` processes of this machine; on the processor they talk through gloo.

    Raises:
        UsageError: a strategy that this machine cannot do.
        MissingExtra: Accelerate is not installed.
        BackendError: a process failed; what was saved stays.
    """
    check_launch(config)
    with begun(config, home) as folder:
        launcher = folder / "accelerate.yaml"
        launcher.write_text(write_launcher(config, processes), encoding="utf-8")
        run = folder / ".launched.toml"
        run.write_text(write_config(absolute(config)), encoding="utf-8")
        # on the processor Accelerate's launcher would ask for MPI; torch's own starts processes that Accelerate joins
        start = ["torch.distributed.run", "--standalone", f"--nproc_per_node={processes}"]
        if config.device.startswith("cuda"):
            start = ["accelerate.commands.launch", "--config_file", str(launcher)]
        worker = ["-m" if start[0].startswith("torch") else "--module", "ondol.finetune.train.worker"]
        command = [sys.executable, "-m", *start, *worker, str(run), str(home), str(folder)]
        code = _wait(command, processes)
        run.unlink(missing_ok=True)
        about = read_about(folder) if (folder / ABOUT).is_file() else {}
        if code == 130 or (code and code in (-signal.SIGINT, 128 + signal.SIGINT)):
            raise KeyboardInterrupt
        if code or about.get("status") != "done":
            raise BackendError(
                "The training stopped: {reason}",
                hint="What it said stands above; run the same command again: it goes on where it was saved.",
                reason=f"one of {processes} processes ended with exit code {code}",
            )  # fmt: skip
        return {**about, "path": str(folder), "processes": processes}


def check_launch(config: FinetuneConfig) -> None:
    """Raises UsageError where the strategy needs GPUs, MissingExtra without Accelerate."""
    if config.strategy and not config.device.startswith("cuda"):
        raise UsageError(
            "'{strategy}' shares a network out over GPUs.", hint="Leave it out, or run on CUDA: --device cuda",
            strategy=config.strategy,
        )  # fmt: skip
    if find_spec("accelerate") is None:
        raise MissingExtra(
            "Training in several processes needs the package 'accelerate', which is not installed.",
            hint='Install it with: pip install "ondol[hf]"',
        )


def write_launcher(config: FinetuneConfig, processes: int) -> str:
    """Accelerate's own YAML. Source: huggingface.co/docs/accelerate (launch), its FSDP and DeepSpeed sections."""
    rows: dict[str, Any] = {
        "compute_environment": "LOCAL_MACHINE", "machine_rank": 0, "num_machines": 1, "num_processes": processes,
        "mixed_precision": "bf16" if config.device.startswith("cuda") else "no", "main_training_function": "main",
        "rdzv_backend": "static", "same_network": True, "main_process_port": 0,
        "distributed_type": {"fsdp": "FSDP", "zero2": "DEEPSPEED", "zero3": "DEEPSPEED"}.get(
            config.strategy, "MULTI_GPU" if config.device.startswith("cuda") else "MULTI_CPU"
        ),
        "use_cpu": not config.device.startswith("cuda"),
    }  # fmt: skip
    if config.strategy == "fsdp":
        rows["fsdp_config"] = FSDP
    elif config.strategy:
        rows["deepspeed_config"] = {
            **DEEPSPEED, "zero_stage": int(config.strategy[-1]), "gradient_accumulation_steps": config.accumulate,
        }  # fmt: skip
    return str(yaml.safe_dump(rows, sort_keys=False))


FSDP = {
    "fsdp_version": 2, "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP", "fsdp_reshard_after_forward": True,
    "fsdp_offload_params": False, "fsdp_state_dict_type": "FULL_STATE_DICT", "fsdp_cpu_ram_efficient_loading": True,
}  # fmt: skip
DEEPSPEED = {
    "offload_optimizer_device": "none", "offload_param_device": "none", "zero3_init_flag": False,
    "zero3_save_16bit_model": True, "gradient_clipping": 1.0,
}  # fmt: skip


def _wait(command: list[str], processes: int) -> int:
    """The exit code; Ctrl-C reaches the processes by the terminal, and they save before they end."""
    threads = str(max(1, usable_cores() // processes))
    variables = {
        **os.environ,
        "ACCELERATE_USE_CPU": "false" if "accelerate" in command[2] else "true",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
    }
    with subprocess.Popen(command, env=variables) as started:  # noqa: S603 - ourselves
        while True:
            try:
                return started.wait()
            except KeyboardInterrupt:
                continue
