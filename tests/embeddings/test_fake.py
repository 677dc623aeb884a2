import numpy as np
import pytest

from ondol.embeddings.fake import open_fake


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("서울의 인구는?", "서울은 인구 900만 명의 도시이다.", "부산에는 항구가 있다."),
        ("Where is the repair café?", "The repair café is in the old school.", "온돌은 바닥을 데운다."),
    ],
)
def test_the_text_that_shares_words_is_the_nearest(question, right, wrong):
    embeddings = open_fake()
    query = embeddings.embed_query(question)
    near, far = embeddings.embed_array([right, wrong], "passage") @ np.array(query)
    assert near > far + 0.1


def test_vectors_are_the_same_on_every_run_and_of_length_1():
    vectors = open_fake().embed_array(["온돌", "온돌", "\ud800", "", "Ondol"], "query")
    assert vectors.shape == (5, 256)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[1])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)


def test_decomposed_text_is_the_same_text():
    assert open_fake().embed_query("각하") == open_fake().embed_query("\u1100\u1161\u11a8\u1112\u1161")


def test_names_have_different_fingerprints():
    assert open_fake("a").fingerprint.digest != open_fake("b").fingerprint.digest


def test_offsets_are_words():
    text = "온돌은 warm."
    assert [text[a:b] for a, b in open_fake().token_offsets(text)] == ["온돌은", "warm"]
