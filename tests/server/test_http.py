"""`ondol serve` as a process of its own, and what it decides before it serves."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack

import httpx
import pytest

from ondol.server.listening import listen


@pytest.fixture
def open_process(environment):
    """`subprocess.Popen` for text; what still runs at the end is killed."""
    with ExitStack() as stack:

        def run(command, **more):
            process = stack.enter_context(subprocess.Popen(command, text=True, **more))
            stack.callback(process.kill)
            return process

        yield run


@pytest.fixture
def start(open_process):
    """`start("--port", "0")`: the process and the address that it told."""

    def run(*arguments, **more):
        command = [sys.executable, "-m", "ondol.cli.main", "serve", "--port", "0", *arguments]
        process = open_process(command, env={**os.environ, **more}, stderr=subprocess.PIPE)
        told = process.stderr.readline()
        found = re.search(r"http://\S+?(?=;)", told)
        assert found, told + process.stderr.read()
        return process, found[0]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(start, filled, ending):
    process, address = start()
    assert address.startswith("http://127.0.0.1:")
    assert httpx.get(f"{address}health").json()["status"] == "ok"
    answer = httpx.post(f"{address}api/generate", json={"user_input": "When does the museum open?"}, timeout=60)
    assert "[1]" in answer.json()["answer"]
    process.send_signal(ending)
    assert process.wait(30) == 0
    rest = process.stderr.read()
    assert "POST /api/generate 200" in rest
    assert "museum" not in rest
    assert "Traceback" not in rest


@pytest.mark.slow
def test_another_host_asks_for_a_token_that_is_shown_once(start, environment):
    _, address = start("--host", "0.0.0.0")
    place, _, token = address.partition("?token=")
    port = place.rstrip("/").rpartition(":")[2]
    assert len(token) >= 40
    here = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{here}/v1/models").status_code == 401
    assert httpx.get(f"{here}/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert httpx.get(f"{here}/health", headers={"Host": "evil.example"}).status_code == 403
    assert httpx.get(f"{here}/health", headers={"Host": f"192.168.1.20:{port}"}).status_code == 200


@pytest.mark.slow
def test_a_given_token_is_not_shown(start, environment):
    process, address = start("--host", "0.0.0.0", ONDOL_TOKEN="a-token-of-my-own")
    assert "token" not in address
    process.terminate()
    assert "a-token-of-my-own" not in process.stderr.read()


BUSY = """
import ctypes, sys, time
from ondol.server import http
from ondol.server.engine import Engine
from ondol.settings import load_settings

def sleep(engine):
    time.sleep(300)

def keep_the_lock(engine):
    ctypes.PyDLL(None).sleep(300)

how, http.GRACE_S = sys.argv[1], float(sys.argv[2])
http.CUT_S = 0.5
if how != "ends":
    Engine.close = {"sleeps": sleep, "keeps the lock": keep_the_lock}[how]
http.serve_http(load_settings(), port=0, ready=lambda address, token: print(address, flush=True))
"""


@pytest.fixture
def busy(open_process):
    """`busy("sleeps", grace_s)`: a server whose parts do not end by themselves; its process and address."""

    def run(how, grace_s):
        command = [sys.executable, "-c", BUSY, how, str(grace_s)]
        process = open_process(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        address = process.stdout.readline().strip()
        httpx.get(f"{address}health", timeout=60)
        return process, address

    return run


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("how", "code"), [("sleeps", 0), ("keeps the lock", 1)])
def test_what_does_not_end_by_itself_does_not_keep_the_process(busy, how, code, ending):
    process, address = busy(how, 0.5)
    process.send_signal(ending)
    assert process.wait(30) == code
    with listen("127.0.0.1", int(address.rstrip("/").rpartition(":")[2])):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(busy, ending):
    process, _ = busy("sleeps", 120)
    process.send_signal(ending)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(ending)
    assert process.wait(30) == 128 + ending
