"""A process with a model ends, however it ends."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path
from ondol.models.llama_cpp.model import LlamaCpp
model = LlamaCpp(path=Path(sys.argv[1]), threads=1)
{rest}
print("end", flush=True)
"""
ENDINGS = {
    "unused": "",
    "closed": "model.close()",
    "dropped": "del model",
    "asked": "model.invoke('x')",
    "streaming": "stream = model.stream('x', max_tokens=900); next(stream)",
    "in a cycle": "me = [model]; me.append(me); del model, me",
}


def run(path, rest: str) -> str:
    code = PROGRAM.format(rest=rest)
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("rest", ENDINGS.values(), ids=ENDINGS)
def test_a_process_ends_without_a_word(make_model, rest):
    assert run(make_model(endless=True), rest) == "end\n"


@pytest.mark.slow
def test_twenty_processes_in_a_row_end(make_model):
    path = make_model()
    for _ in range(20):
        assert run(path, "") == "end\n"
