"""`llama.cpp`: any GGUF file as a LangChain chat model, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import ConfigDict, PrivateAttr

from ondol.device import free_threads
from ondol.errors import UsageError
from ondol.gguf.file import read_gguf
from ondol.gguf.server import Call, LlamaServer, ServerOptions
from ondol.model_store.store import ModelStore
from ondol.models.chat_messages import PLAIN_MARKS, PLAIN_TEMPLATE, Neutraliser, make_chat
from ondol.models.contract import LocalChatModel
from ondol.models.llama_cpp_events import check, read_chunks
from ondol.models.sampling import Sampling, make_sampling
from ondol.models.thinking import Tags, opened_by, split_thinking, tags_for
from ondol.models.thinking_budget import write_within


class LlamaCpp(Sampling, LocalChatModel):
    """A model that is loaded when it is made; use it in a `with` block, or call `close`.

    Sampling values given to a call win over those of the model.
    """

    model_config = ConfigDict(extra="ignore")

    path: Path
    model: str = ""
    """What it is called in results; the file's name when empty."""
    threads: int = 0
    """0 takes the cores that are free at this moment."""
    context: int = 4096
    """Tokens of prompt and answer together; never more than the model was trained on."""
    parallel: int = 1
    """Calls that run together; each has a window of its own."""
    gpu_layers: int | None = None
    """None puts on the GPU what fits."""
    kv_type: str = "f16"
    flash_attention: Literal["auto", "on", "off"] = "auto"
    _server: LlamaServer = PrivateAttr()
    _in_text: Neutraliser = PrivateAttr()
    _in_chat: Neutraliser = PrivateAttr()
    _plain: bool = PrivateAttr()
    _tags: Tags | None = PrivateAttr()
    _server_splits: bool = PrivateAttr()
    """gpt-oss marks its thinking by control tokens, which only the server sees."""

    def model_post_init(self, _: Any, /) -> None:
        file = read_gguf(self.path)
        self._plain = not file.chat_template
        self._tags = tags_for(file.chat_template, self.model) if file.chat_template else None
        marks = f"{self._tags.open}{self._tags.close}" if self._tags else ""
        self._server_splits = any(token in marks for token in file.control_tokens)
        self._in_text = Neutraliser(file.control_tokens)
        self._in_chat = Neutraliser([*file.control_tokens, *(PLAIN_MARKS if self._plain else ())])
        self.model = self.model or self.path.stem
        self.threads = self.threads or free_threads()
        self.context = min(self.context, file.context or self.context)
        template = PLAIN_TEMPLATE if self._plain else ""
        options = ServerOptions(
            threads=self.threads, context=self.context, template=template, parallel=self.parallel,
            gpu_layers=self.gpu_layers, kv_type=self.kv_type, flash_attention=self.flash_attention,
        )  # fmt: skip
        self._server = LlamaServer(self.path, options)

    @property
    def is_base(self) -> bool:
        return self._plain

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.model_dump(include={"path", "context", *Sampling.model_fields}, mode="json")

    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, tools: Any = None,
        tool_choice: Any = None, **sampling: Any,
    ) -> Iterator[AIMessageChunk]:  # fmt: skip
        if tools or tool_choice not in (None, "none", "auto"):
            raise UsageError(
                "llama.cpp: models take no tools yet.", hint="Give the tools to a model of hf: or openai:."
            )
        chosen = self._choose(stop, **sampling)
        if chosen.think and not self._tags:
            raise UsageError("{model} does not think.", hint="Leave `think` out.", model=self.model)
        request: dict[str, Any] = {"messages": self._chat(messages)}
        if chosen.think is not None:
            request["chat_template_kwargs"] = {"enable_thinking": chosen.think}
        if self._tags and not self._server_splits:
            return self._think(self._tags, request, chosen)
        if self._tags and chosen.thinking_tokens is not None:
            raise UsageError("The thinking of {model} cannot be limited.", hint="Leave `thinking_tokens` out.",
                             model=self.model)  # fmt: skip
        return self._write("handle_chat_completions", request, chosen)

    def _think(self, tags: Tags, request: dict[str, Any], chosen: Sampling) -> Iterator[AIMessageChunk]:
        """The rendered prompt is continued as text, so that the tags come as they were written."""
        prompt = self._server.ask("/apply-template", request)["prompt"]
        opened, budget = opened_by(prompt, tags), chosen.thinking_tokens

        def write(before: str = "", spent: int = 0) -> Iterator[AIMessageChunk]:
            left = chosen.model_copy(update={"max_tokens": max(1, chosen.max_tokens - spent)})
            return self._write("handle_completions", {"prompt": prompt + before}, left)

        if budget is None:
            return split_thinking(write(), tags, opened=opened)
        return write_within(budget, write, write, tags, opened=opened, count=lambda text: len(self.get_token_ids(text)))

    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        request = {"prompt": self._in_text(prompt)}
        return self._write("handle_completions", request, self._choose(stop, **sampling))

    def logprob(self, prompt: str, continuation: str) -> float:
        """Natural logarithm of the probability that exactly the tokens of `continuation` follow `prompt`.

        The continuation is cut into tokens by itself, so begin it with the space that belongs to it. A grammar of
        those tokens forces the text, and the probabilities told are those before the grammar: one step per token.
        """
        ids = self.get_token_ids(continuation)
        request = {
            "prompt": self._in_text(prompt),
            "grammar": "root ::= " + " ".join(f"<[{number}]>" for number in ids),
            "n_probs": 1,
            "temperature": 0,
            "max_tokens": len(ids),
        }
        events = map(check, self._server.stream("handle_completions", request))
        choices = (choice for event in events for choice in event["choices"])
        rows = (row for choice in choices for row in (choice["logprobs"] or {"content": ()})["content"])
        return sum(float(row["logprob"]) for row in rows)

    def get_token_ids(self, text: str) -> list[int]:
        """The model's own tokens of `text`, without start and end marks."""
        body = {"content": self._in_text(text), "add_special": False}
        ids: list[int] = self._server.ask("/tokenize", body)["tokens"]
        return ids

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:  # noqa: ARG002
        """Tokens of the whole prompt, template included: what `usage_metadata["input_tokens"]` will say."""
        body = {"messages": self._chat(messages)}
        return int(self._server.ask("/v1/chat/completions/input_tokens", body)["input_tokens"])

    def close(self) -> None:
        self._server.close()

    def _chat(self, messages: list[BaseMessage]) -> list[dict[str, Any]]:
        return make_chat(messages, self._in_chat)

    def _choose(self, stop: list[str] | None, **sampling: Any) -> Sampling:
        own = self.model_dump(include=set(Sampling.model_fields))
        return make_sampling(**{**own, **sampling, "stop": stop or self.stop})

    def _write(self, call: Call, request: dict[str, Any], chosen: Sampling) -> Iterator[AIMessageChunk]:
        chat = self._plain and call == "handle_chat_completions"
        request |= chosen.model_dump(exclude={"stop", "think", "thinking_tokens"}, exclude_none=True)
        return read_chunks(
            self._server.stream(call, request),
            model=self.model,
            stop=[*(chosen.stop or ()), *(PLAIN_MARKS if chat else ())],
            strip_start=chat,  # the answer begins with the space behind "Assistant:"
        )


def find_gguf(folder: Path) -> Path:
    """The one GGUF file in `folder`, or the first part of one that is split.

    Raises:
        UsageError: there is none, or more than one.
    """
    files = [path for path in sorted(folder.glob("*.gguf")) if "-of-" not in path.stem or "-00001-of-" in path.stem]
    if len(files) != 1:
        raise UsageError(
            "{folder} holds {count} GGUF files; llama.cpp opens one.",
            hint="Name the file itself: llama.cpp:path/to/file.gguf",
            folder=folder, count=len(files),
        )  # fmt: skip
    return files[0]


def open_llama_cpp(
    name: str, *, store: ModelStore, threads: int = 0, context: int = 0, device: str = "", dtype: str = "",
    parallel: int = 1, gpu_layers: int | None = None, kv_type: str = "f16",
    flash_attention: Literal["auto", "on", "off"] = "auto", **sampling: Any,
) -> LlamaCpp:  # fmt: skip
    """Open a model of the catalogue by name, or a .gguf file (or a folder that holds one) by path.

    Args:
        context: 0 takes 4096, or what the model was trained on where that is less.
        device: "cpu" keeps all layers off the GPU.

    Raises:
        NotFound: no such model on this machine.
        UnusableInput, Damaged, BackendError: the file cannot be loaded or a part is missing, with the reason.
        UsageError: a value that does not exist or cannot be.
    """
    if not name:
        raise UsageError("llama.cpp: needs the name of a model.", hint="Such as llama.cpp:path/to/file.gguf")
    if device not in ("", "cpu"):
        raise UsageError(
            "llama.cpp takes its device from its build; '{device}' cannot be chosen.",
            hint="Leave --device out to use the GPU that the build knows, or give --device cpu.", device=device,
        )  # fmt: skip
    if dtype:
        raise UsageError("A GGUF file has its own number format; dtype cannot be chosen.", hint="Leave dtype out.")
    found = store.locate(name)
    path = find_gguf(found) if found.is_dir() else found
    trained = read_gguf(path).context
    if trained and context > trained:
        raise UsageError(
            "The model was trained on {trained} tokens; a context of {context} is too large.",
            hint="Leave context out, or make it smaller.", trained=trained, context=context,
        )  # fmt: skip
    return LlamaCpp(
        path=path, model=f"llama.cpp:{name}", threads=threads, context=context or 4096, parallel=parallel,
        gpu_layers=0 if device == "cpu" else gpu_layers, kv_type=kv_type, flash_attention=flash_attention,
        **make_sampling(**sampling).model_dump(),
    )  # fmt: skip
