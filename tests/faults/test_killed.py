"""A process that is killed at any moment loses nothing: the same command again ends as if it had not been."""

import os
import random
import runpy
import shutil
import signal
import time
from pathlib import Path

import pytest

tools = runpy.run_path(str(Path(__file__).with_name("conftest.py")))
content, run, start, write_files = (tools[name] for name in ("content", "run", "start", "write_files"))
ACTS = ("add", "sync", "remove", "reindex")


def prepare(act, home, folder):
    """What stands before the act: nothing, or a filled library and a folder that has changed."""
    write_files(folder)
    if act == "add":
        return
    run(home, folder, "add")
    if act == "sync":
        for path in sorted(folder.glob("1*.txt")):
            path.unlink()
        for path in sorted(folder.glob("2*.txt")):
            path.write_text("Another text now.\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "moved").mkdir()
        for path in sorted(folder.glob("3*.txt")):
            path.rename(folder / "moved" / path.name)
        (folder / "new.txt").write_text("Something new stands here.", encoding="utf-8")


def kill_and_go_on(act, tmp_path, moments, seed):
    dice = random.Random(seed)
    folder, ready = tmp_path / "files", tmp_path / "ready"
    prepare(act, ready, folder)
    undisturbed = tmp_path / "undisturbed"
    if ready.exists():
        shutil.copytree(ready, undisturbed)
    begun = time.monotonic()
    run(undisturbed, folder, act)
    whole_s = time.monotonic() - begun
    expected = content(undisturbed)
    for moment in range(moments):
        home = tmp_path / f"killed-{moment}"
        if ready.exists():
            shutil.copytree(ready, home)
        process = start(home, folder, act)
        process.stdout.readline()
        time.sleep(whole_s * dice.random() * 0.8)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        run(home, folder, act)
        assert content(home) == expected, (act, moment)
        shutil.rmtree(home)


@pytest.mark.parametrize("act", ACTS)
def test_the_same_command_again_ends_as_if_nothing_had_been(act, tmp_path):
    kill_and_go_on(act, tmp_path, 1, seed=act)


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS)
def test_at_25_moments_of_each_command(act, tmp_path):
    kill_and_go_on(act, tmp_path, 25, seed=f"{act} slow")
