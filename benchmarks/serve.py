"""What the server adds to the runtime, and whether it holds many at once.

    python benchmarks/serve.py --data ../shared/data [--askers 32] [--seconds 60] [--rate 100] [--requests 2000]

Real passages and questions. `ondol serve` runs in a process of its own on loopback and is asked by threads of this one.
Writing: every asker has one text for the default chat model to go on with, streamed by the server, and at once by
llama.cpp's own server in another process; three rounds in turn, and the ratio of their tokens a second is printed.
Searches come at a fixed rate, whether the earlier ones are answered or not. Memory is the server's resident size after
half of the requests and after all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from statistics import median
from subprocess import PIPE
from typing import IO, Any, cast

import httpx
import numpy as np
import psutil

from ondol.device import usable_cores
from ondol.settings import default_home

SETS = {"tydiqa_ko": [], "tydiqa_en": [], "scifact": ["--id", "_id"]}
FILES = {"scifact": "corpus.jsonl"}
MODEL, TOKENS, PARALLEL = "llama.cpp:gemma-3-270m", 64, 4
PROGRAM = str(Path(sys.executable).with_name("ondol"))
ROUNDS = 3
DIRECT = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
import ondol
model, prompts, options, request = json.loads(sys.stdin.readline())
with ondol.open_model(model, **options) as chat, ThreadPoolExecutor(len(prompts)) as pool:
    def write(prompt):
        return chat._server.ask("/v1/completions", {**request, "prompt": prompt})["usage"]["completion_tokens"]
    write(prompts[0])
    print(flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        tokens = sum(pool.map(write, prompts))
        print(tokens / (time.perf_counter() - start), flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--askers", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=100, help="Searches a second.")
    parser.add_argument("--requests", type=int, default=2000, help="For memory.")
    parser.add_argument("--work", type=Path, help="Where the library stays; else it is thrown away.")
    options = parser.parse_args()
    questions = read_questions(options.data)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(options.work or Path(folder), options.data) as (client, server),
    ):
        ask_all(client, questions[: options.askers])
        compare_writing(client, questions[: options.askers])
        search_at(client, questions, rate=options.rate, seconds=options.seconds)
        watch_memory(client, server, questions, count=options.requests)


def read_questions(data: Path) -> list[str]:
    """Korean and English in turn."""
    korean, english = (
        [json.loads(line)["question"] for line in (data / name / "questions_train.jsonl").open(encoding="utf-8")]
        for name in ("tydiqa_ko", "tydiqa_en")
    )
    return [question for pair in zip(korean, english, strict=False) for question in pair]


@contextmanager
def serving(home: Path, data: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "models").exists():
        (home / "models").symlink_to(default_home() / "models")
    environment = {**os.environ, "ONDOL_HOME": str(home)}
    for name, keys in SETS.items():
        file = str(data / name / FILES.get(name, "contexts_train.jsonl"))
        subprocess.run([PROGRAM, "add", file, "--records", *keys], env=environment, check=True, stdout=sys.stderr)
    listed = subprocess.run([PROGRAM, "list", "--json"], env=environment, check=True, capture_output=True)
    print(f"chunks: {json.loads(listed.stdout)['chunks']}")
    command = [PROGRAM, "serve", "--port", "8097", "--option", f"threads={usable_cores()}"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        limits = httpx.Limits(max_connections=512, max_keepalive_connections=512)
        with httpx.Client(base_url="http://127.0.0.1:8097", timeout=600, limits=limits) as client:
            wait_for(client)
            yield client, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(60)


def wait_for(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            client.get("/health").raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    client.post("/api/search", json={"query": "온돌 ondol"}).raise_for_status()
    time.sleep(3)  # what the first question needs is opened meanwhile


def ask_all(client: httpx.Client, questions: Sequence[str]) -> None:
    """Everybody asks the documents at once."""
    with_health(client, f"{len(questions)} ask the documents at once", lambda: each(questions, lambda question: post(
        client, "/v1/chat/completions", {"model": "ondol", "messages": [{"role": "user", "content": question}]}
    )))  # fmt: skip


def compare_writing(client: httpx.Client, prompts: Sequence[str]) -> None:
    request = {"max_tokens": TOKENS, "seed": 1, "temperature": 0}

    def write(prompt: str) -> tuple[float, int]:
        return stream(client, "/v1/completions", {**request, "model": MODEL, "prompt": prompt})

    write(prompts[0])
    options = {"parallel": PARALLEL, "threads": usable_cores()}
    rows = []
    with writing_alone([MODEL, list(prompts), options, request]) as write_alone:
        for _ in range(ROUNDS):
            alone = write_alone()
            seconds, tokens = with_health(client, f"{len(prompts)} let the model write", lambda: each(prompts, write))
            rows.append((tokens / seconds, alone, tokens / seconds / alone))
    rate, bare, ratio = map(median, zip(*rows, strict=True))
    print(f"  {rate:.1f} tokens/s through the server, {bare:.1f} without it: {ratio:.2f} of it (medians)")


@contextmanager
def writing_alone(given: list[Any]) -> Iterator[Callable[[], float]]:
    """Tokens a second of llama.cpp's own server, by a call, in a process that stays."""
    with subprocess.Popen([sys.executable, "-c", DIRECT], stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        asked, told = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)

        def tell(line: str) -> str:
            print(line, file=asked)
            return told.readline()

        tell(json.dumps(given))
        yield lambda: float(tell("go"))
        asked.close()


def search_at(client: httpx.Client, questions: Sequence[str], *, rate: float, seconds: float) -> None:
    count = int(rate * seconds)
    begin = time.perf_counter() + 0.1

    own = threading.local()

    def search(number: int) -> float:
        due = begin + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        if not hasattr(own, "connection"):
            own.connection = connect(client)
        answer = ask(own.connection, "/api/search", {"query": questions[number % len(questions)]})
        assert json.loads(answer.read())["hits"]
        return time.perf_counter() - due

    with ThreadPoolExecutor(128) as pool:
        rows = list(pool.map(search, range(count)))
    took = time.perf_counter() - begin
    print(f"{count} searches at {rate:.0f}/s: no error, {count / took:.1f}/s were answered, {spread(rows)}")


def watch_memory(client: httpx.Client, server: psutil.Process, questions: Sequence[str], *, count: int) -> None:
    sizes = []
    for half in range(2):
        chosen = [questions[(half * count // 2 + number) % len(questions)] for number in range(count // 2)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda question: post(client, "/api/search", {"query": question}), chosen))
        sizes.append(server.memory_info().rss / 1e6)
    print(f"memory after {count // 2} and {count} requests: {sizes[0]:.0f} MB, {sizes[1]:.0f} MB")


def each(items: Sequence[str], work: Callable[[str], tuple[float, int]]) -> list[tuple[float, int]]:
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))


def post(client: httpx.Client, path: str, body: dict[str, Any]) -> tuple[float, int]:
    """Seconds, and tokens that were written; raises where the answer is an error."""
    start = time.perf_counter()
    answer = client.post(path, json=body)
    answer.raise_for_status()
    return time.perf_counter() - start, answer.json().get("usage", {}).get("completion_tokens", 0)


def stream(client: httpx.Client, path: str, body: dict[str, Any]) -> tuple[float, int]:
    """As `post`, token by token."""
    start, tokens = time.perf_counter(), 0
    body = {**body, "stream": True, "stream_options": {"include_usage": True}}
    with closing(connect(client)) as connection:
        for line in ask(connection, path, body):
            if b'"completion_tokens"' in line:
                tokens = json.loads(line.removeprefix(b"data: "))["usage"]["completion_tokens"]
    return time.perf_counter() - start, tokens


def connect(client: httpx.Client) -> HTTPConnection:
    """For what is asked most: httpx takes 1.5 ms of a core for a search, this 0.5 ms."""
    return HTTPConnection(client.base_url.host, client.base_url.port)


def ask(connection: HTTPConnection, path: str, body: dict[str, Any]) -> HTTPResponse:
    connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(answer.read())
    return answer


def with_health(client: httpx.Client, name: str, work: Callable[[], list[tuple[float, int]]]) -> tuple[float, int]:
    """Seconds and tokens of all; /health is asked ten times a second meanwhile."""
    ended, beats = threading.Event(), []

    def beat() -> None:
        with closing(connect(client)) as connection:
            while not ended.wait(0.1):
                start = time.perf_counter()
                connection.request("GET", "/health")
                connection.getresponse().read()
                beats.append(time.perf_counter() - start)

    thread = threading.Thread(target=beat)
    thread.start()
    start = time.perf_counter()
    try:
        rows = work()
    finally:
        ended.set()
        thread.join()
    seconds = time.perf_counter() - start
    print(f"{name}: no error, all in {seconds:.1f} s, {spread([row[0] for row in rows])}; "
          f"health p99 {1000 * np.quantile(beats, 0.99):.0f} ms")  # fmt: skip
    return seconds, sum(row[1] for row in rows)


def spread(seconds: Sequence[float]) -> str:
    p50, p95 = (1000 * float(np.quantile(seconds, share)) for share in (0.5, 0.95))
    return f"p50 {p50:.0f} ms, p95 {p95:.0f} ms"


if __name__ == "__main__":
    main()
