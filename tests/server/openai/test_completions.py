import json

import pytest


def complete(client, **fields):
    return client.post("/v1/completions", json={"model": "fake:", "prompt": "Once upon a time. Then", **fields})


def test_a_prompt_is_continued(client):
    row = complete(client).json()
    assert (row["object"], row["choices"][0]["text"]) == ("text_completion", "Once upon a time.")
    assert row["usage"]["completion_tokens"] == 4


def test_a_list_of_one_prompt_will_do(client):
    assert complete(client, prompt=["Once. Then"]).json()["choices"][0]["text"] == "Once."


def test_a_stream_holds_the_same_text(client):
    rows = [json.loads(line[6:]) for line in complete(client, stream=True).text.splitlines() if line[:7] == "data: {"]
    assert "".join(row["choices"][0]["text"] for row in rows) == "Once upon a time."
    assert rows[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": ["a", "b"]}, {"prompt": ""}, {"prompt": []}, {"prompt": [1, 2]}, {"prompt": None}, {"echo": True},
        {"suffix": "x"}, {"best_of": 3}, {"logprobs": 5}, {"model": "ondol"}, {"n": 3},
    ],
)  # fmt: skip
def test_what_is_not_offered_is_refused(client, wrong):
    assert complete(client, **wrong).status_code == 400
