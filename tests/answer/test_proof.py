"""What a model wrote in one language is compared with evidence in the other."""

from pathlib import Path

import pytest
from langchain_core.documents import Document

from ondol.answer.evidence import find_evidence
from ondol.answer.proof import Proofs
from ondol.assemble import open_embeddings
from ondol.settings import load_settings

ENGLISH = (
    "Every parent at Harrow & Pike may take sixteen weeks of paid leave after a birth or an adoption. "
    "The leave has to start within nine months of the child's arrival. "
    "Managers need six weeks' notice in writing, except when a baby comes early."
)
KOREAN = (
    "한빛물산 직원은 일주일에 이틀까지 집에서 일할 수 있다. "
    "재택근무를 하려면 전주 목요일 정오까지 팀장에게 신청해야 한다. "
    "수습 기간 석 달 동안은 사무실로 출근하는 것이 원칙이다."
)


def evidence(text, question, embeddings):
    places = {"document_id": "a", "source": "a", "title": "", "heading": "", "page": None, "start": 0, "score": 0.8}
    return find_evidence(question, [Document(id="a", page_content=text, metadata=places)], embeddings)


def test_an_embedder_that_nobody_measured_proves_nothing_across_languages(embeddings):
    proofs = Proofs(evidence(ENGLISH, "When does the leave start?", embeddings), embeddings)
    assert proofs.find("휴가는 아홉 달 안에 시작해야 합니다.") is None
    assert proofs.find("The leave has to start within nine months.").text.startswith("The leave has")


@pytest.fixture(scope="module")
def e5():
    if not (Path(load_settings().home) / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    return open_embeddings("onnx:multilingual-e5-small")


@pytest.mark.weights
def test_a_translation_is_proved_by_the_sentence_it_says(e5):
    proofs = Proofs(evidence(ENGLISH, "출산휴가는 몇 주인가요?", e5), e5)
    proof = proofs.find("부모는 누구나 아이를 낳거나 입양한 뒤 유급 휴가를 16주 쓸 수 있습니다.")
    assert proof.text.startswith("Every parent")
    proofs = Proofs(evidence(KOREAN, "By when do I have to apply?", e5), e5)
    proof = proofs.find("To work from home you must apply to your team leader by noon on Thursday of the week before.")
    assert proof.text.startswith("재택근무를")


@pytest.mark.weights
@pytest.mark.parametrize(
    "claim",
    [
        "부모는 누구나 아이를 낳거나 입양한 뒤 유급 휴가를 18주 쓸 수 있습니다.",
        "부모는 누구나 아이를 낳거나 입양해도 유급 휴가를 16주 쓸 수 없습니다.",
        "Google의 부모는 누구나 아이를 낳거나 입양한 뒤 유급 휴가를 16주 쓸 수 있습니다.",
        "회사 식당은 점심에 비빔밥을 냅니다.",
    ],
)
def test_another_number_negation_name_or_topic_is_not_proved(claim, e5):
    assert Proofs(evidence(ENGLISH, "출산휴가는 몇 주인가요?", e5), e5).find(claim) is None
