"""Train, Evaluate, Models: against answers of a server, because the real work takes long."""

import pytest

pytestmark = [pytest.mark.service, pytest.mark.slow]

JOB = {
    "id": "j1",
    "kind": "finetune",
    "state": "running",
    "created": 1.0,
    "started": 1.0,
    "ended": None,
    "title": "style",
    "request": {},
    "result": None,
    "error": None,
    "log": ["step 4/9"],
    "stopping": False,
    "progress": {"done": 4, "total": 9, "what": "Training", "unit": "steps", "rate": 1, "left_s": 5},
}
DATA = {
    "data": "0" * 20,
    "name": "faq.jsonl",
    "columns": ["질문", "답변"],
    "rows": 12,
    "problem": "",
    "unreadable": [],
    "mapping": {"question": "{질문}", "answer": "{답변}"},
    "sample": [{"질문": "언제 여나요?", "답변": "9시 30분입니다."}],
}
LINT = {
    "examples": 11,
    "held_out": 1,
    "mapping": [],
    "findings": [
        {"kind": "duplicate", "level": "warning", "message": "Two stand twice.", "fix": "Remove.", "rows": ["1"]}
    ],
    "picture": [
        {"text": "언제", "trained": False, "state": "read"},
        {"text": "9시", "trained": True, "state": "learnt"},
    ],
}
PLAN = {
    "memory_mb": 900,
    "free_mb": 9000,
    "seconds": 75,
    "steps": 9,
    "trainable": 1000,
    "fits": True,
    "change": "",
    "change_memory_mb": 0,
    "source": "probe",
}
RUN = {
    "name": "style",
    "kind": "chat",
    "method": "lora",
    "base": "fake:",
    "status": "running",
    "job": JOB,
    "result": None,
    "held_out": [],
    "base_valid_nll": 2.5,
    "points": [
        {"step": n, "loss": 3 - n / 4, "valid": 2.0 if n == 4 else None, "tokens_per_second": 9} for n in range(1, 5)
    ],
}
TRAIN = {
    "**/api/runs/data": DATA,
    "**/api/runs/lint": LINT,
    "**/api/runs/plan": PLAN,
    "**/api/runs": {"job": JOB, "runs": []},
    "**/api/runs/style": RUN,
    "**/api/jobs/j1/events": "",
}
FILE = {"name": "faq.jsonl", "mimeType": "application/json", "buffer": b"{}"}
TEXTS = {
    "en": {
        "look": "Check the examples",
        "plan": "Plan",
        "start": "Start training",
        "fits": "It fits.",
        "go": "Start",
        "best": "한국어: “With documents” answers best.",
    },
    "ko": {
        "look": "예시 검사하기",
        "plan": "계획 보기",
        "start": "학습 시작",
        "fits": "이 컴퓨터에서 가능합니다.",
        "go": "시작",
        "best": "한국어: “문서와 함께” 방식이 가장 낫습니다.",
    },
}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_examples_are_looked_at_planned_and_learnt(visit, language):
    said = TEXTS[language]
    page = visit("#/train", language=language, answers=TRAIN)
    page.locator(".step input[type=file]").set_input_files(FILE)
    page.locator(".mapping").wait_for()
    assert page.locator(".mapping select").first.input_value() == "질문"
    page.get_by_role("button", name=said["look"]).click()
    page.get_by_text("Two stand twice.").wait_for()
    assert page.locator(".tokens .token.learnt").inner_text() == "9시"
    page.get_by_role("button", name=said["plan"]).click()
    page.get_by_text(said["fits"]).wait_for()
    page.locator(".run-form input").first.fill("style")
    with page.expect_request(lambda sent: sent.method == "POST" and sent.url.endswith("/api/runs")) as sent:
        page.get_by_role("button", name=said["start"]).click()
    assert sent.value.post_data_json == {
        "data": "0" * 20,
        "mapping": {"question": "질문", "answer": "답변"},
        "base": "fake:",
        "kind": "chat",
        "method": "lora",
        "name": "style",
    }
    page.locator("svg.curve").wait_for()
    assert page.locator(".curve-loss").get_attribute("d").startswith("M")
    assert page.locator(".curve-point").count() == 1
    assert page.locator(".job progress").evaluate("(bar) => bar.value") == pytest.approx(4 / 9)


def mean(value):
    return {"f1": [value, value - 0.1, value + 0.1], "refused": [1, 1, 1]}


RESULT = {
    "arms": {
        "base": {"ko": {"n": 1, "metrics": mean(0.2), "counts": {}, "ms": 5}},
        "rag": {"ko": {"n": 1, "metrics": mean(0.8), "counts": {}, "ms": 9}},
    },
    "pairs": [
        {"a": "rag", "b": "base", "language": "ko", "metric": "f1", "verdict": "better", "sentence": "Documents help."}
    ],
    "best": {"ko": "rag"},
    "notes": [],
}
DONE = {
    **JOB,
    "id": "e1",
    "kind": "evaluate",
    "state": "done",
    "ended": 9.0,
    "result": RESULT,
    "request": {"arms": "base,rag", "questions": 1, "collection": "main"},
}
REPLY = {"text": "9시 30분입니다.", "short": None, "abstained": False, "problem": "", "scores": {"f1": 1.0}}
QUESTION = {"id": "1", "question": "언제 여나요?", "answers": ["9:30"], "replies": {"base": REPLY, "rag": REPLY}}
EVALUATE = {
    "**/api/runs/data": {**DATA, "rows": 1},
    "**/api/evaluations": {"job": DONE, "evaluations": [DONE]},
    "**/api/evaluations/e1?*": {
        "id": "e1",
        "job": DONE,
        "result": RESULT,
        "total": 1,
        "offset": 0,
        "questions": [QUESTION],
    },
}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_ways_to_answer_are_compared_side_by_side(visit, language):
    page = visit("#/evaluate", language=language, answers=EVALUATE)
    start = page.get_by_role("button", name=TEXTS[language]["go"], exact=True)
    assert start.is_disabled()
    page.locator(".step input[type=file]").set_input_files(FILE)
    page.locator(".step button[type=submit]:enabled").wait_for()
    with page.expect_request(lambda sent: sent.method == "POST" and sent.url.endswith("/api/evaluations")) as sent:
        start.click()
    assert sent.value.post_data_json["arms"] == ["base", "rag"]
    page.locator(".verdict").wait_for()
    assert page.locator(".verdict").inner_text() == TEXTS[language]["best"]
    assert page.locator("tr.best").count() == 1
    assert page.locator(".interval").count() == 4
    assert page.locator(".reply").count() == 2


@pytest.mark.parametrize(("language", "button"), [("en", "Download qwen"), ("ko", "qwen 내려받기")])
def test_a_model_is_fetched_with_its_progress(visit, language, button):
    row = {
        "name": "qwen",
        "kind": "chat",
        "path": "",
        "bytes": 0,
        "sha256": "",
        "license": "Apache-2.0",
        "license_url": "",
        "status": "absent",
        "problem": "",
        "about": "Small",
        "default": False,
        "source": "",
        "fits": {
            "fits": "yes",
            "memory_bytes": 2**30,
            "available_bytes": 2**33,
            "needs": "",
            "instead": "",
            "tokens_per_s": 21,
        },
    }
    pulling = {
        **JOB,
        "kind": "pull",
        "title": "qwen",
        "progress": {**JOB["progress"], "what": "Loading", "unit": "bytes"},
    }
    answers = {"**/api/models": {"models": [row]}, "**/pull": {"job": pulling}, "**/api/jobs/j1/events": ""}
    page = visit("#/models", language=language, answers=answers)
    page.get_by_role("button", name=button).click()
    page.locator(".job progress").wait_for()
    assert "Loading" in page.locator(".job").inner_text()
