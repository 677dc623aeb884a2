"""`kill -9` of the server and its worker: the next server has all that was answered, and goes on with the rest."""

import re
import subprocess
import sys
import threading
import time

import httpx
import psutil
import pytest

import ondol

PATIENCE_S = 180
FILES = {
    f"note {number}.txt": f"Note {number}: the mill grinds {number} sacks. 방앗간은 밀 {number}자루를 빻습니다."
    for number in range(250)
}


@pytest.fixture
def home(tmp_path, environment):
    return tmp_path / "home"


class Served:
    """`ondol serve` as a process, started again after it was killed."""

    def __init__(self, log, *arguments):
        self._log = log
        self._command = [sys.executable, "-m", "ondol.cli.main", "serve", "--port", "0", *arguments]
        self.start()

    def start(self):
        with self._log.open("wb") as out:
            self.process = subprocess.Popen(self._command, stderr=out)
        while not (told := re.search(r"http://\S+?(?=/;)", self._log.read_text(encoding="utf-8"))):
            assert self.process.poll() is None, self._log.read_text(encoding="utf-8")
            time.sleep(0.02)
        self.address = told[0]
        self.get("/health")

    def kill(self):
        """Server and worker at once; returns when their children are gone too."""
        server = psutil.Process(self.process.pid)
        family, workers = server.children(recursive=True), server.children()
        for one in (server, *workers):
            one.kill()
        self.process.wait()
        assert psutil.wait_procs(family, timeout=60)[1] == []

    def end(self):
        self.process.kill()
        self.process.wait()

    def get(self, path, **query):
        return httpx.get(f"{self.address}{path}", params=query, timeout=60).json()

    def post(self, path, **body):
        return httpx.post(f"{self.address}{path}", timeout=60, **body).raise_for_status().json()

    def wait_for(self, job, test):
        deadline = time.monotonic() + PATIENCE_S
        while not test(row := self.get(f"/api/jobs/{job}")):
            assert time.monotonic() < deadline, row
            time.sleep(0.05)
        return row


@pytest.fixture
def served(home, tmp_path):
    begun = Served(tmp_path / "log")
    yield begun
    begun.end()


def has_ended(row):
    return row["state"] in ("done", "failed", "stopped")


def kept(home):
    return [path for path in (home / "uploads").rglob("*") if path.is_file()]


@pytest.mark.slow
def test_an_upload_that_was_cut_off_leaves_nothing(served, home):
    started = threading.Event()

    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="mill.txt"\r\n\r\n'
        for _ in range(6000):
            yield b"The mill grinds. " * 1000
            started.set() if kept(home) else time.sleep(0.01)

    def send():
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{served.address}/api/uploads", content=body(), headers=headers, timeout=60)

    thread = threading.Thread(target=send)
    thread.start()
    assert started.wait(60)
    served.kill()
    thread.join()
    assert len(kept(home)) == 1
    served.start()
    assert kept(home) == []
    assert served.get("/api/jobs") == {"jobs": []}


@pytest.mark.slow
@pytest.mark.parametrize("what", ["", "Reading", "Embedding", "Indexing words"])
def test_files_that_were_taken_are_read_by_the_next_server(served, home, what):
    files = [("files", (name, text.encode())) for name, text in FILES.items()]
    job = served.post("/api/uploads", files=files)["job"]["id"]
    served.wait_for(job, lambda row: row["progress"]["what"] == what or has_ended(row))
    served.kill()
    served.start()
    row = served.wait_for(job, has_ended)
    assert row["state"] == "done", row
    assert row["result"]["added"] + row["result"]["unchanged"] == len(FILES)
    sources = served.get("/api/sources", limit=1000)["sources"]
    assert sorted(source["source"].rpartition("/")[2] for source in sources) == sorted(FILES)
    assert served.post("/api/search", json={"query": "방앗간"})["hits"]
    with ondol.open_library(home) as library:
        assert library.verify() == []
    assert len(kept(home)) == len(FILES)


@pytest.mark.slow
@pytest.mark.parametrize("saved", [0, 2])
def test_a_training_is_taken_up_by_the_next_server(home, tmp_path, base, saved):
    served = Served(tmp_path / "log", "--model", base)
    try:
        rows = [{"question": f"Question {n}?", "answer": f"답 {n % 7}."} for n in range(60)]
        data = served.post("/api/runs/data", json={"rows": rows})["data"]
        choice = {"batch": 2, "epochs": 2, "evaluations": 27, "patience": 0, "threads": 1, "device": "cpu"}
        asked = {"data": data, "base": base, "name": "small", **choice}
        job = served.post("/api/runs", json=asked)["job"]["id"]
        folder = home / "adapters" / "small"

        def has_come_so_far(row):
            checkpoints = len([*folder.glob("checkpoints/checkpoint-*/trainer_state.json")])
            return checkpoints >= saved if saved else (folder / "log.jsonl").is_file()

        served.wait_for(job, lambda row: has_come_so_far(row) or has_ended(row))
        served.kill()
        served.start()
        row = served.wait_for(job, has_ended)
        assert row["state"] == "done", row
        points = served.get("/api/runs/small")["points"]
        assert [point["step"] for point in points if point["loss"] is not None] == list(range(1, 55))
    finally:
        served.end()
