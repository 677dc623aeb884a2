"""An OpenAI-compatible server: its address, its key, what it is, what it holds, and its tokenizer.

Stands below models and embeddings, which both talk to it and may not import each other.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Literal

import openai
from openai._types import Omit

from ondol.errors import BackendError, NotFound, Offline, UsageError
from ondol.registry import nearest
from ondol.tokens.openai_address import OFFICIAL, Address, find_key
from ondol.tokens.openai_errors import explain, no_json

Kind = Literal["llama.cpp", "ollama", "vllm", "openai", "other"]
PROBE_S = 5.0
"""Seconds for a question that only finds out what the server is: it needs no model."""


class OpenAIConnection:
    """One server; made without a network call."""

    def __init__(self, address: Address, *, offline: bool, timeout_s: float = 120, retries: int = 2) -> None:
        if offline and not address.loopback:
            raise Offline(
                "{server} is not on this machine, and the network is switched off.",
                hint="Unset ONDOL_OFFLINE, or take a server on 127.0.0.1.",
                server=address.shown,
            )
        self.address = address
        self.timeout_s = timeout_s
        key, own = find_key(address)
        self.client = openai.OpenAI(
            base_url=address.url,
            api_key=key or "none",
            timeout=openai.Timeout(timeout_s, connect=min(PROBE_S, timeout_s)),
            max_retries=retries,
            default_headers={} if own else _withheld(),
            # a proxy is for the network: with HTTP_PROXY set, a server on this machine would be asked through it;
            # a redirect could carry documents to a server that nobody named
            http_client=openai.DefaultHttpxClient(trust_env=not address.loopback, follow_redirects=False),
        )
        self._release = weakref.finalize(self, self.client.close)  # sockets are kept open between calls
        self._rows: dict[str, dict[str, Any]] = {}
        self.kind: Kind = "openai" if address.host == OFFICIAL else "other"
        self.props: Mapping[str, Any] = {}

    @property
    def shown(self) -> str:
        return self.address.shown

    def recognise(self) -> None:
        """Ask what the server is and what it holds.

        Raises:
            BackendError: nobody answers, or the key is refused.
        """
        self._rows = self._list_models()
        if self.kind == "openai":
            return
        owners = {str(row.get("owned_by")) for row in self._rows.values()}
        if "vllm" in owners:
            self.kind = "vllm"
            return
        props = self._probe("/props")
        if isinstance(props.get("default_generation_settings"), dict):
            self.kind, self.props = "llama.cpp", props
        elif "version" in self._probe("/api/version"):
            self.kind = "ollama"

    def choose(self, name: str) -> str:
        """The server's id of the model that people call `name`; empty takes the only one.

        Raises:
            NotFound: the server does not hold it.
            UsageError: no name, and not exactly one model.
        """
        known = sorted(self._rows)
        if not name:
            if len(known) == 1:
                return known[0]
            raise UsageError(
                "{server} holds {count} models; which one is not said.",
                hint="Write NAME@{server}. It holds: {known}.",
                server=self.shown, count=len(known), known=", ".join(known) or "nothing that it tells",
            )  # fmt: skip
        # Ollama calls llama3.1:latest llama3.1 too; llama-server calls a model by its path
        found = [row for row in known if name in (row, row.removesuffix(":latest"), *_file_names(row))]
        if found or not known:
            return found[0] if found else name
        close = nearest(name, known)
        raise NotFound(
            "{server} holds no model '{name}'.",
            hint=("Did you mean '{close}'? It holds: {known}." if close else "It holds: {known}.")
            + (" Fetch it with: ollama pull {name}" if self.kind == "ollama" else ""),
            server=self.shown, name=name, close=close, known=", ".join(known),
        )  # fmt: skip

    def window(self, model: str) -> int:
        """Tokens that the server holds for a prompt and its answer; 0 where it does not tell (Ollama: see models)."""
        if self.kind == "llama.cpp":
            told = self.props["default_generation_settings"].get("n_ctx")
        else:
            told = self._rows.get(model, {}).get("max_model_len")
        return told if isinstance(told, int) else 0

    def ask(self, path: str, body: dict[str, Any] | None = None, *, quick: bool = False) -> dict[str, Any]:
        """One call without streaming; `path` is the server's own (`/props`), or OpenAI's (`embeddings`).

        Raises:
            OndolError: what `explain` makes of a failure.
        """
        url = self.address.root + path if path.startswith("/") else f"/{path}"
        options: Any = {"timeout": min(PROBE_S, self.timeout_s), "max_retries": 0} if quick else {}
        try:
            if body is None:
                found = self.client.get(url, cast_to=object, options=options)
            else:
                found = self.client.post(url, cast_to=object, body=body, options=options)
        except (openai.OpenAIError, ValueError, RecursionError) as error:
            raise explain(error, self.shown) from error
        if not isinstance(found, dict):
            raise no_json(self.shown)
        return found

    def tokenize(self, model: str, text: str) -> list[int] | None:
        """The model's own tokens of `text` without start and end marks; None where the server has no tokenizer."""
        if self.kind == "llama.cpp":
            body: dict[str, Any] = {"content": text, "add_special": False}
        elif self.kind == "vllm":
            body = {"model": model, "prompt": text, "add_special_tokens": False}
        else:
            return None
        return list(self.told("/tokenize", body, "tokens", kind=list))

    def told(self, path: str, body: dict[str, Any], name: str, *, kind: type) -> Any:
        """The field `name` of an answer.

        Raises:
            BackendError: the server does not have it, or as something else than `kind`.
        """
        value = self.ask(path, body).get(name)
        if not isinstance(value, kind):
            raise no_json(self.shown)
        return value

    def close(self) -> None:
        self._release()

    def _list_models(self) -> dict[str, dict[str, Any]]:
        try:
            rows = self.ask("models").get("data") or []
            if not isinstance(rows, list):
                raise no_json(self.shown)
        except BackendError as error:
            # some servers have no list, and a restricted key of OpenAI may not read it: the first answer will tell
            if error.values.get("status") in (403, 404, 405):
                return {}
            raise
        except NotFound:
            return {}
        return {str(row["id"]): row for row in rows if isinstance(row, dict) and row.get("id")}

    def _probe(self, path: str) -> Mapping[str, Any]:
        with contextlib.suppress(BackendError, NotFound, UsageError):
            return self.ask(path, quick=True)
        return {}


def _file_names(row: str) -> tuple[str, ...]:
    path = PurePosixPath(row)
    return (path.name, path.stem) if path.suffix == ".gguf" else ()


def _withheld() -> dict[str, Any]:
    """What the client would add from the environment for OpenAI itself, and what a foreign server must not see."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    names = ["OpenAI-Organization", "OpenAI-Project", *(line.partition(":")[0].strip() for line in lines)]
    return {name: Omit() for name in names if name}
