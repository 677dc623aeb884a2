"""What the machine gives is measured at the moment it is asked."""

import subprocess
import sys
import time

import pytest

from ondol.device import _containers, busy_cores, free_threads, memory_mb, usable_cores

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/stat is Linux")


def test_threads_stay_within_the_cores():
    assert 1 <= free_threads() <= min(8, usable_cores())


@linux
def test_another_busy_process_takes_a_core():
    code = "import time\nend = time.time() + 20\nwhile time.time() < end: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as busy:
        time.sleep(0.3)
        seen = busy_cores(0.3)
        busy.kill()
    assert seen > 0.4


@linux
def test_our_own_work_counts_as_free(monkeypatch):
    seen = []

    def work(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
        seen.append(seconds)

    start = time.process_time()
    monkeypatch.setattr(time, "sleep", work)
    others = busy_cores(0.3)
    assert seen == [0.3]
    assert others <= usable_cores() - 0.9 * (time.process_time() - start) / 0.3 + 0.1


@linux
def test_memory_is_what_ulimit_leaves():
    code = "from ondol.device import memory_mb; print(*memory_mb())"
    command = ["sh", "-c", 'ulimit -v 409600; exec "$0" -c "$1"', sys.executable, code]
    total, free = map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert total == min(400, memory_mb()[0])
    assert 0 < free < 400


def test_memory_is_what_the_containers_around_a_process_leave(tmp_path):
    inner = tmp_path / "outer.slice" / "inner.scope"
    inner.mkdir(parents=True)
    for folder, limit in ((inner, "max"), (inner.parent, "1000")):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text("700\n")
        (folder / "memory.stat").write_text("anon 400\ninactive_file 300\n")
    (tmp_path / "cgroup").write_text("4:memory:/old\n0::/outer.slice/inner.scope\n")
    assert list(_containers(tmp_path, tmp_path / "cgroup")) == [(1000, 400)]
    assert list(_containers(tmp_path, tmp_path / "nothing")) == []
