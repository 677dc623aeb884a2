"""Library and Search: files come in, are read, found and thrown away."""

import pytest

import ondol

pytestmark = [pytest.mark.service, pytest.mark.slow]

EMPTY = {"en": "This collection is empty.", "ko": "비어 있는 컬렉션입니다."}
COUNT = {"en": "2 sources", "ko": "자료 2개"}
REMOVE = {"en": "Delete 방앗간", "ko": "방앗간 삭제"}
UNDO = {"en": "Undo", "ko": "되돌리기"}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_an_empty_library_says_what_to_do(visit, language):
    page = visit("#/library", language=language)
    page.get_by_text(EMPTY[language]).wait_for()
    assert page.locator(".drop button").is_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_source_is_deleted_and_taken_back(visit, filled, language):
    page = visit("#/library", language=language)
    page.get_by_text(COUNT[language], exact=True).wait_for()
    page.get_by_role("button", name=REMOVE[language]).click()
    page.locator(".row-item >> nth=1").wait_for(state="detached")
    page.get_by_role("button", name=UNDO[language]).click()
    page.locator(".row-item >> nth=1").wait_for()
    page.get_by_text(COUNT[language], exact=True).wait_for()


def test_a_file_is_sent_read_and_listed(visit, environment, worker):
    page = visit("#/library")
    page.locator(".drop input[type=file]").set_input_files(
        {"name": "물레방아.txt", "mimeType": "text/plain", "buffer": "물레방아는 개울가에 있습니다.".encode()}
    )
    page.locator(".job", has_text="물레방아.txt").wait_for()
    page.locator(".row-item", has_text="물레방아.txt").wait_for(timeout=60_000)
    page.locator(".job", has_text="1 added").wait_for()


def test_a_file_that_cannot_be_taken_is_named_with_the_reason(visit, filled):
    page = visit("#/library", answers={})
    told = {
        "id": "1", "kind": "add", "state": "failed", "created": 1, "started": 1, "ended": 2, "title": "scan.pdf",
        "request": {}, "progress": {}, "log": [], "stopping": False, "result": {
            "failed": [{"path": "scan.pdf", "reason": "It has only pictures."}]},
        "error": {"message": "Nothing could be read.", "hint": "Install ondol[ocr]."},
    }  # fmt: skip
    page.route("**/api/uploads", lambda route: route.fulfill(json={"job": told, "files": []}))
    retried = []
    page.route("**/api/jobs/1/retry", lambda route: (retried.append(1), route.fulfill(json={"job": told})))
    page.route("**/api/jobs/1/events", lambda route: route.fulfill(content_type="text/event-stream", body=""))
    page.locator(".drop input[type=file]").set_input_files(
        {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    )
    card = page.locator(".job")
    card.wait_for()
    assert "Nothing could be read." in card.inner_text()
    assert "It has only pictures." in card.inner_text()
    card.get_by_role("button", name="Try again").click()
    page.wait_for_timeout(200)
    assert retried == [1]


def test_a_source_is_read_as_text_and_as_chunks(visit, filled):
    page = visit("#/library")
    page.locator(".row-item a", has_text="방앗간").click()
    page.locator("h1", has_text="방앗간").wait_for()
    assert "입장료는 3,000원입니다." in page.locator(".source-body").inner_text()
    page.get_by_role("switch").check()
    assert page.locator(".chunk").count() == 1


def test_a_collection_is_made_and_deleted(visit, filled):
    page = visit("#/library")
    page.get_by_role("button", name="Collection menu").click()
    page.get_by_role("menuitem", name="New collection").click()
    page.locator("dialog.box input").fill("연구 자료")
    page.keyboard.press("Enter")
    page.get_by_text(EMPTY["en"]).wait_for()
    assert page.get_by_label("Collection", exact=True).input_value() == "연구 자료"
    page.get_by_role("button", name="Collection menu").click()
    page.get_by_role("menuitem", name="Delete collection").click()
    page.locator("dialog.box").get_by_role("button", name="Delete").click()
    page.get_by_text("2 sources", exact=True).wait_for()


@pytest.mark.parametrize(("language", "query"), [("en", "museum"), ("ko", "방앗간 입장료")])
def test_hits_tell_why_they_were_found_and_open_their_source(visit, filled, language, query):
    page = visit("#/search", language=language)
    page.locator(".search-form input[type=search]").fill(query)
    page.keyboard.press("Enter")
    page.locator(".hit").first.wait_for()
    page.locator(".why summary").first.click()
    assert "BM25" in page.locator(".why").first.inner_text()
    page.locator(".hit-title").first.click()
    page.locator("dialog.panel mark").wait_for()


def test_a_hit_is_marked_where_it_stands_in_its_source(visit, filled):
    sections = [f"## {name}\n\n" + f"The {name} of the club stand here. " * 15 for name in ("walks", "fees", "huts")]
    (filled / "club.md").write_text("# Club\n\n" + "\n\n".join(sections), encoding="utf-8")
    with ondol.open_library() as library:
        ondol.add_documents(library, [str(filled / "club.md")])
    page = visit("#/search")
    page.locator(".search-form input[type=search]").fill("fees")
    page.keyboard.press("Enter")
    page.locator(".hit-title", has_text="— fees").first.click()
    marked = page.locator("dialog.panel mark")
    marked.wait_for()
    assert marked.text_content().startswith("## fees")
    assert page.locator("dialog.panel .heading").inner_text() == "fees"


def test_a_filter_that_fits_nothing_is_told(visit, filled):
    page = visit("#/search")
    page.locator(".filters summary").click()
    page.locator("input[name=since]").fill("someday")
    page.locator(".search-form input[type=search]").fill("museum")
    with page.expect_response("**/api/search") as told:
        page.keyboard.press("Enter")
    assert told.value.status == 400
    page.get_by_text("'someday' is no date.").wait_for()
