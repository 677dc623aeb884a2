"""Errors of the hub, as people must read them; the hub itself is never asked."""

import httpx
import pytest
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
)

from ondol.errors import BackendError, NotFound, Offline
from ondol.fit import hub_shape
from ondol.model_store import fetch_hub
from ondol.model_store.hub_errors import explain


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
        (RemoteEntryNotFoundError("no config.json", response=response(404)), NotFound, "lacks a file that is needed"),
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


@pytest.mark.parametrize("ask", [fetch_hub._reach, hub_shape._ask], ids=["models pull", "models fit"])
def test_everyone_who_asks_the_hub_explains_a_gated_model_alike(ask):
    def refuse() -> None:
        raise GatedRepoError("gated", response=response(401))

    with pytest.raises(BackendError, match="'meta/llama' is gated") as told:
        ask("meta/llama", refuse)
    assert "set HF_TOKEN" in told.value.hint
