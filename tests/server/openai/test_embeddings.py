import base64

import numpy as np
import pytest


def embed(client, given, **fields):
    return client.post("/v1/embeddings", json={"model": "fake:", "input": given, **fields})


def test_each_text_has_its_vector_in_order(client):
    row = embed(client, ["museum", "방앗간", "museum"]).json()
    one, other, again = (item["embedding"] for item in row["data"])
    assert [item["index"] for item in row["data"]] == [0, 1, 2]
    assert one == again != other
    assert row["usage"]["prompt_tokens"] >= 3


def test_base64_holds_the_same_numbers(client):
    plain = embed(client, "museum").json()["data"][0]["embedding"]
    packed = embed(client, "museum", encoding_format="base64").json()["data"][0]["embedding"]
    assert np.allclose(np.frombuffer(base64.b64decode(packed), "<f4"), plain)


def test_ondol_is_the_embedder_of_the_settings(client):
    assert embed(client, "museum", model="ondol").json()["data"] == embed(client, "museum").json()["data"]


def test_its_own_number_of_dimensions_may_be_named(client):
    size = len(embed(client, "a").json()["data"][0]["embedding"])
    assert embed(client, "a", dimensions=size).status_code == 200
    error = embed(client, "a", dimensions=size - 1).json()["error"]
    assert error["param"] == "dimensions"
    assert str(size) in error["message"]


def test_token_numbers_are_refused_with_the_way_out(client):
    for given in ([1, 2], [[1, 2], [3]]):
        assert "check_embedding_ctx_length" in embed(client, given).json()["error"]["message"]


@pytest.mark.parametrize("given", ["", [], [""], ["a", ""], None, {"a": 1}, 1, ["a", None], ["a"] * 2049])
def test_an_input_without_text_is_refused(client, given):
    assert embed(client, given).status_code == 400


@pytest.mark.parametrize("fields", [{"model": "onnx:/etc"}, {"model": "none"}])
def test_an_unknown_embedder_is_not_found(client, fields):
    assert embed(client, "a", **fields).status_code == 404


def test_another_format_is_refused(client):
    assert embed(client, "a", encoding_format="int8").status_code == 400
