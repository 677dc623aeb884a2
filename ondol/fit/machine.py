"""How fast this machine reads memory and multiplies: measured once, kept in `home/machine.json`."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ondol.device import memory_mb, usable_cores
from ondol.model_store.manifest import write_atomic

READ_BYTES = 192 * 2**20
"""Larger than any cache, small enough for 0.3 s."""
WIDTH = 768
"""Of the square matrices that are multiplied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    memory_bytes: int
    """All of it; 0 where the system does not tell."""
    available_bytes: int
    threads: int
    bandwidth: float
    """Bytes a second that `threads` threads read together."""
    flops: float
    """float32 multiplications and additions a second."""
    gpu: str = ""
    gpu_bytes: int = 0
    key: str = ""
    """What it was measured on; another machine measures again."""


def measure_machine(home: Path, *, again: bool = False) -> Machine:
    """The figures of this machine, from `home/machine.json` where they are there."""
    threads, key = usable_cores(), f"{platform.node()} {platform.machine()} {usable_cores()} cores"
    total, available = (mib * 2**20 for mib in memory_mb())
    file = home / "machine.json"
    found = None if again else _read(file, key)
    if found is None:
        gpu, gpu_bytes = find_gpu()
        found = {
            "threads": threads, "bandwidth": read_bandwidth(threads), "flops": multiply_speed(),
            "gpu": gpu, "gpu_bytes": gpu_bytes, "key": key,
        }  # fmt: skip
        # a home that cannot be written to (nothing was set up yet, or it is shared) costs another measurement only
        if home.is_dir():
            write_atomic(file, json.dumps(found, indent=1).encode())
    return Machine(**found, memory_bytes=total, available_bytes=available)


def _read(file: Path, key: str) -> dict[str, Any] | None:
    wanted = set(asdict(Machine(memory_bytes=0, available_bytes=0, threads=0, bandwidth=0, flops=0)))
    try:
        row = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    right = isinstance(row, dict) and set(row) == wanted - {"memory_bytes", "available_bytes"}
    return row if right and row["key"] == key else None


def read_bandwidth(threads: int, *, rounds: int = 3) -> float:
    """Bytes a second of summing memory that is in no cache, the best of `rounds`."""
    parts = [np.ones(READ_BYTES // 8 // threads, np.int64) for _ in range(threads)]
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(rounds):
            start = time.perf_counter()
            list(pool.map(np.add.reduce, parts))  # numpy lets other threads run while it adds
            best = min(best, time.perf_counter() - start)
    return READ_BYTES / best


def multiply_speed(*, rounds: int = 3) -> float:
    """float32 operations a second of a matrix product on all cores, the best of `rounds`."""
    a, b = np.ones((WIDTH, WIDTH), np.float32), np.ones((WIDTH, WIDTH), np.float32)
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return float(2 * WIDTH**3 / best)


def find_gpu() -> tuple[str, int]:
    """Name and bytes of the first NVIDIA GPU, as its driver tells; ("", 0) without one."""
    program = shutil.which("nvidia-smi")
    if not program:
        return "", 0
    asked = [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
        name, _, mib = told.splitlines()[0].rpartition(",")
        return name.strip(), int(mib) * 2**20
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return "", 0
