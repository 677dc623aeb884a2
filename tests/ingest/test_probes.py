"""The real files beside the checkout: what each must hold is found in the library."""

import json
from pathlib import Path

import pytest

from ondol.settings import load_settings

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "documents"
LINES = (FOLDER / "probes.jsonl").read_text(encoding="utf-8").splitlines() if FOLDER.is_dir() else []
PROBES = [json.loads(line) for line in LINES]
NEEDS_OCR = {"en_scan_no_text.pdf", "ko_pair_picture.hwp", "ko_pair_picture.hwpx"}


@pytest.mark.data
def test_every_probe_is_found(add, library):
    if not PROBES:
        pytest.skip("the data folder is not beside the checkout")
    report = add(str(FOLDER))
    failed = {Path(row["path"]).name for row in report.failed}
    missing = []
    for probe in PROBES:
        if probe["must_contain"]:
            text = library.show(str(FOLDER / probe["file"]))["text"]
            missing += [(probe["file"], words) for words in probe["must_contain"] if words not in text]
    assert missing == []
    assert failed <= NEEDS_OCR
    assert library.verify() == []


@pytest.mark.data
def test_what_is_no_document_is_refused_by_name(add, files):
    if not PROBES:
        pytest.skip("the data folder is not beside the checkout")
    report = add(str(FOLDER / "neg_random.bin"), files.write("a.txt", "text"))
    assert [row["reason"] for row in report.failed] == ["The format .bin cannot be read."]


@pytest.mark.data
@pytest.mark.weights
def test_a_recording_is_heard_in_the_worker_as_well(add, library):
    path = FOLDER.parent / "audio" / "count_1_to_5.wav"
    if not path.is_file():
        pytest.skip("the data folder is not beside the checkout")
    (library.folder.parents[1] / "models").symlink_to(load_settings().home / "models")
    if not (load_settings().home / "models" / "whisper-base").is_dir():
        pytest.skip("whisper-base is not on this machine")
    add(str(path))
    assert [digit for digit in library.text(str(path)) if digit.isdigit()] == list("12345")
