"""What assistive technology and a keyboard find on the page."""

import pytest

from tests.ingest.formats.conftest import write_pdf
from tests.server.page.conftest import NARROW, WIDE
from tests.server.page.test_teaching import EVALUATE, FILE, TRAIN

pytestmark = [pytest.mark.service, pytest.mark.slow]

RULES = {"resultTypes": ["violations"]}
QUESTION = "When does the museum open?"
NOWHERE = "Who discovered the moons of Saturn?"
BROOK = write_pdf([[(72, 700, "The brook behind the mill freezes in January.")]])


@pytest.fixture
def papers(filled):
    """The collection, with a PDF."""
    import ondol

    (filled / "brook.pdf").write_bytes(BROOK)
    with ondol.open_library() as library:
        ondol.add_documents(library, [str(filled / "brook.pdf")])


def ask_empty(page, talk):
    page.locator(".welcome").wait_for()


def ask_answered(page, talk):
    talk(page, QUESTION).locator("button.cite").first.click()
    page.locator("dialog.panel mark").wait_for()


def ask_abstained(page, talk):
    talk(page, NOWHERE).locator(".source-card").first.wait_for()


def ask_about(page, talk):
    page.locator(".about summary").last.click()
    page.locator(".answer-actions [data-mark=bad]").last.click()
    page.locator(".right-answer textarea").wait_for()


def ask_menu(page, talk):
    page.locator(".talk-head .menu button").first.click()
    page.locator(".menu-item").first.wait_for()


def ask_dialog(page, talk):
    page.locator(".menu-item.danger").click()
    page.locator("dialog.box").wait_for()


def library_list(page, talk):
    page.locator(".row-item").first.wait_for()
    page.locator(".collection-bar .menu button").first.click()


def library_dialog(page, talk):
    page.locator(".menu-item").first.click()
    page.locator("dialog.box input").wait_for()


def library_toast(page, talk):
    page.keyboard.press("Escape")
    page.locator("dialog.box").wait_for(state="detached")
    page.locator(".row-item .tool").first.click()
    page.locator(".toast-action").click()
    page.locator(".row-item >> nth=1").wait_for()


def library_source(page, talk):
    page.locator(".row-item a").first.click()
    page.get_by_role("switch").check()
    page.locator(".chunk").wait_for()


def search_explained(page, talk):
    page.locator(".filters summary").click()
    page.locator(".search-form input[type=search]").fill("museum")
    page.keyboard.press("Enter")
    page.locator(".why summary").first.click()


def search_page_picture(page, talk):
    page.locator(".search-form input[type=search]").fill("brook")
    page.keyboard.press("Enter")
    page.locator(".hit-title", has_text="brook").first.click()
    page.locator(".panel-page[aria-busy=false]").wait_for()


def train_planned(page, talk):
    page.locator(".step input[type=file]").set_input_files(FILE)
    page.locator(".mapping").wait_for()
    for button, shown in (
        (".step >> nth=1 >> css=button", ".tokens"),
        (".run-form button[type=button]", ".run-form dl"),
    ):
        page.locator(button).first.click()
        page.locator(shown).wait_for()
    page.locator(".run-form summary").click()


def train_watched(page, talk):
    page.locator(".run-form input").first.fill("style")
    page.locator(".run-form button[type=submit]").click()
    page.locator("svg.curve").wait_for()


def evaluate_form(page, talk):
    page.locator(".step input[type=file]").set_input_files(FILE)
    page.locator(".step button[type=submit]:enabled").wait_for()


def evaluate_result(page, talk):
    page.locator(".step button[type=submit]").click()
    page.locator(".verdict").wait_for()


def models_list(page, talk):
    page.locator(".model").first.wait_for()


def settings_form(page, talk):
    page.locator(".settings-form").wait_for()


def phone_menu(page, talk):
    if page.locator(".side-toggle").is_visible():
        page.locator(".side-toggle").click()
        page.locator(".with-side .side").wait_for()


def mistake(page, talk):
    """That axe looks at all."""
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")


SCREENS = {
    "ask": [ask_empty, ask_answered, ask_abstained, ask_about, ask_menu, ask_dialog],
    "library": [library_list, library_dialog, library_toast, library_source],
    "search": [search_explained, search_page_picture],
    "train": [train_planned, train_watched],
    "evaluate": [evaluate_form, evaluate_result],
    "models": [models_list],
    "settings": [settings_form, phone_menu, mistake],
}


def violations(page):
    """`rule (impact): element` of everything that axe finds."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{row['id']} ({row['impact']}): {node['html'][:160]}" for row in found for node in row["nodes"]]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_axe_finds_nothing_on_any_view(visit, talk, papers, language, scheme, size):
    pytest.importorskip("axe_playwright_python")
    answers = {**TRAIN, **EVALUATE}
    page = visit(language=language, size=size, answers=answers, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for view, screens in SCREENS.items():
        page.goto(f"{page.url.partition('#')[0]}#/{view}")
        for screen in screens:
            screen(page, talk)
            if rows := violations(page):
                found[screen.__name__] = rows
            if screen in (ask_answered, phone_menu):
                page.keyboard.press("Escape")
    assert found.pop("mistake") == ["image-alt (critical): <img>"]
    assert found == {}


RING = """element => {
  const place = element.matches('.composer textarea') ? element.closest('.composer-box')
    : element.matches('.segments input') ? element.nextElementSibling : element;
  const {outlineStyle, outlineWidth, borderColor} = getComputedStyle(place);
  const accent = getComputedStyle(document.querySelector('.brand-mark rect')).fill;
  return (outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2) || borderColor === accent;
}"""
STOPS = 80


def walk(page, goal, *, key="Tab"):
    """Press `key` until `goal` has the focus; names of all stops, each of which must be seen to have it."""
    names = []
    for _ in range(STOPS):
        page.keyboard.press(key)
        focused = page.evaluate_handle("document.activeElement").as_element()
        names.append(focused.evaluate("(one) => one.getAttribute('aria-label') || one.innerText || one.className"))
        page.wait_for_function(RING, arg=focused)
        if focused.evaluate("(one, goal) => one.matches(goal)", goal):
            return names
    raise AssertionError(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_question_is_asked_and_its_source_read_by_keyboard_alone(visit, papers, scheme):
    page = visit(color_scheme=scheme, reduced_motion="reduce")
    page.wait_for_function("document.activeElement.matches('.composer textarea')")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".answer-actions").wait_for()
    names = walk(page, "button.cite", key="Shift+Tab")
    assert names[0] == "How it came about"
    assert names[-1].startswith("Source 1: museum")
    page.keyboard.press("Enter")
    page.locator("dialog.panel mark").wait_for()
    assert page.evaluate("document.activeElement.className") == "panel-title"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Close"
    page.keyboard.press("Escape")
    page.locator("dialog.panel").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className") == "cite"
    walk(page, ".composer textarea")


def test_the_focus_goes_from_the_views_to_the_view_and_through_it(visit, papers):
    page = visit("#/search")
    page.locator(".search-form").wait_for()
    page.locator(".skip").focus()
    names = walk(page, ".search-row button")
    assert names[:9] == ["ondol", "New conversation", *map(str.capitalize, SCREENS)]
    assert names[9:] == ["Collection", "Search words", "Search"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("brook")
    page.keyboard.press("Enter")
    page.locator(".hit").first.wait_for()
    walk(page, ".hit-title")
    page.keyboard.press("Enter")
    tabs = page.locator("dialog.panel [role=tab]")
    tabs.first.wait_for()
    walk(page, "[role=tab]")
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    page.locator("dialog.panel mark").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "hit-title"


def test_a_question_before_something_is_done_gives_the_focus_back(visit, papers):
    page = visit("#/library")
    page.locator(".row-item").first.wait_for()
    walk(page, ".collection-bar .menu button")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator("dialog.box input").wait_for()
    walk(page, "dialog.box button[type=submit]")
    page.keyboard.press("Escape")
    page.locator("dialog.box").wait_for(state="detached")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Collection menu"


def test_a_question_does_not_outlive_its_view(visit, papers):
    page = visit("#/library")
    page.locator(".collection-bar .menu button").first.click()
    page.locator(".menu-item").first.click()
    page.locator("dialog.box").wait_for()
    page.evaluate("location.hash = '#/search'")
    page.locator("dialog.box").wait_for(state="detached")
