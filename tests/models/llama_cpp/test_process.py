"""A process with a model ends, however it ends."""

import signal
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


PRESSED = """
import signal, sys, threading
from pathlib import Path
import xllamacpp
from langchain_core.messages import HumanMessage
from ondol.models.llama_cpp.model import LlamaCpp

opened, joined = xllamacpp.Server, threading.Thread.join

def open_server(params):
    server = opened(params)
    if sys.argv[2] == "opening":
        signal.raise_signal(signal.SIGINT)
    return server

def join(thread, *limits):
    signal.raise_signal(signal.SIGINT)
    joined(thread, *limits)

xllamacpp.Server = open_server
if sys.argv[2] == "closing":
    threading.Thread.join = join
with LlamaCpp(path=Path(sys.argv[1]), threads=1, max_tokens=4000) as model:
    for chunk in model.stream_messages([HumanMessage("x")]):
        signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.parametrize("moment", ["opening", "writing", "closing"])
@pytest.mark.parametrize("time", [1, 2, 3, 4])
def test_ctrl_c_at_a_bad_moment_ends_the_process(make_model, moment, time):
    """A server that is dropped before its first call hangs now and then, and one that outlives Python aborts."""
    command = [sys.executable, "-c", PRESSED, str(make_model(endless=True)), moment]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "FATAL" not in ran.stderr
    assert ran.stderr.rstrip().endswith("KeyboardInterrupt")
    assert ran.returncode == -signal.SIGINT
