"""Disks that are full or cannot be written, and clocks that jump."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

tools = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
content, open_words_library, run, write_files = (
    tools[name] for name in ("content", "open_words_library", "run", "write_files")
)
LIMITED = """if True:
    import resource, sys
    size = int(sys.argv.pop(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
"""


@pytest.mark.parametrize(
    "limit",
    [20_000, *(pytest.param(limit, marks=pytest.mark.slow) for limit in (60_000, 150_000, 400_000))],
)
def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path, limit):
    """No file may grow beyond the limit, which is what a full disk looks like to SQLite and to us."""
    folder, home = tmp_path / "files", tmp_path / "home"
    write_files(folder, 4)
    run(home, folder, "add")
    before = content(home)[0]
    write_files(folder, 40, seed=14)
    command = [sys.executable, "-c", LIMITED + tools["SCRIPT"].removeprefix("if True:"), str(limit)]
    ran = subprocess.run([*command, str(home), str(folder), "add"], capture_output=True, text=True, timeout=300)
    if ran.returncode:
        assert "ondol.errors." in ran.stderr, ran.stderr[-2000:]
        assert "disk" in ran.stderr.rpartition("ondol.errors.")[2], ran.stderr[-2000:]
    with open_words_library(home, create=False) as library:
        library.repair()
        assert library.verify() == []
        sources = {row["source"] for row in library.source_rows()}
    assert sources >= before.keys()
    run(home, folder, "add")
    undisturbed = tmp_path / "undisturbed"
    run(undisturbed, folder, "add")
    assert content(home)[:2] == content(undisturbed)[:2]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_told(tmp_path):
    folder = tmp_path / "files"
    write_files(folder, 1)
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    command = [sys.executable, "-m", "ondol.cli.main", "add", str(folder), "--home", str(home), "--embeddings", "fake:"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, "cannot be opened" in ran.stderr) == (6, True)


def test_a_clock_that_jumps_changes_nothing_but_times(tmp_path, monkeypatch):
    folder, home = tmp_path / "files", tmp_path / "home"
    write_files(folder, 3)
    for year in (2035, 1999, 2026):
        monkeypatch.setattr("ondol.library.writing.now", lambda year=year: f"{year}-01-01T00:00:00+00:00")
        with open_words_library(home) as library:
            from ondol.ingest.sync import sync_folder

            (folder / "0.txt").write_text(f"The year is {year}.", encoding="utf-8")
            os.utime(folder / "0.txt", (0, 0))
            report = sync_folder(library, folder)
            assert report.added + report.updated >= 1
            assert library.show(str(folder / "0.txt"))["text"] == f"The year is {year}."
    assert content(home)[3] == 0
