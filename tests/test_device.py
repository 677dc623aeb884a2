"""What the machine gives is measured at the moment it is asked."""

import subprocess
import sys
import time

import pytest

from ondol.device import busy_cores, free_threads, usable_cores

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
