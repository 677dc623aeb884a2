"""Errors of the model hub's client as ondol's, for all that ask the hub."""

from __future__ import annotations

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from ondol.errors import BackendError, NotFound, Offline, OndolError


def explain(name: str, error: Exception) -> OndolError:
    """What a person must do about an error of the hub; `name` is `owner/name`, with `@revision` where one was asked."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    page = f"https://huggingface.co/{name.partition('@')[0]}"
    if isinstance(error, GatedRepoError) or status == 403:
        return BackendError(
            "The model '{name}' is gated: its licence must be accepted before the hub gives it.",
            hint="Accept it at {page}, make a token with read rights at https://huggingface.co/settings/tokens, "
            "and set HF_TOKEN to it.",
            name=name, page=page,
        )  # fmt: skip
    if isinstance(error, RemoteEntryNotFoundError):
        return NotFound(
            "{name} at the hub lacks a file that is needed: {reason}",
            hint="See what it holds at {page}; a repository of GGUF files is pulled as {name}:Q4_K_M.",
            name=name, page=page, reason=str(error).strip().split("\n")[-1],
        )  # fmt: skip
    if isinstance(error, RepositoryNotFoundError | RevisionNotFoundError | HFValidationError) or status in (401, 404):
        return NotFound(
            "The hub has no model '{name}', or does not show it without a token.",
            hint="Check the name at https://huggingface.co/models; for a private model set HF_TOKEN.", name=name,
        )  # fmt: skip
    if isinstance(error, OfflineModeIsEnabled):
        return Offline(
            "The model '{name}' is not in the hub's cache and HF_HUB_OFFLINE is set.",
            hint="Unset HF_HUB_OFFLINE and run the same once more.", name=name,
        )  # fmt: skip
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    told = f"HTTP {status}: {reason}" if isinstance(error, HfHubHTTPError) and status else reason
    return BackendError(
        "The hub did not give {repository}: {reason}",
        hint="Check the network and run the same once more.", repository=name, reason=told,
    )  # fmt: skip
