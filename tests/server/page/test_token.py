"""The page of a server on another address: a token opens it once, a cookie from then on."""

import socket
from urllib.parse import urlsplit

import pytest

import ondol
from ondol.server.engine import Engine
from ondol.server.security import Access
from ondol.settings import load_settings
from tests.ingest.formats.conftest import write_pdf
from tests.server.conftest import TOKEN, running
from tests.server.page.conftest import NARROW

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def address(filled):
    """Of a server that listens on all addresses, called by its number."""
    (filled / "brook.pdf").write_bytes(write_pdf([[(72, 700, "The brook behind the mill freezes in January.")]]))
    with ondol.open_library() as library:
        ondol.add_documents(library, [str(filled / "brook.pdf")])
    access = Access(token=TOKEN, any_address=True)
    with running(Engine(load_settings(), parallel=2), access, host="0.0.0.0") as told:
        yield f"http://{own_address()}:{told.rpartition(':')[2]}/"


def own_address():
    """Of this machine in its network; a machine without one has the loopback's second address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.2"
        return asked.getsockname()[0]


@pytest.fixture
def arrive(browser, address):
    """`arrive("?token=…")` opens the page in a browser that has not been here."""
    contexts, errors = [], []

    def go(query="", *, language="en-US", **more):
        contexts.append(browser.new_context(locale=language, **more))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda told: "Content Security Policy" in told.text and errors.append(told.text))
        page.goto(f"{address}{query}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def test_the_printed_address_opens_the_page_once_and_for_all(arrive, talk, address):
    page = arrive(f"?token={TOKEN}")
    page.locator(".welcome").wait_for()
    assert TOKEN not in page.url
    assert urlsplit(page.url)._replace(fragment="").geturl() == address
    assert TOKEN not in page.evaluate("document.cookie + JSON.stringify(localStorage)")
    page.reload()
    page.locator(".welcome").wait_for()
    answer = talk(page, "When does the brook behind the mill freeze?")
    answer.locator("button.cite").first.click()
    page.locator(".panel-page[aria-busy=false]").wait_for()
    assert page.locator(".panel-page img").evaluate("(image) => image.naturalWidth") > 300
    page.go_back()
    assert TOKEN not in page.url


@pytest.mark.parametrize(
    ("language", "told"), [("en-US", "This server asks for a token."), ("ko-KR", "토큰이 필요합니다.")]
)
def test_without_the_token_the_page_says_where_it_is_and_takes_it(arrive, language, told):
    page = arrive(language=language, viewport=NARROW)
    assert page.get_by_text(told).is_visible()
    assert page.evaluate("document.activeElement.name") == "token"
    assert page.evaluate("getComputedStyle(document.querySelector('.button')).borderRadius") == "8px"
    page.keyboard.type("not-the-token-of-this-server")
    page.keyboard.press("Enter")
    page.wait_for_url("**token=not-the*")
    assert page.get_by_text(told).is_visible()
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.locator(".welcome").wait_for()
    assert TOKEN not in page.url


def test_a_token_that_has_changed_is_told_in_the_page(arrive):
    page = arrive(f"?token={TOKEN}")
    page.locator(".welcome").wait_for()
    page.context.clear_cookies()
    page.evaluate("location.hash = '#/library'")
    page.get_by_text("The token is missing or wrong.").first.wait_for()
    page.reload()
    page.get_by_text("This server asks for a token.").wait_for()


def test_axe_finds_nothing_where_the_token_is_asked_for(arrive):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = arrive()
    found = axe.Axe().run(page).response["violations"]
    assert [row["id"] for row in found] == []
