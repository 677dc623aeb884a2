"""Recordings: what is said in them, and nothing where nobody speaks."""

import io
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from ondol.errors import NotFound, UnusableInput
from ondol.ingest.formats.audio import MODEL, clock, read_audio
from ondol.model_store.store import ModelStore
from ondol.settings import load_settings

DATA = Path(__file__).parents[4] / "shared" / "data" / "audio"
RATE = 16_000


@pytest.fixture(scope="module", autouse=True)
def model():
    try:
        ModelStore(load_settings().home).path(MODEL)
    except NotFound:
        pytest.skip(f"{MODEL} is not on this machine: ondol models pull {MODEL}")


def make_wav(samples):
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return data.getvalue()


def seconds(count):
    return np.arange(RATE * count) / RATE


NOTHING = {
    "silence": np.zeros(RATE * 10),
    "noise": np.random.default_rng(13).normal(size=RATE * 10) * 0.1,
    "quiet noise": np.random.default_rng(13).normal(size=RATE * 10) * 0.003,
    "hum": 0.3 * np.sin(2 * np.pi * 110 * seconds(10)),
    "chord": sum(0.1 * np.sin(2 * np.pi * tone * seconds(10)) for tone in (220, 277, 330, 440)),
}


@pytest.mark.weights
@pytest.mark.parametrize("sound", NOTHING)
def test_where_nobody_speaks_nothing_is_written(sound):
    with pytest.raises(UnusableInput, match="No speech"):
        read_audio(make_wav(NOTHING[sound]), "x")


@pytest.mark.weights
@pytest.mark.parametrize("data", [b"", b"no sound at all" * 100, make_wav(np.zeros(10))[:30]])
def test_what_cannot_be_decoded_is_told(data):
    with pytest.raises(UnusableInput):
        read_audio(data, "x")


@pytest.mark.weights
@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_words_have_their_time(tmp_path):
    first, second = tmp_path / "1.wav", tmp_path / "2.wav"
    for path, words in ((first, "The repair cafe opens every Friday evening."), (second, "Bring your broken toaster.")):
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "130", "-w", str(path), words], check=True)
    pieces = []
    for path in (first, second):
        with wave.open(str(path)) as file:
            rate = file.getframerate()
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768
            pieces += [np.interp(np.arange(0, len(samples), rate / RATE), np.arange(len(samples)), samples)]
    parsed = read_audio(make_wav(np.concatenate([pieces[0], np.zeros(RATE * 40), pieces[1]])), "meeting")
    assert parsed.unit == "time"
    assert (parsed.page_names[0], len(parsed.page_names)) == ("0:00:00", 2)
    assert "Friday" in parsed.text[slice(*parsed.pages[0])]
    assert "toaster" in parsed.text[slice(*parsed.pages[1])]
    assert parsed.page_names[1] > "0:00:39"


@pytest.mark.data
@pytest.mark.weights
@pytest.mark.parametrize("name", ["count_1_to_5.wav", "count_1_to_5.m4a", "glass_shattering.mp3", "woman_coughing.wav"])
def test_real_recordings(name):
    if not DATA.is_dir():
        pytest.skip("the data folder is not beside the checkout")
    data = (DATA / name).read_bytes()
    if name.startswith("count"):
        assert [digit for digit in read_audio(data, "x").text if digit.isdigit()] == list("12345")
    else:
        with pytest.raises(UnusableInput, match="No speech"):
            read_audio(data, "x")


def test_a_time_is_written_as_on_a_player():
    assert [clock(value) for value in (0, 59.9, 61, 3661)] == ["0:00:00", "0:00:59", "0:01:01", "1:01:01"]
