"""The machine's figures: measured once, kept, measured again elsewhere."""

import json

from ondol.fit.machine import measure_machine


def test_figures_are_measured_once_and_kept(tmp_path):
    first = measure_machine(tmp_path)
    assert first.bandwidth > 1e8
    assert first.flops > 1e8
    kept = json.loads((tmp_path / "machine.json").read_text())
    (tmp_path / "machine.json").write_text(json.dumps({**kept, "bandwidth": 5.0}))
    assert measure_machine(tmp_path).bandwidth == 5.0
    assert measure_machine(tmp_path, again=True).bandwidth > 1e8


def test_figures_of_another_machine_and_broken_files_are_not_believed(tmp_path):
    measure_machine(tmp_path)
    kept = json.loads((tmp_path / "machine.json").read_text())
    for text in (json.dumps({**kept, "key": "elsewhere", "bandwidth": 5.0}), "{}", "[", "[]"):
        (tmp_path / "machine.json").write_text(text)
        assert measure_machine(tmp_path).bandwidth > 1e8


def test_a_home_that_is_not_there_is_not_made(tmp_path):
    measure_machine(tmp_path / "none")
    assert not (tmp_path / "none").exists()
