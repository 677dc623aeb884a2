"""One quantisation out of a repository, from a hub of our own on this machine."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ondol.errors import Damaged, NotFound, Offline
from ondol.model_store.hub_quant import choose_files
from ondol.model_store.store import ModelStore

NAMES = [
    "README.md", "mmproj-m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-UD-Q4_K_M.gguf", "m-q4_k_s.gguf",
    "Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf", "m-F16-00002-of-00003.gguf",
]  # fmt: skip
CONTENT = b"GGUF weights" * 100
PULL = """
import sys
from pathlib import Path
from ondol.errors import OndolError
from ondol.model_store.store import ModelStore
try:
    print(ModelStore(Path(sys.argv[1])).pull(sys.argv[2])["status"])
except OndolError as error:
    print(error)
"""


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.answer(
            CONTENT, {"X-Repo-Commit": "c" * 40, "ETag": f'"{hashlib.sha256(CONTENT).hexdigest()}"'}, body=False
        )

    def do_GET(self) -> None:
        if "/resolve/" in self.path:
            self.answer(CONTENT, {"X-Repo-Commit": "c" * 40, "ETag": f'"{hashlib.sha256(CONTENT).hexdigest()}"'})
            return
        lfs = {"sha256": hashlib.sha256(CONTENT).hexdigest(), "size": len(CONTENT), "pointerSize": 100}
        siblings = [{"rfilename": name, "size": len(CONTENT), "lfs": lfs} for name in NAMES]
        row = {"id": "o/r-GGUF", "sha": "c" * 40, "siblings": siblings, "cardData": {"license": "apache-2.0"}}
        self.answer(json.dumps(row).encode(), {"Content-Type": "application/json"})

    def answer(self, content: bytes, headers: dict[str, str], *, body: bool = True) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def pull(home, hub, spec):
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(home / "hf"), "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-c", PULL, str(home), spec]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_quantisation_is_kept_with_its_sums_and_licence_and_found_by_its_spec(tmp_path, hub):
    assert pull(tmp_path, hub, "o/r-GGUF:q4_k_m") == "ready"
    store = ModelStore(tmp_path, offline=True)
    path = store.locate("o/r-GGUF:Q4_K_M")
    assert (path.name, path.read_bytes()) == ("m-Q4_K_M.gguf", CONTENT)
    assert "License: apache-2.0" in (path.parent / "NOTICE.txt").read_text()
    [row] = store.verify([])
    assert (row["name"], row["status"], row["license"]) == ("o/r-GGUF:Q4_K_M", "ready", "apache-2.0")
    assert row["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    store.remove("o/r-GGUF:Q4_K_M")
    with pytest.raises(NotFound):
        store.locate("o/r-GGUF:Q4_K_M")


def test_all_parts_come_and_the_first_is_what_is_opened(tmp_path, hub):
    assert pull(tmp_path, hub, "o/r-GGUF:Q8_0") == "ready"
    path = ModelStore(tmp_path).locate("o/r-GGUF:Q8_0")
    assert path.name == "m-Q8_0-00001-of-00002.gguf"
    assert path.with_name("m-Q8_0-00002-of-00002.gguf").is_file()


def test_a_quantisation_that_is_not_there_lists_those_that_are(tmp_path, hub):
    assert pull(tmp_path, hub, "o/r-GGUF:Q2_K") == (
        "o/r-GGUF holds no GGUF file of quantisation Q2_K.\n  → It holds: F16, Q4_K_M, Q4_K_S, Q8_0, UD-Q4_K_M."
    )


def test_nothing_is_fetched_unless_asked(tmp_path):
    with pytest.raises(NotFound, match="The model 'o/r:Q4_0' is not on this machine") as caught:
        ModelStore(tmp_path).locate("o/r:Q4_0")
    assert caught.value.hint == "Fetch it with: ondol models pull o/r:Q4_0"
    with pytest.raises(Offline):
        ModelStore(tmp_path, offline=True).pull("o/r:Q4_0")


def test_half_a_model_on_the_hub_is_refused():
    with pytest.raises(Damaged, match="o/r holds 1 of 3 parts of F16"):
        choose_files(NAMES, "F16", repository="o/r")
    with pytest.raises(NotFound) as caught:
        choose_files(["README.md"], "F16", repository="o/r")
    assert "no GGUF files" in caught.value.hint
