"""Runs that are killed, stopped, out of room or beside each other: one clear message, and nothing is lost."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

ROWS = [(f"Question {n}?", f"Answer {n % 7}.") for n in range(60)]


@pytest.fixture
def start(tmp_path, make_base):
    """`ondol finetune` in a process of its own, over 54 examples of a small random base."""
    base = make_base()
    data = tmp_path / "x.csv"
    data.write_text("question,answer\n" + "".join(f"{q},{a}\n" for q, a in ROWS), encoding="utf-8")

    def run(name, *options, limit=None):
        command = [
            sys.executable, "-m", "ondol.cli.main", "finetune", str(data), "--base", f"hf:{base}", "--name", name,
            "--batch", "2", "--epochs", "2", "--set", "evaluations=27", "--set", "threads=1", "--set", "patience=0",
            "--json", *options,
        ]  # fmt: skip

        def limited():
            signal.signal(signal.SIGINT, signal.default_int_handler)
            if limit:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

        variables = {**os.environ, "ONDOL_HOME": str(tmp_path), "ONDOL_LANG": "en"}
        return subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limited
        )

    return run


def wait_for_checkpoint(process, folder, count=2):
    deadline = time.monotonic() + 90
    while len([*folder.glob("checkpoints/checkpoint-*/trainer_state.json")]) < count:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def finish(process):
    said, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    return json.loads(said)


def weights(folder):
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def test_a_killed_run_goes_on_and_ends_with_the_weights_of_one_that_was_not(start, tmp_path):
    whole = finish(start("whole"))
    killed = start("killed")
    wait_for_checkpoint(killed, tmp_path / "adapters" / "killed")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    resumed = finish(start("killed"))
    assert resumed["valid_nll"] == whole["valid_nll"]
    assert resumed["steps"] == whole["steps"] == 54
    one, two = weights(tmp_path / "adapters" / "whole"), weights(tmp_path / "adapters" / "killed")
    assert all(torch.equal(one[name], two[name]) for name in one)
    logs = [
        [(row["step"], row.get("loss"), row.get("valid_nll")) for row in map(json.loads, text.splitlines())]
        for text in ((tmp_path / "adapters" / name / "log.jsonl").read_text() for name in ("whole", "killed"))
    ]
    assert logs[0] == logs[1]


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_command_goes_on(start, tmp_path):
    folder = tmp_path / "adapters" / "stopped"
    process = start("stopped")
    wait_for_checkpoint(process, folder, 1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "the same command goes on" in told
    saved = max(int(path.name.rpartition("-")[2]) for path in folder.glob("checkpoints/checkpoint-*"))
    assert json.loads((folder / "run.json").read_text())["status"] == "training"
    other = start("stopped", "--rate", "0.5")
    _, told = other.communicate(timeout=60)
    assert other.returncode == 2
    assert "was begun with other settings: rate" in told
    about = finish(start("stopped"))
    assert about["steps"] == 54 > saved
    again = start("stopped")
    _, told = again.communicate(timeout=60)
    assert again.returncode == 2
    assert "There is an adapter 'stopped' already." in told


@pytest.mark.slow
def test_a_disk_without_room_is_told_and_the_run_can_go_on(start, tmp_path):
    process = start("full", limit=30_000)
    _, told = process.communicate(timeout=90)
    assert process.returncode == 6, told
    assert "Traceback" not in told
    assert "→" in told
    assert finish(start("full"))["status"] == "done"


@pytest.mark.slow
def test_two_processes_have_the_losses_of_one(start, tmp_path):
    finish(start("one", "--batch", "4", "--epochs", "1", "--dtype", "float32"))
    finish(start("two", "--epochs", "1", "--launch", "2", "--dtype", "float32"))
    one, two = (
        [json.loads(line) for line in (tmp_path / "adapters" / name / "log.jsonl").read_text().splitlines()]
        for name in ("one", "two")
    )
    # the last step is not full: two processes fill it up with examples that were seen before
    losses = [[row["loss"] for row in rows if "loss" in row][:13] for rows in (one, two)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    measured = [[row["valid_nll"] for row in rows if "valid_nll" in row][:13] for rows in (one, two)]
    assert measured[1] == pytest.approx(measured[0], rel=1e-4)
