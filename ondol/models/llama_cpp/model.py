"""`llama.cpp`: any GGUF file as a LangChain chat model, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import ConfigDict, PrivateAttr

from ondol.device import free_threads
from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.gguf.adapter import check_adapter
from ondol.gguf.file import read_gguf
from ondol.gguf.find import find_gguf
from ondol.gguf.server import LlamaServer, ServerOptions
from ondol.model_store.store import ModelStore
from ondol.models.chat_messages import PLAIN_MARKS, PLAIN_TEMPLATE
from ondol.models.contract import LocalChatModel
from ondol.models.llama_cpp.adapters import Adapters
from ondol.models.llama_cpp.events import overflow, read_chunks
from ondol.models.llama_cpp.grammar import Wanted, write_grammar
from ondol.models.llama_cpp.logprob import sum_logprobs
from ondol.models.llama_cpp.options import Options
from ondol.models.llama_cpp.probe import GrammarProbe
from ondol.models.llama_cpp.prompt import Prompt, PromptWriter
from ondol.models.options import check_options
from ondol.models.sampling import Sampling, make_sampling
from ondol.models.taught_template import check_template
from ondol.models.thinking import split_thinking
from ondol.models.thinking_budget import write_within
from ondol.models.tool_text import split_calls
from ondol.tokens.neutraliser import Neutraliser

CONTEXT = 4096
OTHER_FILE = "Take a newer file of this model, or one from another maker."


class LlamaCpp(Options, Sampling, LocalChatModel):
    """A model that is loaded when it is made; use it in a `with` block, or call `close`.

    A base model is loaded at its first call: where a reader answers, it is asked nothing.
    Sampling values given to a call win over those of the model.
    """

    model_config = ConfigDict(extra="ignore")

    path: Path
    model: str = ""
    """What it is called in results; the file's name when empty."""
    _server: LlamaServer = PrivateAttr()
    _prompts: PromptWriter = PrivateAttr()
    _probe: GrammarProbe = PrivateAttr()
    _adapters: Adapters = PrivateAttr()
    _in_text: Neutraliser = PrivateAttr()

    def model_post_init(self, _: Any, /) -> None:
        file = read_gguf(self.path)
        taught = ""
        self._adapters = Adapters(self.adapters)
        for adapter in self._adapters.paths:
            template = check_adapter(adapter, architecture=file.architecture)
            check_template(file.chat_template, template, adapter)
            if template and not file.chat_template:  # a base that was taught to answer
                file, taught = replace(file, chat_template=template), template
        self._in_text = Neutraliser(file.control_tokens)
        self.model = self.model or self.path.stem
        self.threads = self.threads or free_threads()
        self.context = min(self.context, file.context or self.context)
        options = ServerOptions(
            threads=self.threads, context=self.context, parallel=self.parallel, gpu_layers=self.gpu_layers,
            template=taught or ("" if file.chat_template else PLAIN_TEMPLATE), kv_type=self.kv_type,
            flash_attention=self.flash_attention, adapters=self._adapters.with_scales,
        )  # fmt: skip
        self._server = (
            open_with_template(self.path, options)
            if file.chat_template
            else LlamaServer(self.path, options, later=True)
        )
        self._prompts = PromptWriter(file, self._server, name=self.model)
        if file.chat_template and not self._prompts.hears():
            self.close()
            raise UnusableInput(
                "The chat template in {path} leaves out what the model is told.", hint=OTHER_FILE, path=self.path
            )
        self._probe = GrammarProbe(self._server)

    @property
    def is_base(self) -> bool:
        return self._prompts.plain

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return self.model_dump(include={"path", "context", "adapters", *Sampling.model_fields}, mode="json")

    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, tools: Any = None,
        tool_choice: Any = None, response_format: Any = None, lora: dict[str, float] | None = None, **sampling: Any,
    ) -> Iterator[AIMessageChunk]:  # fmt: skip
        if response_format is not None:
            sampling["json_schema"] = schema_of(response_format)
        chosen = self._choose(stop, **sampling)
        if chosen.think and not self._prompts.tags:
            raise UsageError("{model} does not think.", hint="Leave `think` out.", model=self.model)
        prompt = self._prompts.write(messages, tools=tools, tool_choice=tool_choice, think=chosen.think)
        return split_calls(self._answer(prompt, chosen, self._adapters.request(lora)), prompt.names)

    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, lora: dict[str, float] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        chosen = self._choose(stop, **sampling)
        request = {"prompt": self._in_text(prompt), **self._adapters.request(lora)}
        wanted = Wanted(schema=chosen.json_schema, max_tokens=chosen.max_tokens)
        grammar = chosen.grammar or write_grammar(wanted, self._prompts.token, tags=None, opened=False)
        parts = {} if chosen.json_schema is None else {"json_schema": chosen.json_schema}
        return self._write(request, chosen, grammar, parts=parts)

    def _answer(self, prompt: Prompt, chosen: Sampling, request: dict[str, Any]) -> Iterator[AIMessageChunk]:
        wanted, tags, opened = self._prompts.wanted(prompt, chosen), prompt.tags, prompt.opened
        parts = {f"the tool {row['function']['name']}": row["function"].get("parameters", {}) for row in prompt.tools}
        parts |= {"json_schema": chosen.json_schema} if chosen.json_schema is not None else {}
        # a grammar of the user's own has no place for thoughts
        budget = 0 if chosen.grammar and opened else chosen.thinking_tokens

        def write(before: str = "", spent: int = 0) -> Iterator[AIMessageChunk]:
            left = chosen.model_copy(update={"max_tokens": max(1, chosen.max_tokens - spent)})
            thinks = tags if not before else None
            grammar = chosen.grammar or write_grammar(wanted, self._prompts.token, tags=thinks, opened=opened)
            asked = {**request, "prompt": prompt.text + before, "preserved_tokens": self._prompts.shown}
            return self._write(asked, left, grammar, parts=parts, chat=True)

        if tags is None or budget is None:
            return split_thinking(write(), tags, opened=opened)
        return write_within(budget, write, write, tags, opened=opened, count=lambda text: len(self.get_token_ids(text)))

    def logprob(self, prompt: str, continuation: str, *, lora: dict[str, float] | None = None) -> float:
        """Natural logarithm of the probability that exactly the tokens of `continuation` follow `prompt`.

        The continuation is cut into tokens by itself, so begin it with the space that belongs to it.

        Raises:
            UsageError: prompt or continuation is empty.
        """
        body = {"content": self._in_text(prompt), "add_special": True}
        before, ids = self._server.ask("/tokenize", body)["tokens"], self.get_token_ids(continuation)
        if not ids or not before:
            raise UsageError("There is nothing to compare.", hint="Neither prompt nor continuation may be empty.")
        whole, adapters = self.get_token_ids("a")[-1], self._adapters.request(lora)
        return sum_logprobs(self._server, before, ids, whole=whole, adapters=adapters)

    def answer_logprob(
        self, messages: list[BaseMessage], answer: str, *, lora: dict[str, float] | None = None
    ) -> tuple[float, int]:
        """As `LocalChatModel.answer_logprob`."""
        before, ids = self._prompts.encode_answer(messages, answer)
        whole, adapters = self.get_token_ids("a")[-1], self._adapters.request(lora)
        return sum_logprobs(self._server, before, ids, whole=whole, adapters=adapters), len(ids)

    def get_token_ids(self, text: str) -> list[int]:
        """The model's own tokens of `text`, without start and end marks."""
        body = {"content": self._in_text(text), "add_special": False}
        ids: list[int] = self._server.ask("/tokenize", body)["tokens"]
        return ids

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Tokens of the whole prompt, template and tools included: what `usage_metadata["input_tokens"]` will say."""
        return self._count(self._prompts.write(messages, tools=tools, think=self.think).text)

    def close(self) -> None:
        self._server.close()

    def _choose(self, stop: list[str] | None, **sampling: Any) -> Sampling:
        own = self.model_dump(include=set(Sampling.model_fields))
        return make_sampling(**{**own, **sampling, "stop": stop or self.stop})

    def _write(
        self, request: dict[str, Any], chosen: Sampling, grammar: str, *, parts: dict[str, Any], chat: bool = False
    ) -> Iterator[AIMessageChunk]:
        if grammar:
            self._probe.require(grammar, request, parts)
            request["grammar"] = grammar
        hidden = {"stop", "think", "thinking_tokens", "json_schema", "grammar"}
        request |= chosen.model_dump(exclude=hidden, exclude_none=True)
        request["max_tokens"] = min(chosen.max_tokens, self._room(request["prompt"]))
        plain = chat and self._prompts.plain
        stop = [*(chosen.stop or ()), *(PLAIN_MARKS if plain else ())]
        request["timings_per_token"] = bool(stop)  # usage also where the text is cut here
        return read_chunks(
            self._server.stream(request, gather=chosen.thinking_tokens is None),  # a budget counts token by token
            model=self.model,
            stop=stop,
            strip_start=plain,  # the answer begins with the space behind "Assistant:"
        )

    def _room(self, prompt: str) -> int:
        """Tokens that the window has for an answer; llama.cpp's own is rounded up to a multiple of 256."""
        room = self.context - self._count(prompt)
        if room < 1:
            raise overflow(self.context - room, self.context)
        return room

    def _count(self, prompt: str) -> int:
        body = {"content": prompt, "add_special": True, "parse_special": True}
        return len(self._server.ask("/tokenize", body)["tokens"])


def open_with_template(path: Path, options: ServerOptions) -> LlamaServer:
    """Open a file that has a chat template, which llama.cpp reads when it loads it.

    Raises:
        UnusableInput: it cannot read the template.
        BackendError: it cannot load the file at all.
    """
    try:
        return LlamaServer(path, options)
    except BackendError as error:
        try:
            LlamaServer(path, replace(options, template=PLAIN_TEMPLATE)).close()
        except BackendError:
            raise error from None
        raise UnusableInput("llama.cpp cannot read the chat template in {path}.", hint=OTHER_FILE, path=path) from error


def schema_of(response_format: Any) -> dict[str, Any]:
    """The JSON schema in OpenAI's `response_format`; any object where it names none.

    Raises:
        UsageError: it is none of OpenAI's.
    """
    form = response_format if isinstance(response_format, dict) else {}
    if form.get("type") == "json_object":
        return dict(form.get("schema") or {"type": "object"})
    schema = form.get("json_schema", {}).get("schema")
    if form.get("type") != "json_schema" or not isinstance(schema, dict):
        raise UsageError(
            "response_format is {form!r}; it takes OpenAI's json_schema or json_object.",
            hint="Or give the schema itself: json_schema={{…}}, or use with_structured_output.", form=response_format,
        )  # fmt: skip
    return schema


def open_llama_cpp(
    name: str, *, store: ModelStore, threads: int = 0, context: int = 0, device: str = "", dtype: str = "",
    parallel: int = 1, gpu_layers: int | None = None, kv_type: str = "f16",
    flash_attention: Literal["auto", "on", "off"] = "auto", adapter: str = "",
    adapters: dict[str, float] | None = None, **sampling: Any,
) -> LlamaCpp:  # fmt: skip
    """Open a model of the catalogue by name, or a .gguf file (or a folder that holds one) by path.

    Args:
        context: 0 takes 4096, or what the model was trained on where that is less.
        device: "cpu" keeps all layers off the GPU.
        adapter: one LoRA file in GGUF, at its full strength.
        adapters: LoRA files with their scales; several are added up.

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
    options = check_options(
        Options, threads=threads, context=context, parallel=parallel, gpu_layers=0 if device == "cpu" else gpu_layers,
        kv_type=kv_type, flash_attention=flash_attention, adapters={} if adapters is None else adapters,
    )  # fmt: skip
    if adapter:
        options.adapters[str(adapter)] = 1.0
    sampling = make_sampling(**sampling).model_dump()
    found = store.locate(name)
    path = find_gguf(found) if found.is_dir() else found
    trained = read_gguf(path).context
    if trained and options.context > trained:
        raise UsageError(
            "The model was trained on {trained} tokens; a context of {context} is too large.",
            hint="Leave context out, or make it smaller.", trained=trained, context=options.context,
        )  # fmt: skip
    options.context = options.context or CONTEXT
    return LlamaCpp(path=path, model=f"llama.cpp:{name}", **options.model_dump(), **sampling)
