"""Ask: questions, streams, citations, the source beside them."""

import json

import pytest

from tests.server.page.conftest import NARROW

pytestmark = [pytest.mark.service, pytest.mark.slow]

SAID = {
    "en": {
        "question": "When does the museum open?", "file": "museum.txt",
        "sources": "Sources", "placeholder": "Ask about your documents", "ready": "2 sources in",
    },
    "ko": {
        "question": "방앗간 입장료는 얼마입니까?", "file": "mill.md",
        "sources": "출처", "placeholder": "내 문서에 대해 물어보세요", "ready": "자료 2개",
    },
}  # fmt: skip
STORY = "Once upon a time there was a mill beside a brook, and in it lived a miller with his cat."


def stream(*events):
    return "".join(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in events)


def whole(**values):
    """The `answer` event of a server."""
    return {
        "id": "1", "thread": "Saturn", "question": "?", "answer": "", "short": None, "quoted": False,
        "abstained": False, "agrees": None, "confidence": 0.1, "citations": [], "hits": [], "model": "fake:",
        "reader": "", "prompt": {}, "usage": {"prompt_tokens": 0, "completion_tokens": 0}, "ms": {}, "thinking": "",
        "finish_reason": "stop", "left_out": "", **values,
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_citation_opens_its_source_at_the_passage(visit, talk, filled, language):
    said = SAID[language]
    page = visit(language=language)
    assert page.locator("html").get_attribute("lang") == language
    assert said["ready"] in page.locator(".welcome").inner_text()
    assert page.locator(".composer textarea").get_attribute("placeholder") == said["placeholder"]
    answer = talk(page, said["question"])
    assert said["sources"] in answer.locator(".sources").inner_text()
    answer.locator("button.cite").first.click()
    panel = page.locator("dialog.panel")
    panel.locator("mark").wait_for()
    assert panel.locator("mark").inner_text() == answer.locator(".source-quote").first.inner_text()
    assert said["file"] in panel.locator(".path").inner_text()
    page.keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.className") == "cite"


def test_an_answer_grows_and_can_be_stopped(visit, filled, slowly, monkeypatch):
    monkeypatch.setenv("ONDOL_MODEL", "fake:")
    page = visit(answers={"**/v1/models": {"data": [{"id": f"fake:{STORY}", "kind": "chat"}]}})
    page.evaluate("model => localStorage.setItem('ondol.model', JSON.stringify(model))", f"fake:{STORY}")
    page.evaluate("localStorage.setItem('ondol.docs', 'false')")
    page.reload()
    page.locator(".composer textarea").fill("Tell me a story.")
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    answer.locator(".prose", has_text="upon").wait_for()
    assert answer.get_attribute("aria-busy") == "true"
    assert page.locator(".send").get_attribute("aria-label") == "Stop"
    page.locator(".send").click()
    answer.locator(".note").wait_for()
    assert "You stopped this answer." in answer.inner_text()
    assert "cat" not in answer.locator(".prose").inner_text()
    assert page.locator(".send").get_attribute("aria-label") == "Ask"


def test_the_last_question_is_edited_and_answered_again(visit, talk, filled):
    page = visit()
    talk(page, "When does the museum open?")
    page.get_by_role("button", name="Edit the question").click()
    assert page.locator(".composer textarea").input_value() == "When does the museum open?"
    page.locator(".composer textarea").fill("When does the museum close?")
    page.keyboard.press("Enter")
    page.locator(".question-text", has_text="close").wait_for()
    page.locator(".answer-actions").wait_for()
    page.get_by_role("button", name="Answer again").click()
    page.locator(".answer[aria-busy=true]").wait_for()
    page.locator(".answer-actions").wait_for()
    assert page.locator(".question").count() == 1
    page.reload()
    page.locator(".answer-actions").wait_for()
    assert page.locator(".question-text").all_inner_texts()[0].endswith("When does the museum close?")


def test_a_conversation_is_kept_renamed_exported_and_deleted(visit, talk, filled):
    page = visit()
    talk(page, "When does the museum open?")
    page.locator(".side-threads a").wait_for()
    page.get_by_role("button", name="Conversation menu").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Export as Markdown").click()
    assert "museum" in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Conversation menu").click()
    page.get_by_role("menuitem", name="Rename").click()
    page.locator("dialog.box input").fill("박물관")
    page.keyboard.press("Enter")
    page.locator("main h1", has_text="박물관").wait_for()
    page.locator(".side-threads", has_text="박물관").wait_for()
    page.get_by_role("button", name="Conversation menu").click()
    page.get_by_role("menuitem", name="Delete conversation").click()
    page.locator("dialog.box").get_by_role("button", name="Delete").click()
    page.locator(".side-empty").wait_for()
    assert page.url.endswith("#/ask")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Your documents do not tell."), ("ko", "문서에서 답을 찾지 못했습니다.")]
)
def test_an_abstention_shows_the_nearest_passages(visit, talk, filled, language, told):
    page = visit(language=language)
    answer = talk(page, "Who discovered the moons of Saturn?")
    assert told in answer.inner_text()
    fresh = answer.locator(".sources").inner_text()
    assert answer.locator(".source-card").count() > 0
    page.reload()
    answer.locator(".source-card").first.wait_for()
    assert told in answer.inner_text()
    assert answer.locator(".sources").inner_text() == fresh
    answer.locator(".source-card").first.click()
    page.locator("dialog.panel mark").wait_for()


def test_a_conversation_of_before_nearest_passages_were_kept_opens(visit, filled):
    said = {"role": "assistant", "content": "The documents do not tell.", "model": "fake:", "abstained": True}
    messages = [{"role": "user", "content": "How many moons?"}, {**said, "citations": [], "finish_reason": "stop"}]
    thread = {"id": "old", "name": "Saturn", "collection": "main", "model": "fake:", "docs": True, "turns": 1}
    page = visit("#/ask/old", answers={"**/api/threads/old": {**thread, "messages": messages}})
    assert "Your documents do not tell." in page.locator(".answer").inner_text()
    assert page.locator(".source-card").count() == 0


def test_what_happens_is_said_in_words(visit, talk, filled):
    events = [
        ("queue", {"position": 2}), ("hits", {"hits": []}), ("thinking", {"text": "Saturn has many."}),
        ("token", {"text": "Many"}),
        ("error", {"message": "The model ran out of memory.", "hint": "Take a smaller one.", "code": "backend"}),
    ]  # fmt: skip
    page = visit(answers={"**/api/ask": stream(*events)})
    answer = talk(page, "How many moons?")
    assert answer.locator(".thoughts-text").text_content() == "Saturn has many."
    assert answer.locator("[role=alert]").inner_text().split("\n\n") == [
        "The model ran out of memory.",
        "Take a smaller one.",
    ]
    assert answer.get_by_role("button", name="Answer again").is_visible()


@pytest.mark.parametrize("abstained", [False, True])
def test_what_looks_like_html_stays_text(visit, talk, filled, abstained):
    evil = '<img src=x onerror="document.title=1"> <b>bold</b> [link](javascript:alert(1)) ![p](http://a.test/p.png)'
    hit = {
        "rank": 1, "score": 1, "document_id": "<i>x</i>", "source": "<i>x</i>.txt", "title": evil, "page": None,
        "unit": "page", "page_name": "", "start": 0, "end": 3, "heading": evil, "text": evil,
    }  # fmt: skip
    told = whole(answer=f"{evil} **strong** [1]", abstained=abstained, hits=[hit], thinking=evil)
    page = visit(answers={"**/api/ask": stream(("answer", told))})
    answer = talk(page, "How many moons?")
    assert answer.locator("img, b, i, script, a[href^=javascript]").count() == 0
    assert page.title() == "Ask · ondol"
    if abstained:
        assert "<b>bold</b>" in answer.locator(".source-card").inner_text()
        return
    assert answer.locator(".prose strong").inner_text() == "strong"
    assert "<b>bold</b>" in answer.locator(".prose").inner_text()


def test_a_bad_answer_is_marked_with_the_right_one(visit, talk, filled):
    page = visit()
    answer = talk(page, "When does the museum open?")
    answer.get_by_role("button", name="Bad answer").click()
    answer.get_by_label("What should have been the answer? (optional)").fill("At half past nine.")
    answer.get_by_role("button", name="Save").click()
    page.locator(".toast").wait_for()
    [mark] = page.evaluate("fetch('/api/feedback').then((told) => told.json())")["feedback"]
    assert (mark["mark"], mark["right"]) == ("bad", "At half past nine.")


def test_on_a_phone_the_source_lies_above_the_conversation(visit, talk, filled):
    page = visit(language="ko", size=NARROW)
    answer = talk(page, SAID["ko"]["question"])
    answer.locator(".source-card").first.click()
    page.locator("dialog.panel mark").wait_for()
    assert page.evaluate("document.querySelector('dialog.panel').matches(':modal')")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.keyboard.press("Escape")
    page.locator("dialog.panel").wait_for(state="hidden")
    assert "source-card" in page.evaluate("document.activeElement.className")


def test_a_source_is_looked_for_in_the_collection_that_was_asked(visit, talk, filled):
    import ondol

    with ondol.open_library(collection="연구 자료", create=True) as library:
        (filled / "rules.txt").write_text("The reading room closes at 22:00.", encoding="utf-8")
        ondol.add_documents(library, [str(filled / "rules.txt")])
    page = visit()
    talk(page, "When does the museum open?")
    page.get_by_label("Answer from").select_option("연구 자료")
    answer = talk(page, "When does the reading room close?")
    answer.locator(".source-card").first.click()
    page.locator("dialog.panel mark").wait_for()
    assert "rules.txt" in page.locator("dialog.panel .path").inner_text()
    page.reload()  # the conversation is about the other collection by now
    page.locator(".source-card").first.click()
    page.locator("dialog.panel mark").wait_for()
    assert "museum" in page.locator("dialog.panel .path").inner_text()
