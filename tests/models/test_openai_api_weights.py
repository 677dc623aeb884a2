"""SmolLM2 behind llama.cpp's own server says what it says in this process."""

import importlib.util
from pathlib import Path

import pytest

from ondol.models.llama_cpp import LlamaCpp
from ondol.models.openai_api import OpenAIServer

spec = importlib.util.spec_from_file_location("openai_servers", Path(__file__).with_name("openai_servers.py"))
servers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(servers)

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
