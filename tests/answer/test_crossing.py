import pytest
from langchain_core.documents import Document

from ondol.answer.crossing import anchors, cosine_of, crosses, crossing_of, level_cosine
from ondol.answer.evidence import choose_hits, find_evidence

E5 = "onnx:multilingual-e5-small"


def hit(text, *, name="a", **metadata):
    places = {"document_id": name, "source": name, "title": "", "heading": "", "page": None, "start": 0}
    return Document(id=name, page_content=text, metadata={**places, **metadata})


def test_the_cosine_counts_and_not_the_fused_score():
    assert cosine_of(hit("A mill.", score=7.5, cosine=0.8)) == 0.8
    assert cosine_of(hit("A mill.", score=0.9)) == 0.9
    assert cosine_of(hit("A mill.", score=0.9, cosine=None)) == 0.9


def test_a_hit_in_the_other_language_is_put_up_by_the_embedders_gap():
    crossing = crossing_of(E5)
    assert level_cosine(hit("A mill stands here.", score=0.8), "en", crossing) == 0.8
    assert level_cosine(hit("A mill stands here.", score=0.8), "ko", crossing) == pytest.approx(0.84)
    assert level_cosine(hit("A mill stands here.", score=0.8), "ko", crossing_of("fake:")) == 0.8


def test_a_hit_is_in_the_language_of_its_letters():
    assert crosses(hit("The mill was built in 1874.", score=1), "ko")
    assert not crosses(hit("오류 E0425는 이름을 찾지 못했다는 뜻이다.", score=1), "ko")


def test_numbers_codes_and_latin_names_are_written_alike():
    assert anchors("심야 버스 N7은 2019년에 몇 시까지 다니나요?") >= {"2019"}
    assert "wren" in anchors("Wren API의 한도는?")
    assert anchors("Who was the king of Joseon?") == set()
    assert anchors("What does NATO say about E0425?") >= {"nato"}


def test_hits_of_the_other_language_are_read_where_their_cosine_is_among_the_best():
    own = [hit(f"The mill number {n}.", name=f"own{n}", score=0.9 - n / 100, cosine=0.80) for n in range(6)]
    other = hit("방앗간은 1874년에 지었다.", name="other", score=0.1, cosine=0.79)
    far = hit("고양이는 잔다.", name="far", score=0.1, cosine=0.70)
    read = choose_hits("When was the mill built?", [*own, other, far], model=E5)
    assert [item.id for item in read] == ["own0", "own1", "own2", "own3", "own4", "other"]
    assert len(choose_hits("When was the mill built?", [*own, other], model="fake:")) == 5


def test_a_sentence_knows_that_it_crosses(embeddings):
    (found,) = find_evidence("방앗간은 언제 지었나요?", [hit("The mill was built in 1874.", score=0.8)], embeddings)
    assert found.crosses
    assert found.language == "ko"
