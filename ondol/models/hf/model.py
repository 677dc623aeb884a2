"""`hf`: any causal language model on transformers as a LangChain chat model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import ConfigDict, PrivateAttr

from ondol.device import free_threads
from ondol.errors import UsageError
from ondol.model_store.store import ModelStore
from ondol.models.chat_messages import PLAIN_MARKS
from ondol.models.contract import ContextOverflow, LocalChatModel
from ondol.models.hf.adapter import attach, find_adapter, taught_template
from ondol.models.hf.device import QUANTISED, choose_device
from ondol.models.hf.loading import find_folder, load, trained_context
from ondol.models.hf.prompt import Prompt, PromptWriter, template_of
from ondol.models.hf.reply import Thinking, read_reply
from ondol.models.hf.writing import Reading, TokenWriter
from ondol.models.sampling import Sampling, make_sampling
from ondol.models.taught_template import check_template
from ondol.models.thinking import BREAK, opened_by, tags_for
from ondol.models.thinking_budget import LAST_WORDS, ending
from ondol.models.tool_text import CONSTRAIN, HERMES_END, MARKS, split_calls

CONTEXT = 4096
TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<turn|>", "<|end|>")
"""Some files name only the end of a text, and leave out that of a turn."""


class HuggingFace(Sampling, LocalChatModel):
    """A model that is loaded when it is made; use it in a `with` block, or call `close`.

    Sampling values given to a call win over those of the model.
    """

    model_config = ConfigDict(extra="ignore")

    path: Path
    """The folder with config.json and safetensors."""
    model: str = ""
    """What it is called in results; the folder's name when empty."""
    threads: int = 0
    """0 takes the cores that are free at this moment; torch has one number for the whole process."""
    context: int = 0
    """Tokens of prompt and answer together; 0 is 4096, or what the model was trained on where that is less."""
    device: str = ""
    dtype: str = ""
    adapter: Path | None = None
    """A folder with a PEFT adapter, merged into the weights."""
    why: str = ""
    """Device and dtype with their reason: "cuda: bfloat16 (NVIDIA H200)"."""
    _network: Any = PrivateAttr(None)
    _tokenizer: Any = PrivateAttr(None)
    _prompts: PromptWriter = PrivateAttr()
    _ends: frozenset[int] = PrivateAttr()
    _hidden: frozenset[int] = PrivateAttr()

    def model_post_init(self, _: Any, /) -> None:
        choice = choose_device(self.device, self.dtype)
        self.device, self.dtype, self.why = choice.device, choice.dtype, choice.why
        self.model = self.model or self.path.name
        if choice.device == "cpu":
            self.threads = self.threads or free_threads()
            torch.set_num_threads(self.threads)
        self._network, self._tokenizer = load(self.path, choice, context=self.context)
        if self.adapter:
            own, taught = template_of(self._tokenizer), taught_template(self.adapter)
            check_template(own, taught, self.adapter)
            self._tokenizer.chat_template = own or taught or None
            self._network = attach(self._network, self.adapter, merge=choice.dtype not in QUANTISED)
        self._prompts = PromptWriter(self._tokenizer)
        self.context = self.context or min(CONTEXT, trained_context(self._network.config) or CONTEXT)
        self._ends = find_ends(self._network, self._tokenizer)
        self._hidden = find_hidden(self._tokenizer, self._prompts.template)

    @property
    def is_base(self) -> bool:
        return self._prompts.plain

    @property
    def _llm_type(self) -> str:
        return "hf"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        names = {"path", "context", "device", "dtype", "adapter", *Sampling.model_fields}
        return self.model_dump(include=names, mode="json")

    def stream_messages(
        self, messages: list[BaseMessage], *, stop: list[str] | None = None, tools: Any = None,
        tool_choice: Any = None, **sampling: Any,
    ) -> Iterator[AIMessageChunk]:  # fmt: skip
        chosen = self._choose(stop, **sampling)
        prompt = self._open().write(messages, tools=tools, tool_choice=tool_choice, think=chosen.think)
        return self._write(prompt, chosen, chat=True)

    def stream_completion(
        self, prompt: str, *, stop: list[str] | None = None, **sampling: Any
    ) -> Iterator[AIMessageChunk]:
        chosen = self._choose(stop, **sampling)
        return self._write(self._open().complete(prompt), chosen, chat=False)

    def logprob(self, prompt: str, continuation: str) -> float:
        """Natural logarithm of the probability that exactly the tokens of `continuation` follow `prompt`.

        The continuation is cut into tokens by itself, so begin it with the space that belongs to it.
        """
        before, ids = self._open().complete(prompt).ids, self.get_token_ids(continuation)
        if not ids or not before:
            raise UsageError("There is nothing to compare.", hint="Neither prompt nor continuation may be empty.")
        return self._sum_logprobs(before, ids)

    def answer_logprob(self, messages: list[BaseMessage], answer: str) -> tuple[float, int]:
        """As `LocalChatModel.answer_logprob`."""
        before, ids = self._open().encode_answer(messages, answer, self._ends)
        return self._sum_logprobs(before, ids), len(ids)

    def _sum_logprobs(self, before: list[int], ids: list[int]) -> float:
        self._check_room(len(before) + len(ids) - 1)
        scores = Reading(self._network).read([*before, *ids[:-1]], keep=len(ids))
        odds = torch.log_softmax(scores.float(), dim=-1)
        return float(odds.gather(1, torch.tensor(ids, device=odds.device)[:, None]).sum())

    def get_token_ids(self, text: str) -> list[int]:
        """The model's own tokens of `text`, without start and end marks."""
        prompts = self._open()
        return prompts.tokens(prompts.in_text(text))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Tokens of the whole prompt, template and tools included: what `usage_metadata["input_tokens"]` will say."""
        return len(self._open().write(messages, tools=tools, think=self.think).ids)

    def close(self) -> None:
        self._network = None
        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()

    def _open(self) -> PromptWriter:
        if self._network is None:
            raise UsageError("The model is closed.", hint="Open it again with open_model.")
        return self._prompts

    def _choose(self, stop: list[str] | None, **sampling: Any) -> Sampling:
        own = self.model_dump(include=set(Sampling.model_fields))
        chosen = make_sampling(**{**own, **sampling, "stop": stop or self.stop})
        if chosen.grammar is not None or chosen.json_schema is not None:
            raise UsageError(
                "hf cannot hold an answer to a {what}.",
                hint="llama.cpp can: --model llama.cpp:NAME; or ask for the form in the prompt.",
                what="grammar" if chosen.grammar is not None else "json_schema",
            )
        return chosen

    def _check_room(self, needed: int) -> None:
        if needed >= self.context:
            raise ContextOverflow(
                "The prompt has {prompt} tokens and the model's window holds {context}.",
                hint="Give it fewer or shorter texts, or open the model with a larger context.",
                prompt=needed, context=self.context,
            )  # fmt: skip

    def _write(self, prompt: Prompt, chosen: Sampling, *, chat: bool) -> Iterator[AIMessageChunk]:
        self._check_room(len(prompt.ids))
        plain = chat and self._prompts.plain
        tags = tags_for(self._prompts.template, self.model) if chat else None
        if chosen.think and tags is None:
            raise UsageError("{model} was not taught to think.", hint="Leave `think` out.", model=self.model)
        thinking = Thinking(
            tags=tags,
            opened=opened_by(prompt.text, tags),
            budget=chosen.thinking_tokens,
            closing=tuple(self._prompts.tokens(ending(tags, LAST_WORDS if chosen.thinking_tokens else BREAK)))
            if tags
            else (),
        )
        writer = TokenWriter(self._network, prompt.ids, chosen, ends=self._ends, room=self.context - len(prompt.ids))
        reply = read_reply(
            writer, prompt, self._tokenizer, model=self.model, hidden=self._hidden, thinking=thinking,
            stop=[*(chosen.stop or ()), *(PLAIN_MARKS if plain else ())],
            strip_start=plain,  # the answer begins with the space behind "Assistant:"
        )  # fmt: skip
        return split_calls(reply, prompt.tools)


def find_ends(network: Any, tokenizer: Any) -> frozenset[int]:
    """Tokens that end an answer."""
    own = getattr(network.generation_config, "eos_token_id", None)
    ids = {*(own if isinstance(own, list) else [own]), tokenizer.eos_token_id}
    if "<|return|>" not in tokenizer.get_added_vocab():  # gpt-oss ends its channels with <|end|> and goes on
        ids |= {number for text, number in tokenizer.get_added_vocab().items() if text in TURN_ENDS}
    return frozenset(ids - {None})


def find_hidden(tokenizer: Any, template: str) -> frozenset[int]:
    """Special tokens that are not shown: all but those that mark thinking and tool calls."""
    tags = tags_for(template, "")
    shown = " ".join((*MARKS, HERMES_END, CONSTRAIN, "<|call|>", "[ARGS]", "[CALL_ID]"))
    if tags:
        shown = " ".join((shown, tags.open, tags.close, *tags.passed_over))
    marks = zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True)
    return frozenset(number for text, number in marks if text not in shown)


def open_hf(
    name: str, *, store: ModelStore, threads: int = 0, context: int = 0, device: str = "", dtype: str = "",
    adapter: str = "", **sampling: Any,
) -> HuggingFace:  # fmt: skip
    """Open a model of the catalogue by name, a folder or .gguf file by path, or a repository of the hub by id.

    Raises:
        NotFound, Offline: no such model here, and it cannot be fetched.
        UnusableInput, Damaged, BackendError: it cannot be loaded, with the reason.
        UsageError: a sampling value, device, dtype or adapter that cannot be, or a context that is too large.
    """
    chosen = make_sampling(**sampling).model_dump()
    choose_device(device, dtype)  # before anything is fetched
    joined = find_adapter(adapter, store=store) if adapter else None
    return HuggingFace(
        path=find_folder(name, store=store), model=f"hf:{name}", threads=threads, context=context, device=device,
        dtype=dtype, adapter=joined, **chosen,
    )  # fmt: skip
