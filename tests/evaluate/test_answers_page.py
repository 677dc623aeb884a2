"""The page on answers needs nothing but itself, and escapes whatever it shows."""

import pytest

from ondol.evaluate.answer_questions import AnswerQuestion, AnswerQuestions
from ondol.evaluate.answers import summarise_answers
from ondol.evaluate.answers_arms import Reply
from ondol.evaluate.answers_page import write_answers_page
from ondol.evaluate.forgetting import general_texts
from ondol.evaluate.replies_file import RepliesFile

HOSTILE = "<script>alert(1)</script>\"' onload='x' {0} \x07"


@pytest.fixture
def page(monkeypatch):
    def make(language):
        monkeypatch.setenv("ONDOL_LANG", language)
        rows = [AnswerQuestion(id=str(n), question=f"{HOSTILE} {n}?", answers=(HOSTILE,)) for n in range(8)]
        rows.append(AnswerQuestion(id="ko", question="누구인가요?", answerable=False))
        file = RepliesFile(None, {})
        for arm in ("base", "tuned"):
            for row in rows:
                text = HOSTILE if arm == "tuned" else "no"
                file.add_reply(arm, row.id, Reply(text=text, finish_reason="length", logprob=-3.0, tokens=2))
            for name in general_texts():
                file.add_general(arm, name, 10.0 + (arm == "tuned"), 10)
        found = summarise_answers(AnswerQuestions(rows=rows), ["base", "tuned"], file, resamples=500)
        return write_answers_page(found, about={"Model": HOSTILE})

    return make


def test_hostile_text_stays_text(page):
    text = page("en")
    assert "<script" not in text
    assert "\x07" not in text
    assert text.count("&lt;script&gt;") > 8
    assert "default-src 'none'" in text.replace("&#x27;", "'")


def test_every_part_is_there(page):
    text = page("en")
    for part in ("Evaluation of answers", "tuned answers better than base in English", "English: tuned is the best.",
                 "Quality in Korean", "tuned has forgotten", "Answers side by side", "none: to be refused", "cut off",
                 "Bits a byte of the right answer"):  # fmt: skip
        assert part in text


def test_the_page_is_korean_for_korean_readers(page):
    text = page("ko")
    for part in (
        'lang="ko"',
        "답변 평가",
        "답변 나란히 보기",
        "영어에서는 tuned 쪽이 base보다 더 잘 답합니다",
        "중간에 끊김",
    ):
        assert part in text
