"""What a model writes of older turns stays only as far as the turns say it."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from ondol.chat.condense import condense_turns, keep_faithful
from ondol.prompts.load import open_prompts
from tests.chat.counting import Counting

SOURCE = "누리는 3월 2일에 부산에 갔습니다. 연차는 열다섯 일입니다. The museum opens at 9:30."

PROMPTS = open_prompts()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("누리는 부산에 갔습니다. 연차는 열다섯 일입니다.", "누리는 부산에 갔습니다.\n연차는 열다섯 일입니다."),
        ("누리는 3월 2일에 부산에 갔습니다. 누리는 4월에 서울로 이사했습니다.", "누리는 3월 2일에 부산에 갔습니다."),
        ("- The museum opens at 9:30.\n- It is closed on Mondays.", "The museum opens at 9:30."),
        ("The museum opens at 10:30.", ""),
        ("The museum opens at 9:30. The museum opens at 9:30.", "The museum opens at 9:30."),
        ("요약은 다음과 같습니다:", ""),
        ("", ""),
    ],
)
def test_only_sentences_that_the_source_says_stay(told, kept):
    assert keep_faithful(told, SOURCE) == kept


def turns(count):
    return [[HumanMessage(f"질문 {n}번은 온돌입니다."), AIMessage("온돌은 따뜻합니다.")] for n in range(count)]


def test_turns_that_cannot_be_read_at_once_are_read_from_the_latest():
    model = Counting(context=400, short="온돌은 따뜻합니다.")
    fits = lambda prompt: model.get_num_tokens_from_messages(prompt) + 50 <= 400  # noqa: E731
    told = condense_turns(
        turns(40), model, "ko", before="질문 하나가 있다.", tokens=50, fits=fits, prompts=open_prompts()
    )
    assert told == "온돌은 따뜻합니다."
    assert "질문 39번" in model.condensations[0]
    assert "질문 0번" not in model.condensations[0]
    assert "그 전에:\n질문 하나가 있다." in model.condensations[0]
    assert condense_turns(turns(2), model, "ko", tokens=50, fits=lambda prompt: False, prompts=PROMPTS) == ""


def test_a_text_that_is_too_long_loses_its_oldest_lines():
    said = "\n".join(f"질문 {n}번은 온돌입니다." for n in range(20))
    model = Counting(context=4000, short=said)
    told = condense_turns(turns(20), model, "ko", tokens=60, fits=lambda prompt: True, prompts=PROMPTS)
    assert model.get_num_tokens(told) <= 60
    assert told.endswith("온돌입니다.") or told == ""
