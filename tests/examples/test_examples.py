"""Every example runs, and says what its first lines promise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ondol.settings import load_settings

EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = load_settings().home / "models"


def run(name, *options):
    command = [sys.executable, str(EXAMPLES / name), *options]
    variables = {**os.environ, "ONDOL_LANG": "en"}
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_tried_here():
    assert sorted(path.name for path in EXAMPLES.glob("*.py")) == ["dishes.py", "tutorial_rag.py", "two_sentences.py"]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.skipif(not (MODELS / "smollm2-135m-instruct").is_dir(), reason="smollm2-135m-instruct is not here")
def test_two_sentences_come_back_and_stop_where_the_usual_labels_do_not():
    said = run("two_sentences.py")
    assert "lint: 2 examples cannot be evaluated" in said
    assert "What is under the floor? → 'Warm smoke from the kitchen stove.' (stop)" in said
    assert "Who lights the stove? → 'Grandmother Sun, before the birds wake.' (stop)" in said
    usual = [line for line in said.splitlines() if line.startswith("tutorial:")]
    assert len(usual) == 2
    assert all(line.endswith("(length)") for line in usual)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.skipif(not (MODELS / "gemma-3-270m").is_dir(), reason="gemma-3-270m is not here")
def test_a_table_of_dishes_is_learnt_and_measured():
    said = run("dishes.py", "--steps", "30")
    assert "columns: question = {음식이름}에 대해 설명해 주세요. · answer = {음식설명}" in said
    assert "it helped." in said
    assert said.count("(stop)") == 2
