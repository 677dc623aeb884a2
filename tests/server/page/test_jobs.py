"""Models and Train with the real work behind them: a download from a hub of our own, a training of a small network."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.model_store.conftest import toml

pytestmark = [pytest.mark.service, pytest.mark.slow]

PART = b"weights from the hub" * 524_288
"""10 MiB: what the hub's client reads at once."""
WEIGHTS = PART * 3
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
WORK_MS = 60_000


class Hub(ThreadingHTTPServer):
    """Sends two thirds of a model, and the rest when `gate` is open."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Shelf)
        self.gate, self.sends = threading.Event(), True


class Shelf(BaseHTTPRequestHandler):
    def do_HEAD(self):
        begin = int(self.headers.get("Range", "bytes=0-")[6:-1])
        self.send_response(206 if begin else 200)
        self.send_header("X-Repo-Commit", "c" * 40)
        self.send_header("ETag", f'"{SHA256}"')
        self.send_header("Content-Range", f"bytes {begin}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        self.send_header("Content-Length", str(len(WEIGHTS) - begin))
        self.end_headers()
        return begin

    def do_GET(self):
        if not self.server.sends:
            return self.send_error(404)
        if "/resolve/" not in self.path:
            return self.describe()
        begin = self.do_HEAD()
        try:
            for at in range(begin, len(WEIGHTS), len(PART)):
                if at + len(PART) == len(WEIGHTS):
                    self.server.gate.wait(WORK_MS / 1000)
                self.wfile.write(WEIGHTS[at : at + len(PART)])
                time.sleep(0.7)  # progress is written twice a second
        except OSError:
            pass  # the download was stopped
        return None

    def describe(self):
        lfs = {"sha256": SHA256, "size": len(WEIGHTS), "pointerSize": 100}
        files = [{"rfilename": "tiny.gguf", "size": len(WEIGHTS), "lfs": lfs}]
        body = json.dumps({"id": "someone/tiny", "sha": "c" * 40, "siblings": files}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(environment, monkeypatch):
    """The only source of a model `tiny` in the catalogue."""
    home = Path(environment["ONDOL_HOME"])
    home.mkdir(exist_ok=True)
    file = {"name": "tiny.gguf", "sha256": SHA256, "bytes": len(WEIGHTS)}
    rows = ["[[model]]", 'name = "tiny"', 'kind = "chat"', 'license = "CC0-1.0"', 'notice = "Do as you like."']
    rows += ["[[model.source]]", 'kind = "hub"', 'where = ["someone/tiny"]', f"file = [{toml(file)}]"]
    (home / "catalogue.toml").write_text("\n".join(rows), encoding="utf-8")
    server = Hub()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(home / "hf"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()


def pull(page):
    page.set_default_timeout(WORK_MS)
    row = page.locator(".model", has_text="tiny")
    row.locator(".row-tools button").click()
    row.locator(".job").wait_for()
    return row


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_model_comes_with_its_progress_and_is_there(visit, hub, worker, language):
    page = visit("#/models", language=language)
    row = pull(page)
    row.locator(".job-head p", has_text="20 MB / 30 MB").wait_for()
    assert row.locator("progress").evaluate("(bar) => bar.value") == pytest.approx(2 / 3)
    hub.gate.set()
    page.locator(".model", has_text="tiny").locator(".icon-trash").wait_for()
    [kept] = [one for one in page.evaluate("fetch('/api/models').then((told) => told.json())")["models"]
              if one["name"] == "tiny"]  # fmt: skip
    assert (kept["status"], kept["sha256"]) == ("ready", SHA256)


def test_a_download_is_stopped_and_begun_again(visit, hub, worker):
    page = visit("#/models")
    row = pull(page)
    row.locator(".job-head p", has_text="20 MB / 30 MB").wait_for()
    row.get_by_role("button", name="Stop").click()
    row.locator(".job-head p", has_text="Stopped").wait_for()
    assert page.locator(".model", has_text="tiny").locator(".icon-trash").count() == 0
    hub.gate.set()
    row.get_by_role("button", name="Try again").click()
    page.locator(".model", has_text="tiny").locator(".icon-trash").wait_for()


@pytest.mark.parametrize(("language", "again"), [("en", "Try again"), ("ko", "다시 시도")])
def test_a_download_that_fails_tells_why(visit, hub, worker, language, again):
    hub.sends = False
    page = visit("#/models", language=language)
    row = pull(page)
    row.locator(".note.bad").wait_for()
    assert "someone/tiny" in row.locator(".note.bad").inner_text()
    assert row.get_by_role("button", name=again).is_visible()
    page.reload()
    page.locator(".model .note.bad").wait_for()


@pytest.fixture
def small(environment, base, monkeypatch):
    """The server's model is a network that learns in seconds."""
    monkeypatch.setenv("ONDOL_MODEL", base)


@pytest.fixture
def examples():
    rows = [(f"Question {n}?", f"Answer {n % 7}.") if n % 2 else (f"질문 {n}?", f"답 {n % 7}.") for n in range(60)]
    text = "질문,답변\n" + "".join(f"{question},{answer}\n" for question, answer in rows)
    return {"name": "faq.csv", "mimeType": "text/csv", "buffer": text.encode()}


TRAIN = {
    "en": {"look": "Check the examples", "plan": "Plan", "start": "Start training", "fits": "It fits."},
    "ko": {"look": "예시 검사하기", "plan": "계획 보기", "start": "학습 시작", "fits": "이 컴퓨터에서 가능합니다."},
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
def test_examples_are_checked_planned_and_learnt(small, visit, environment, worker, examples, language):
    said = TRAIN[language]
    page = visit("#/train", language=language)
    page.set_default_timeout(WORK_MS)
    page.locator(".step input[type=file]").set_input_files(examples)
    page.locator(".mapping").wait_for()
    assert [page.locator(".mapping select").nth(at).input_value() for at in (0, 1)] == ["질문", "답변"]
    page.get_by_role("button", name=said["look"]).click()
    page.locator(".tokens").wait_for()
    learnt = "".join(page.locator(".tokens .token.learnt").all_inner_texts())
    assert learnt.startswith(("Answer", "답"))
    page.get_by_role("button", name=said["plan"]).click()
    page.get_by_text(said["fits"]).wait_for()
    page.locator(".run-form summary").click()
    page.locator(".run-form input").first.fill("small")
    page.locator(".run-form input[type=number]").first.fill("1")
    page.get_by_role("button", name=said["start"]).click()
    page.locator("svg.curve .curve-loss[d^=M]").wait_for()
    page.locator("a.button[href='#/evaluate']").wait_for()
    assert page.locator(".curve-point").count() > 0
    assert (Path(environment["ONDOL_HOME"]) / "adapters" / "small" / "run.json").is_file()
