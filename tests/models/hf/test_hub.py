"""Errors of the hub, as people must read them; the hub itself is never asked."""

import httpx
import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

from ondol.errors import BackendError, NotFound, Offline
from ondol.models.hf.hub import explain, is_repository


def response(status: int) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "https://huggingface.co/a/b"))


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (GatedRepoError("gated", response=response(403)), BackendError, "licence must be accepted"),
        (GatedRepoError("gated", response=response(401)), BackendError, "licence must be accepted"),
        (HfHubHTTPError("forbidden", response=response(403)), BackendError, "licence must be accepted"),
        (RepositoryNotFoundError("none", response=response(401)), NotFound, "no model 'meta/llama'"),
        (HfHubHTTPError("broken", response=response(500)), BackendError, "HTTP 500"),
        (OfflineModeIsEnabled("off"), Offline, "HF_HUB_OFFLINE"),
        (httpx.ConnectError("no route"), BackendError, "no route"),
    ],
)
def test_an_error_of_the_hub_says_what_to_do(error, kind, words):
    told = explain("meta/llama", error)
    assert type(told) is kind
    assert words in told.message
    assert told.hint


def test_a_gated_model_names_its_page_and_the_token():
    hint = explain("meta/llama@v1", GatedRepoError("gated", response=response(403))).hint
    assert "https://huggingface.co/meta/llama," in hint
    assert "HF_TOKEN" in hint


@pytest.mark.parametrize("name", ["meta-llama/Llama-3.2-1B", "a/b@main", "LGAI-EXAONE/EXAONE-4.0-1.2B"])
def test_a_repository_is_an_owner_and_a_name(name):
    assert is_repository(name)


@pytest.mark.parametrize("name", ["name", "./a/b", "../b", "/a/b", "~/b", "a/b/c", "a/b c", ""])
def test_anything_else_is_a_name_or_a_path(name):
    assert not is_repository(name)
