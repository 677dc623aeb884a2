"""What this machine has to give: free cores, memory and disk."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3
"""Of glibc's `mallopt`."""


def usable_cores() -> int:
    """Cores this process may run on: its affinity, and the quota of its container where there is one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = CGROUPS / "cpu.max"
    if quota.is_file():
        allowed, _, period = quota.read_text().partition(" ")
        if allowed != "max":
            cores = min(cores, max(1, int(allowed) // int(period)))
    return cores


def busy_cores(seconds: float = 0.05) -> float:
    """Cores that other processes keep busy right now, watched for `seconds`.

    Linux tells what every core did since boot, so two looks give the present; what this process used between them
    is taken off. The load average lags by a minute and counts our own work that has just ended as busy, so it serves
    only where there is nothing better.
    """
    if not sys.platform.startswith("linux"):
        return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    start, own, busy = time.monotonic(), time.process_time(), _busy_seconds()
    time.sleep(seconds)
    others = (_busy_seconds() - busy) - (time.process_time() - own)
    return max(0.0, others / (time.monotonic() - start))


def _busy_seconds() -> float:
    """Seconds since boot that the cores we may run on were not idle, added up."""
    names = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    rows = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    # user, nice, system, idle, iowait, irq, softirq, steal; the rest is counted in these already
    ticks = sum(sum(map(int, row[1:4] + row[6:9])) for row in rows if row and row[0] in names)
    return ticks / os.sysconf("SC_CLK_TCK")


def free_threads() -> int:
    """Threads worth starting now: cores less those that others keep busy, at least 1, at most 8.

    llama.cpp's threads wait for each other in spin loops. Beside one busy process on 2 cores, two threads fell
    from 105 to 0.3–30 tokens/s while one thread kept 44–72 (measured, November 2026), so a busy core is not used.
    """
    return max(1, min(8, usable_cores() - int(busy_cores() + 0.5)))


def memory_mb() -> tuple[int, int]:
    """Total and available memory in MiB, as far as this process may take it; (0, 0) where the system does not tell."""
    if sys.platform.startswith("linux"):
        rows = _read_kb("/proc/meminfo")
        total, free = rows["MemTotal"] * 1024, rows["MemAvailable"] * 1024
        for limit, used in (*_address_space(), *_containers(CGROUPS, Path("/proc/self/cgroup"))):
            total, free = min(total, limit), min(free, max(0, limit - used))
        return total // 2**20, free // 2**20
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (AttributeError, ValueError, OSError):
        return 0, 0
    return total, total


def _address_space() -> Iterator[tuple[int, int]]:
    """Bytes that `ulimit -v` allows, and those taken; mapped files count, as a model's does."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit, _read_kb("/proc/self/status")["VmSize"] * 1024


def _containers(root: Path, membership: Path) -> Iterator[tuple[int, int]]:
    """Bytes that this process's cgroup and those around it allow, and those taken that cannot be dropped at once."""
    rows = membership.read_text().splitlines() if membership.is_file() else []
    own = root / next((row[3:].strip("/") for row in rows if row.startswith("0::")), "")
    for folder in (own, *own.parents):
        limit, used = folder / "memory.max", folder / "memory.current"
        if folder.is_relative_to(root) and limit.is_file() and limit.read_text().strip() != "max":
            stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
            yield int(limit.read_text()), int(used.read_text()) - int(stat.get("inactive_file", 0))


def _read_kb(path: str) -> dict[str, int]:
    """The rows of a file of /proc that are numbers of kB."""
    rows = (line.split() for line in Path(path).read_text().splitlines() if line.endswith(" kB"))
    return {row[0].rstrip(":"): int(row[1]) for row in rows}


def free_disk_mb(where: Path) -> int:
    """MiB free on the file system that holds `where`, or its nearest existing parent."""
    while not where.exists() and where != where.parent:
        where = where.parent
    return shutil.disk_usage(where).free // 2**20


def hint_for(folder: Path, otherwise: str) -> str:
    """What to do about something that cannot be written or opened in `folder`: room comes first where there is none."""
    return "The disk is full: make room, and it is made up by itself." if free_disk_mb(folder) < 1 else otherwise


def cap_arenas(*, give_back: bool = True) -> None:
    """Let all threads share two heaps of glibc, and give large blocks back when they are freed.

    It makes a heap for each thread, and those of tantivy, which come and go, keep 11 kB for every chunk that was
    indexed; texts of a megabyte between small blocks keep as much again.

    Args:
        give_back: False leaves the blocks to glibc, which keeps some: training takes and frees the same ones at every
            step, and asking the system for them again took a third of its time (14.0 s instead of 18.6 for six steps).
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library has no such call, and no such heaps
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_M_ARENA_MAX, 2)
            if give_back:
                libc.mallopt(_M_MMAP_THRESHOLD, 256 << 10)
