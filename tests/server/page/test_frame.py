"""The frame of the page: languages, themes, keyboard, narrow screens, what is loaded."""

import pytest

from tests.server.page.conftest import NARROW

pytestmark = [pytest.mark.service, pytest.mark.slow]

VIEWS = ["ask", "library", "search", "train", "evaluate", "models", "settings"]
TITLES = {
    "en": ["What would you like to know?", "Library", "Search", "Train", "Evaluate", "Models", "Settings"],
    "ko": ["무엇이 궁금하신가요?", "자료", "검색", "학습", "평가", "모델", "설정"],
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_view_fits_a_narrow_screen(visit, filled, language, scheme):
    page = visit(language=language, size=NARROW, color_scheme=scheme)
    for view, title in zip(VIEWS, TITLES[language], strict=True):
        page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
        page.locator("main h1, main h2").get_by_text(title, exact=True).first.wait_for()
        wide = "(element) => element.scrollWidth - element.clientWidth"
        assert page.locator("html").evaluate(wide) == 0, view
        assert page.locator("main").evaluate(wide) == 0, view


def test_language_and_theme_are_chosen_and_kept(visit, filled):
    page = visit("#/settings")
    page.get_by_label("한국어").check(force=True)
    page.locator("h1", has_text="설정").wait_for()
    page.get_by_label("어둡게").check(force=True)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    page.locator("h1", has_text="설정").wait_for()
    assert page.locator("html").get_attribute("lang") == "ko"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_setting_holds_for_the_server(visit, filled):
    page = visit("#/settings")
    page.locator("input[name=threshold]").fill("0.8")
    page.get_by_role("button", name="Apply").click()
    page.locator(".toast").wait_for()
    assert page.evaluate("fetch('/api/settings').then((told) => told.json())")["threshold"] == 0.8


def test_the_keyboard_reaches_everything(visit, filled):
    page = visit("#/library")
    page.locator(".row-item").first.wait_for()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(3):
        page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"
    page.get_by_role("button", name="Collection menu").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "menuitem"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Collection menu"


def test_the_menu_of_a_phone_holds_the_focus_until_it_is_left(visit):
    page = visit(size=NARROW)
    toggle = page.get_by_role("button", name="Menu", exact=True)
    toggle.click()
    assert page.locator("main").evaluate("(place) => place.inert")
    page.keyboard.press("Escape")
    assert toggle.evaluate("(button) => document.activeElement === button")
    toggle.click()
    page.locator(".side a", has_text="Library").click()
    page.locator("h1", has_text="Library").wait_for()
    assert not page.locator("main").evaluate("(place) => place.inert")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_first_load_is_small_and_compressed(visit, filled, language):
    page = visit(language=language)
    page.wait_for_load_state("networkidle")
    sizes = page.evaluate(
        "performance.getEntries().filter((row) => 'encodedBodySize' in row)"
        ".map((row) => [new URL(row.name).pathname, row.encodedBodySize, row.decodedBodySize])"
    )
    sent = {path: (encoded, decoded) for path, encoded, decoded in sizes}
    assert {"/", "/css/ask.css", "/js/main.js", "/js/ask/composer.js", "/api/settings"} <= sent.keys()
    assert 40_000 < sum(encoded for encoded, _ in sent.values()) <= 250_000
    assert [path for path, (encoded, decoded) in sent.items() if decoded > 1000 and encoded > 0.8 * decoded] == []


def test_a_day_is_written_as_a_day_also_today(visit):
    page = visit()
    days = page.evaluate("import('/js/words.js').then(({ when }) => ['2024-05-17', today()].map(when)).catch(String);"
                         "function today() { return new Date().toLocaleDateString('sv'); }")  # fmt: skip
    assert days[0] == "May 17, 2024"
    assert ":" not in days[1]
    assert days[1].endswith(page.evaluate("String(new Date().getFullYear())"))


def test_a_view_that_cannot_be_fetched_is_said_in_words(visit, filled):
    page = visit()
    page.route("**/js/views/library.js", lambda route: route.fulfill(status=503))
    page.evaluate("location.hash = '#/library'")
    page.get_by_text("Load the page again.").wait_for()


def test_a_server_that_is_gone_is_said_in_words(visit, filled):
    page = visit()
    page.route("**/api/search", lambda route: route.fulfill(status=500, content_type="text/html", body="<h1>no</h1>"))
    page.evaluate("location.hash = '#/search'")
    page.locator(".search-form input[type=search]").fill("museum")
    with page.expect_response("**/api/search"):
        page.keyboard.press("Enter")
    page.get_by_text("The server answered with status 500.").wait_for()
    assert page.get_by_role("button", name="Try again").is_visible()
