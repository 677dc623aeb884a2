"""`openai`: a model on any OpenAI-compatible server (Ollama, vLLM, llama-server, OpenAI) as a LangChain chat model."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from typing import Any

import openai
from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import ConfigDict, PrivateAttr

from ondol.errors import UsageError
from ondol.model_store.store import ModelStore
from ondol.models.chat_messages import make_chat
from ondol.models.contract import ContextOverflow, LocalChatModel
from ondol.models.openai_api.event import Event
from ondol.models.openai_api.events import EventReader, cut, separate
from ondol.models.openai_api.ollama import loaded_window, require_fit, require_window
from ondol.models.openai_api.options import Options
from ondol.models.openai_api.request import MARKS, make_body, make_tools
from ondol.models.options import check_options
from ondol.models.sampling import Sampling, make_sampling
from ondol.models.thinking import Tags, tags_for
from ondol.models.tool_text import split_calls
from ondol.tokens.neutraliser import Neutraliser
from ondol.tokens.openai_address import split_name
from ondol.tokens.openai_errors import broken_off, explain, overflow_numbers
from ondol.tokens.openai_server import OpenAIConnection

PER_MESSAGE = 16
"""Tokens that a chat template puts around one message, at most, where they can only be estimated."""
_PIECE = re.compile(r"[A-Za-z]+|.", re.DOTALL)


class OpenAIServer(Options, Sampling, LocalChatModel):
    """Asks the server what it is when it is made; sampling values given to a call win over those of the model.

    Retries are the client's, and end with the first token: an answer never begins twice.
    """

    model_config = ConfigDict(extra="ignore")

    address: str
    """`name@url`, or a name for the server in OPENAI_BASE_URL."""
    model: str = ""
    """What it is called in results: spec without a key."""
    offline: bool = False
    _server: OpenAIConnection = PrivateAttr()
    _name: str = PrivateAttr()
    _refused: set[str] = PrivateAttr(default_factory=set)
    _closed: bool = PrivateAttr(False)
    _neutralise: Neutraliser = PrivateAttr()

    def model_post_init(self, _: Any, /) -> None:
        name, place = split_name(self.address)
        self._server = OpenAIConnection(place, offline=self.offline, timeout_s=self.timeout_s, retries=self.retries)
        self._server.recognise()
        self._name = self._server.choose(name)
        self.address = f"{self._name}@{place.url}"  # without a key, for traces and results
        self.model = self.model or f"openai:{self.address}"
        self._neutralise = Neutraliser(() if self._server.kind == "openai" else MARKS)
        self.context = self._agree_on_context()

    @property
    def _llm_type(self) -> str:
        return "openai"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.model_dump(include={"address", "context", *Sampling.model_fields}, mode="json")

    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        tools = make_tools(sampling.pop("tools", None), sampling.pop("tool_choice", None), self._server)
        chat = make_chat(messages, self._neutralise)
        if self._server.kind == "ollama":
            require_fit(self._server, self._name, chat, tools.get("tools", []), held=self.context)
        request = {"messages": chat, **tools}
        return self._write("/chat/completions", request, self._choose(stop, **sampling))

    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        return self._write("/completions", {"prompt": self._neutralise(prompt)}, self._choose(stop, **sampling))

    def get_token_ids(self, text: str) -> list[int]:
        """The model's own tokens on llama-server and vLLM; elsewhere `estimate_tokens`, as numbers without meaning."""
        ids = self._server.tokenize(self._name, self._neutralise(text))
        return list(range(estimate_tokens(text))) if ids is None else ids

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Tokens of the whole prompt, template included; an upper estimate where the server cannot count."""
        chat = make_chat(messages, self._neutralise)
        offered = {"tools": tools} if tools else {}
        if self._server.kind == "llama.cpp":
            body = {"messages": chat, **offered}
            return int(self._server.told("chat/completions/input_tokens", body, "input_tokens", kind=int))
        if self._server.kind == "vllm":
            body = {"model": self._name, "messages": chat, "add_generation_prompt": True, **offered}
            return int(self._server.told("/tokenize", body, "count", kind=int))
        return _estimate([*chat, *(tools or [])])

    def close(self) -> None:
        self._closed = True
        self._server.close()

    def _agree_on_context(self) -> int:
        held = self._server.window(self._name)
        if self._server.kind == "ollama":
            held = loaded_window(self._server, self._name)
            require_window(self._name, held=held, asked=self.context)
        elif held and self.context > held:
            raise UsageError(
                "{server} holds {held} tokens and {asked} were asked for.",
                hint="Start it with a larger window (llama-server -c {asked}, vllm serve --max-model-len {asked}).",
                server=self._server.shown, held=held, asked=self.context,
            )  # fmt: skip
        return self.context or held

    def _choose(self, stop: list[str] | None, **sampling: Any) -> Sampling:
        own = self.model_dump(include=set(Sampling.model_fields))
        return make_sampling(**{**own, **sampling, "stop": stop or self.stop})

    def _write(self, path: str, request: dict[str, Any], chosen: Sampling) -> Iterator[AIMessageChunk]:
        if self._closed:
            raise UsageError("The model is closed.", hint="Open it again with open_model.")
        body = {**make_body(chosen, self._server, model=self._name), **request}
        reader = EventReader(self._events(path, body))
        prompt = request.get("messages") or [{"content": request["prompt"]}]
        chunks = separate(reader.chunks(), self._tags() if path == "/chat/completions" else None)
        names = frozenset(tool["function"]["name"] for tool in request.get("tools", ()))
        answer = cut(chunks, reader, stop=chosen.stop or (), model=self.model, estimate=_estimate(prompt))
        return split_calls(answer, names)  # servers that do not know a model's form leave its calls in the text

    def _tags(self) -> Tags | None:
        """For servers that leave `<think>` in the text; llama-server tells when it does not."""
        settings = self._server.props.get("default_generation_settings", {}).get("params", {})
        return tags_for("", self._name) if settings.get("reasoning_format", "none") == "none" else None

    def _events(self, path: str, body: dict[str, Any]) -> Generator[Event, None, None]:
        finished = written = False
        try:
            with self._post(path, body) as stream:
                for row in stream:
                    event = Event.model_validate(row)  # what is none is a ValueError
                    written = True
                    finished = finished or any(choice.finish_reason for choice in event.choices or ())
                    yield event
                if not written and "html" in stream.response.headers.get("content-type", ""):
                    raise ValueError("a web page")
        except (openai.OpenAIError, ValueError, RecursionError) as error:
            raise self._explain(error, written=written) from error
        if not finished:
            raise broken_off(self._server.shown, written=written)

    def _post(self, path: str, body: dict[str, Any]) -> openai.Stream[Any]:
        """Once more without what an older server does not take, and never after the first token."""
        for _ in range(3):
            if "stream_options" in self._refused:
                body.pop("stream_options", None)
            if "max_tokens" in self._refused and "max_tokens" in body:
                body["max_completion_tokens"] = body.pop("max_tokens")
            try:
                return self._server.client.post(
                    path, cast_to=object, body=body, stream=True, stream_cls=openai.Stream[Any]
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                text = str(error.body or error.message)
                new = {"stream_options"} if "stream_options" in text else set()
                new |= {"max_tokens"} if "max_completion_tokens" in text and "max_tokens" in body else set()
                if new <= self._refused:
                    raise
                self._refused |= new
        raise AssertionError("two things can be left out, and three tries were made")

    def _explain(self, error: Exception, *, written: bool) -> Exception:
        numbers = overflow_numbers(error)
        if numbers:
            return ContextOverflow(
                "The prompt has {prompt} tokens and the model's window holds {context}.",
                hint="Give it fewer or shorter texts, or start the server with a larger context.",
                prompt=numbers[0], context=numbers[1],
            )  # fmt: skip
        cut_off = isinstance(error, openai.APIConnectionError) and not isinstance(error, openai.APITimeoutError)
        if written and cut_off:
            return broken_off(self._server.shown, written=True)
        return explain(error, self._server.shown)


def estimate_tokens(text: str) -> int:
    """An upper estimate for text in any language, where nobody can count.

    One token per UTF-8 byte outside ASCII (a Hangul syllable is at most its 3 bytes), one per digit, mark and space,
    and one per two Latin letters.
    """
    return sum((len(piece) + 1) // 2 if piece.isascii() else len(piece.encode()) for piece in _PIECE.findall(text))


def _estimate(rows: list[dict[str, Any]]) -> int:
    texts = (row["content"] if set(row) <= {"role", "content"} else json.dumps(row, ensure_ascii=False) for row in rows)
    return sum(PER_MESSAGE + estimate_tokens(text or "") for text in texts)


def open_openai(
    name: str,
    *,
    store: ModelStore,
    threads: int = 0,  # noqa: ARG001 - every model takes them; the server has its own
    context: int = 0,
    device: str = "",
    dtype: str = "",
    timeout_s: float = 120,
    retries: int = 2,
    **sampling: Any,
) -> OpenAIServer:
    """Open a model on a server, `llama3.1@http://127.0.0.1:11434/v1`; the URL alone takes the only model there.

    Without a URL the server is OPENAI_BASE_URL; nothing is ever sent to a server that nobody named. Which key it sees:
    `ondol.tokens.openai_address.find_key`.

    Raises:
        UsageError: no server is named, or it cannot do what was asked.
        Offline: the network is switched off, and the server is not on this machine.
        NotFound: the server does not hold the model.
        BackendError: nobody answers, or the key is refused.
    """
    if device or dtype:
        raise UsageError(
            "A server decides itself on device and dtype.", hint="Leave --device and --dtype out, or use hf: instead."
        )
    options = check_options(Options, context=context, timeout_s=timeout_s, retries=retries)
    chosen = make_sampling(**sampling)
    return OpenAIServer(address=name, offline=store.offline, **options.model_dump(), **chosen.model_dump())
