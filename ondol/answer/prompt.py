"""What the model is told: a chat for tuned models, worked examples for base models, in the question's language."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ondol.lang import Language, detect_language

SYSTEM = {
    "en": "Answer the question from the numbered sources only, in one or two short sentences that keep the sources' "
    "own words, and put the number of the source behind each sentence, like [1]. "
    "If the sources do not tell, answer: not in the sources.",
    "ko": "번호가 붙은 자료만 보고 질문에 한두 문장으로 짧게 답하십시오. "
    "자료의 표현을 그대로 쓰고, 문장 끝에 [1]처럼 자료 번호를 붙이십시오. "
    "자료에 없으면 '자료에 없습니다'라고 답하십시오.",
}
REFUSAL = {"en": "not in the sources", "ko": "자료에 없습니다"}
"""What `SYSTEM` asks for where the sources do not tell."""
TRANSLATE = {
    "en": " Write English, also where a source is in Korean; keep names and numbers as they are.",
    "ko": " 자료가 영어로 되어 있어도 한국어로 답하고, 이름과 숫자는 그대로 두십시오.",
}
SOURCES = {"en": "Sources", "ko": "자료"}
QUESTION = {"en": "Question", "ko": "질문"}
ANSWER = {"en": "Answer", "ko": "답"}
EXAMPLES = {
    "en": (
        (
            "The mill at Orrin was built in 1874 by Ada Fenwick and has three floors.",
            "Who built the mill?",
            "Ada Fenwick",
        ),
        ("Tickets for the ferry cost 4 euros; children under six travel free.", "How much is a ticket?", "4 euros"),
        ("Rye bread keeps well because its dough is sour.", "Why does rye bread keep well?", "its dough is sour"),
    ),
    "ko": (
        ("오린 방앗간은 1874년에 한도윤이 세웠으며 세 층으로 되어 있다.", "방앗간을 세운 사람은 누구인가요?", "한도윤"),
        ("나룻배 요금은 4천 원이며 여섯 살 아래 어린이는 무료이다.", "나룻배 요금은 얼마인가요?", "4천 원"),
        ("가람호는 강원도 북쪽에 있는 호수로, 겨울에는 두껍게 언다.", "가람호는 어디에 있나요?", "강원도 북쪽"),
    ),
}


def chat_prompt(question: str, passages: Sequence[str]) -> list[BaseMessage]:
    """Messages for a tuned model: numbered passages, counted from 1, then the question.

    They are in the question's language, and ask for an answer in it where a passage is in the other one.
    """
    language = detect_language(question)
    across = any(detect_language(passage) != language for passage in passages)
    numbered = "\n".join(f"[{number}] {passage}" for number, passage in enumerate(passages, 1))
    body = f"{SOURCES[language]}:\n{numbered}\n\n{QUESTION[language]}: {question}"
    return [SystemMessage(SYSTEM[language] + (TRANSLATE[language] if across else "")), HumanMessage(body)]


def completion_prompt(question: str, passage: str) -> str:
    """Text for a base model, which continues it with a short answer and a line end."""
    language = detect_language(question)
    examples = [_block(language, text, asked) + f" {reply}\n" for text, asked, reply in EXAMPLES[language]]
    return "\n".join([*examples, _block(language, passage, question)])


def _block(language: Language, passage: str, question: str) -> str:
    return f"{SOURCES[language]}: {passage}\n{QUESTION[language]}: {question}\n{ANSWER[language]}:"
