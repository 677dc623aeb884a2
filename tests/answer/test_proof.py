"""What a model wrote in one language is compared with evidence in the other."""

from pathlib import Path

import pytest
from langchain_core.documents import Document

from ondol.answer.evidence import find_evidence
from ondol.answer.proof import Proofs
from ondol.assemble import open_embeddings
from ondol.settings import load_settings

ENGLISH = (
    "Authors on tour travel second class and are met at the station. "
    "A hotel room may cost up to 110 euros, breakfast included. "
    "Claims older than ninety days are not paid."
)
KOREAN = (
    "누구나 회사가 가진 자기 정보를 보여 달라고 요구할 수 있다. 회사는 요구를 받은 날부터 10일 안에 보여 주어야 한다. "
    "복사 비용은 요구한 사람이 낸다."
)


def evidence(text, question, embeddings):
    places = {"document_id": "a", "source": "a", "title": "", "heading": "", "page": None, "start": 0, "score": 0.8}
    return find_evidence(question, [Document(id="a", page_content=text, metadata=places)], embeddings)


def test_an_embedder_that_nobody_measured_proves_nothing_across_languages(embeddings):
    proofs = Proofs(evidence(ENGLISH, "How much may a hotel room cost?", embeddings), embeddings)
    assert proofs.find("호텔 방은 110유로까지 쓸 수 있습니다.") is None
    assert proofs.find("A hotel room may cost up to 110 euros.").text.startswith("A hotel")


@pytest.fixture(scope="module")
def e5():
    if not (Path(load_settings().home) / "models" / "multilingual-e5-small").is_dir():
        pytest.skip("multilingual-e5-small is not in ONDOL_HOME; run: ondol setup")
    return open_embeddings("onnx:multilingual-e5-small")


@pytest.mark.weights
def test_a_translation_is_proved_by_the_sentence_it_says(e5):
    proofs = Proofs(evidence(ENGLISH, "호텔 방값은 얼마까지 내 주나요?", e5), e5)
    assert proofs.find("호텔 방은 아침 식사를 포함해 110유로까지 쓸 수 있습니다.").text.startswith("A hotel")
    proofs = Proofs(evidence(KOREAN, "How long does the company have?", e5), e5)
    assert proofs.find("The company must show it within ten days of the request.").text.startswith("회사는")


@pytest.mark.weights
@pytest.mark.parametrize(
    "claim",
    [
        "호텔 방은 아침 식사를 포함해 150유로까지 쓸 수 있습니다.",
        "호텔 방은 아침 식사를 포함해 110유로까지 쓸 수 없습니다.",
        "Google 호텔 방은 아침 식사를 포함해 110유로까지 쓸 수 있습니다.",
        "회사 식당은 점심에 비빔밥을 냅니다.",
    ],
)
def test_another_number_negation_name_or_topic_is_not_proved(claim, e5):
    assert Proofs(evidence(ENGLISH, "호텔 방값은 얼마까지 내 주나요?", e5), e5).find(claim) is None
