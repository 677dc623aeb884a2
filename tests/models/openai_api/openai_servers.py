"""Two servers for tests: llama.cpp's own in a process of its own, and one that says what a test writes down."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LLAMA = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.n_ctx, p.n_parallel, p.warmup, p.verbosity = sys.argv[1], 1024, 1, False, -1
p.hostnames = ["127.0.0.1"]
p.api_keys = sys.argv[2:]
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
s = xllamacpp.Server(p)
s.handle_completions({"prompt": "a", "max_tokens": 1})
print(s.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def llama_server(path: Path, *keys: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Its base URL and its process."""
    command = [sys.executable, "-c", LLAMA, str(path), *keys]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"{process.stdout.readline().strip()}/v1", process
        finally:
            process.kill()


class Scripted:
    """`answers[path]` is a JSON value, `(status, value, headers)`, a list of events, raw bytes, or a function."""

    def __init__(self, **answers) -> None:
        self.answers = {"/v1/models": {"data": [{"id": "m", "owned_by": "me"}]}, **answers}
        self.asked: list[tuple[str, dict, dict]] = []

    def bodies(self, path: str) -> list[dict]:
        return [body for asked, body, _ in self.asked if asked == path]


@contextmanager
def scripted(answers: dict | None = None) -> Iterator[tuple[str, Scripted]]:
    script = Scripted(**(answers or {}))

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            script.asked.append((self.path, body, dict(self.headers)))
            answer = script.answers.get(self.path, (404, {"error": {"message": "no such path"}}))
            answer = answer(body) if callable(answer) else answer
            status, answer, headers = (*answer, {})[:3] if isinstance(answer, tuple) else (200, answer, {})
            events = isinstance(answer, list)
            if events:
                answer = "".join(f"data: {json.dumps(row)}\n\n" for row in answer).encode()
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            kind = "text/event-stream" if events or isinstance(answer, bytes) else "application/json"
            for name, value in {"Content-Type": kind, "Connection": "close", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def say(*deltas: dict, finish: str | None = "stop", usage: bool = True) -> list[dict]:
    """Events of one answer."""
    events = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if finish:
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return events + ([{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}] if usage else [])
