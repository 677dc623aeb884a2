"""SmolLM2 behind llama.cpp's own server says what it says in this process."""

import pytest

from ondol.models.llama_cpp.model import LlamaCpp
from ondol.models.openai_api.model import OpenAIServer
from tests.models.openai_api import openai_servers as servers

pytestmark = pytest.mark.weights


def test_greedy_text_and_counts_are_those_of_llama_cpp(weights):
    question = "Name the capital of France. 수도는?"
    with servers.llama_server(weights) as (url, _), OpenAIServer(address=f"@{url}", max_tokens=24) as remote:
        theirs, ids = remote.invoke(question), remote.get_token_ids(question)
        counted = remote.get_num_tokens_from_messages([("user", question)])
    with LlamaCpp(path=weights, threads=1, max_tokens=24, context=1024) as local:
        ours = local.invoke(question)
        assert local.get_token_ids(question) == ids
    assert theirs.text == ours.text
    assert theirs.usage_metadata["input_tokens"] == ours.usage_metadata["input_tokens"] == counted
