"""What this machine has to give: free cores, memory and disk."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_threads() -> int:
    """Threads worth starting now: cores less the load others put on them, at least 1, at most 8.

    llama.cpp's threads wait for each other in spin loops. Beside one busy process on 2 cores, two threads fell
    from 105 to 0.3–30 tokens/s while one thread kept 44–72 (measured, November 2026), so a busy core is not used.
    """
    cores = usable_cores()
    try:
        busy = os.getloadavg()[0]
    except (AttributeError, OSError):
        busy = 0.0
    return max(1, min(8, cores - int(busy + 0.5)))


def memory_mb() -> tuple[int, int]:
    """Total and available memory in MiB; (0, 0) where the system does not tell."""
    if sys.platform.startswith("linux"):
        rows = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines() if ":" in line)
        return tuple(int(rows[name].split()[0]) // 1024 for name in ("MemTotal", "MemAvailable"))  # type: ignore[return-value]
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (AttributeError, ValueError, OSError):
        return 0, 0
    return total, total


def free_disk_mb(where: Path) -> int:
    """MiB free on the file system that holds `where`, or its nearest existing parent."""
    while not where.exists() and where != where.parent:
        where = where.parent
    return shutil.disk_usage(where).free // 2**20
