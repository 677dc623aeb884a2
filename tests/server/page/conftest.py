"""The page in a browser: Debian's chromium on the application of this process."""

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ondol.server.engine import Engine
from ondol.settings import load_settings
from tests.server.conftest import running

PAGE = Path(__file__).parents[3] / "ondol" / "server" / "page"
LOCALES = {"en": "en-US", "ko": "ko-KR"}
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}


@dataclass
class Heard:
    """What a page must not do."""

    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture
def address(environment):
    """Of a server over the home of `environment`."""
    with running(Engine(load_settings(), parallel=2)) as told:
        yield f"{told}/"


@pytest.fixture
def visit(browser, address):
    """`visit("#/library", language="ko", size=NARROW)` opens the page; at the end it must have made no error."""
    contexts, heard = [], Heard()

    def go(view="#/ask", *, language="en", size=WIDE, answers=None, **more):
        context = browser.new_context(locale=LOCALES[language], viewport=size, accept_downloads=True, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda told: _is_mistake(told) and heard.errors.append(told.text))
        page.on("pageerror", lambda error: heard.errors.append(str(error)))
        page.on("request", lambda sent: _is_ours(sent.url, address) or heard.elsewhere.append(sent.url))
        for pattern, answer in (answers or {}).items():
            page.route(pattern, _answering(answer))
        page.goto(f"{address}{view}")
        page.wait_for_selector("main h1, main h2")
        return page

    yield go
    for context in contexts:
        context.close()
    assert heard == Heard()


def _is_ours(url, address):
    return url.startswith((address, "data:", "blob:"))


def _is_mistake(told):
    """A status from 400 on is told by the browser too; the tests look at what the page makes of it."""
    return told.type in ("error", "warning") and not told.text.startswith(
        "Failed to load resource: the server responded"
    )


def _answering(answer):
    def fulfil(route):
        if isinstance(answer, str):
            route.fulfill(status=200, content_type="text/event-stream", body=answer)
        else:
            route.fulfill(status=200, content_type="application/json", body=json.dumps(answer))

    return fulfil


@pytest.fixture
def talk(visit):
    """`talk(page, question)` asks, and returns the last answer when it is there."""

    def ask(page, question):
        count = page.locator(".answer").count()
        page.locator(".composer textarea").fill(question)
        page.keyboard.press("Enter")
        page.locator(".answer").nth(count).wait_for()
        page.wait_for_selector(f".answer >> nth={count} >> css=.answer-actions")
        return page.locator(".answer").last

    return ask


@pytest.fixture
def slowly(monkeypatch):
    """Fake models speak a word in 0.1 s."""
    import time

    from ondol.models.fake import FakeChat

    said = FakeChat._say

    def say(self, *given, **more):
        for piece in said(self, *given, **more):
            time.sleep(0.1)
            yield piece

    monkeypatch.setattr(FakeChat, "_say", say)


@pytest.fixture
def worker(environment):
    """What reads uploads."""
    from ondol.server.jobs.keeper import WorkerKeeper

    with WorkerKeeper(Path(environment["ONDOL_HOME"])) as keeper:
        yield keeper
