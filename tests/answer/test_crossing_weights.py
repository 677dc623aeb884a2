"""Questions in one language on documents in the other, with the real embedder: floors, and a model that translates."""

import json
from pathlib import Path

import pytest

import ondol
from ondol.answer.ask import ask
from ondol.ingest.records import RecordKeys
from ondol.lang import translate
from ondol.settings import load_settings

SETS = Path(__file__).parent.parent / "retrieve" / "sets"
ANSWERED = {("ko", "en"): 0.22, ("en", "ko"): 0.27}
"""Floors; `benchmarks/cross_lingual.py` told 0.33 and 0.39 on the odd documents when they were set."""
pytestmark = pytest.mark.weights


def read_set(name):
    rows = [json.loads(line) for line in (SETS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if int(row.get("document_id", row["id"])[1:3]) % 2]  # constants saw the even ones


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    settings = load_settings()
    if not (settings.home / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to((settings.home / "models").resolve())
    records = home / "documents.jsonl"
    rows = read_set("cross_documents")
    records.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with ondol.open_library(home, "crossing", create=True) as opened:
        ondol.add_documents(opened, [str(records)], records=RecordKeys())
        yield opened


def answer_to(library, question, said="Nothing of that."):
    return ask(question, ondol.make_retriever(library), ondol.open_model(f"fake:{said}"))


@pytest.mark.parametrize("pair", ANSWERED, ids="→".join)
def test_questions_are_answered_from_documents_in_the_other_language(library, pair):
    asked, told = pair
    languages = {row["id"]: row["language"] for row in read_set("cross_documents")}
    rows = [
        row for row in read_set("cross_questions")
        if row["answer"] and (row["language"], languages[row["document_id"]]) == (asked, told)
    ]  # fmt: skip
    right = []
    for row in rows:
        answer = answer_to(library, row["question"])
        told_by = [c.quote for c in answer.citations if c.document_id == row["document_id"]]
        right.append(any(row["answer"] in quote for quote in told_by))
    assert sum(right) >= ANSWERED[pair] * len(right), f"{sum(right)} of {len(right)}"


ABSENT = [
    "아이슬란드 체스 대회는 누가 이겼습니까?", "화성의 위성은 몇 개인가요?", "고려를 세운 왕은 누구인가요?",
    "Who painted the ceiling of the Sistine Chapel?", "What is the boiling point of mercury?",
    "Which team won the football league in 1994?",
]  # fmt: skip


@pytest.mark.parametrize("question", ABSENT)
def test_what_no_document_in_either_language_tells_is_refused(library, question):
    assert answer_to(library, question).abstained


HOTEL = "벨웨더 북스에서 호텔 방값은 얼마까지 내 주나요?"
HOTEL_QUOTE = "A hotel room may cost up to 110 euros, breakfast included."


def test_an_english_sentence_is_quoted_with_words_of_the_questions_language_before_it(library):
    answer = answer_to(library, HOTEL)
    frame = translate("The English source says: {quote}", language="ko", quote=f"“{HOTEL_QUOTE}” [1]")
    assert answer.answer.startswith(frame)
    assert answer.short == "110 euros"


def test_a_translation_of_the_evidence_is_shown_and_cited(library):
    said = "호텔 방은 아침 식사를 포함해 110유로까지 쓸 수 있습니다."
    answer = answer_to(library, HOTEL, said)
    assert answer.answer == f"{said} [1]"
    assert not answer.quoted
    assert answer.citations[0].quote == HOTEL_QUOTE


def test_an_english_answer_is_shown_from_korean_evidence(library):
    said = "The company must show it within ten days of the request."
    question = "Within how many days must a Korean company show a person the data it holds about them?"
    answer = answer_to(library, question, said)
    assert answer.answer == f"{said} [1]"
    assert answer.citations[0].quote == "회사는 요구를 받은 날부터 10일 안에 보여 주어야 한다."
    assert answer.short == "10일"


@pytest.mark.parametrize(
    "said",
    [
        "호텔 방은 아침 식사를 포함해 150유로까지 쓸 수 있습니다.",
        "점심은 학교 부엌에서 만들며 부모는 돈을 내지 않습니다.",
    ],
)
def test_a_translation_with_another_number_or_of_something_else_is_not_shown(library, said):
    answer = answer_to(library, HOTEL, said)
    assert answer.quoted
    assert said not in answer.answer
