"""Sources that are nearly the same."""

import random

import pytest

LETTER = """The reading room of the town library will be closed for repairs from the third of May. Books can be
returned at the side door at any time of the day, and the children's hour is held in the school hall instead. Whoever
has ordered books from other towns is told by telephone when they arrive. We thank you for your patience and hope to
see you again in June, when the new heating has been built in and the windows no longer let the winter through."""
KOREAN = """온돌방은 아궁이에 불을 때어 구들장을 데우고 그 열로 방바닥을 따뜻하게 하는 난방 방식이다. 불길과 연기는
고래를 지나 굴뚝으로 빠져나가며, 두꺼운 구들장은 오랫동안 열을 머금는다. 아랫목은 아궁이에 가까워 가장 따뜻하고
윗목은 그보다 서늘하다. 손님이 오면 아랫목을 내어 주는 것이 예의였으며, 밥그릇을 이불 속에 묻어 두기도 하였다.
오늘날에는 더운물을 돌리는 방식으로 바뀌었지만 바닥을 데우는 생각은 그대로이다. 겨울 저녁에 온 식구가 모여 앉던
자리도 그 따뜻한 바닥 위였다. 마을마다 구들을 놓는 사람이 따로 있었고, 그 솜씨에 따라 방이 고루 데워지거나 한쪽만
뜨거워지거나 하였다."""


@pytest.mark.parametrize("text", [LETTER, KOREAN], ids=["English", "Korean"])
def test_a_copy_with_another_beginning_is_told(library, draft, text):
    library.write([draft("first", text), draft("second", "Copy of 2026.\n" + text), draft("other", text[::-1])])
    (pair,) = library.find_alike()
    assert {pair.document_id, pair.other_id} == {"first", "second"}
    assert 0.9 < pair.likeness < 1


def test_only_pairs_with_what_was_asked_for(library, draft):
    library.write([draft(name, LETTER + name) for name in "abc"])
    assert len(library.find_alike()) == 3
    assert len(library.find_alike(["c"])) == 2
    assert len(library.find_alike(["b", "c"])) == 3
    assert library.find_alike([]) == []


def test_texts_that_share_half_are_not_alike(library, draft):
    dice = random.Random(13)
    words = [f"{dice.randrange(10**6):x}" for _ in range(400)]
    library.write([draft("a", " ".join(words[:200])), draft("b", " ".join(words[100:300]))])
    assert library.find_alike() == []


def test_short_texts_are_not_compared(library, draft):
    library.write([draft("a", "Open on Friday."), draft("b", "Open on Friday.")])
    assert library.find_alike() == []


def test_a_source_that_is_removed_is_like_nothing(library, draft):
    library.write([draft("a", LETTER), draft("b", LETTER)])
    library.finish()
    library.remove(["b"])
    assert library.find_alike() == []
