"""The hub's client against a hub of our own on this machine."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

CONTENT = b"weights from the hub" * 500
COMMIT = "c" * 40
PULL = """
import sys
from pathlib import Path
from ondol.model_store.store import ModelStore
class Loud:
    def begin(self, label, total, unit): pass
    def advance(self, amount): print("+", amount)
    def note(self, line): print(line)
    def end(self): pass
print(ModelStore(Path(sys.argv[1])).pull("tiny", progress=Loud())["source"])
"""


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        if "/resolve/" not in self.path:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(CONTENT).hexdigest()}"')
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        return None

    def do_GET(self) -> None:
        if "/resolve/" in self.path:
            self.do_HEAD()
            self.wfile.write(CONTENT)
            return
        lfs = {"sha256": hashlib.sha256(CONTENT).hexdigest(), "size": len(CONTENT), "pointerSize": 100}
        siblings = [{"rfilename": "tiny.gguf", "size": len(CONTENT), "lfs": lfs}]
        body = json.dumps({"id": "someone/tiny", "sha": COMMIT, "siblings": siblings}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pull(store, endpoint):
    environment = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(store.home / "hf"), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", PULL, str(store.home)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def source(sha256=""):
    file = {"name": "tiny.gguf", "sha256": sha256, "bytes": len(CONTENT)}
    return {"kind": "hub", "where": ["someone/tiny"], "file": [file]}


@pytest.mark.parametrize("sha256", ["", hashlib.sha256(CONTENT).hexdigest()])
def test_files_come_from_the_hub(hub, store_of, sha256):
    store = store_of(source(sha256))
    done = pull(store, hub)
    assert done.stdout.splitlines()[-1] == "hub someone/tiny", done.stderr
    assert (store.path("tiny") / "tiny.gguf").read_bytes() == CONTENT
    assert sum(int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("+ ")) == len(CONTENT)
    assert store.verify(["tiny"])[0]["sha256"] == hashlib.sha256(CONTENT).hexdigest()


def test_a_file_that_is_not_the_pinned_one_is_not_taken(hub, store_of, tiny):
    done = pull(store_of(source("0" * 64), tiny), hub)
    assert "Not from hub someone/tiny: tiny.gguf of someone/tiny is another file than the pinned one." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("index tiny-part1==1.0")


def test_a_hub_that_cannot_be_reached_gives_way_at_once(store_of, tiny):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    started = time.monotonic()
    done = pull(store_of(source(), tiny), f"http://127.0.0.1:{port}")
    assert "Not from hub someone/tiny: The hub did not give someone/tiny: " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("index tiny-part1==1.0")
    assert time.monotonic() - started < 20
