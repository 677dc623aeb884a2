"""One GGUF file in memory on llama.cpp's server core, inside this process.

The server always listens somewhere, and some of its calls exist only there. It listens on a Unix socket in a folder
that only this user can enter, and asks for a random key besides, so no port is open and no web page can reach it.
"""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import tempfile
import threading
import weakref
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal

import xllamacpp

from ondol.device import memory_mb
from ondol.errors import BackendError, UnusableInput, UsageError
from ondol.gguf.guided import ANYTHING, keep, list_closed
from ondol.gguf.uninterrupted import uninterrupted

Event = dict[str, Any]
Answered = Literal["handle_completions", "handle_embeddings", "handle_rerank"]
KV_TYPES = ("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
RENDER_S = 10
"""A chat template is a program of whoever made the file; an ordinary one takes a millisecond."""
GATHER_S = 0.025
"""How long events gather after some were given, times the calls that run: a thread that is woken for every word takes a
core from llama.cpp, whose other threads then wait.
"""
POOLINGS = ("", "none", "mean", "cls", "last", "rank")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOptions:
    """How a file is opened; what llama.cpp would pass over in silence is refused here."""

    threads: int
    context: int
    """Tokens of one slot."""
    template: str = ""
    parallel: int = 1
    """Slots: so many calls run in one batch, the others wait."""
    gpu_layers: int | None = None
    """None puts on the GPU what fits."""
    kv_type: str = "f16"
    flash_attention: Literal["auto", "on", "off"] = "auto"
    batch: int = 2048
    micro_batch: int = 512
    embedding: bool = False
    pooling: str = ""
    """Empty is what the file says."""
    rerank: bool = False
    adapters: tuple[tuple[Path, float], ...] = ()
    """LoRA in GGUF, with the scale of calls that give none."""

    def __post_init__(self) -> None:
        allowed = {"kv_type": KV_TYPES, "pooling": POOLINGS, "flash_attention": ("auto", "on", "off")}
        for name, values in allowed.items():
            if (value := getattr(self, name)) not in values:
                raise UsageError(
                    "llama.cpp knows no {name} {value!r}.", hint="Known: {known}.",
                    name=name, value=value, known=", ".join(filter(None, values)),
                )  # fmt: skip
        if "q" in self.kv_type and self.flash_attention == "off":
            raise UsageError(
                "A {kv_type} cache needs flash attention.", hint="Leave flash_attention at auto.", kv_type=self.kv_type
            )
        if self.parallel < 1:
            raise UsageError("parallel must be at least 1.", hint="1 answers one call after the other.")


class LlamaServer:
    """Calls of several threads share the slots, and a repeated start of a prompt costs nothing."""

    def __init__(self, path: Path, options: ServerOptions, *, later: bool = False) -> None:
        """
        Args:
            later: loads the file at the first call.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="ondol-")
        self._key = secrets.token_urlsafe(16)
        self._path, self._options, self._loading = path, options, threading.RLock()
        self._running: dict[threading.Thread, threading.Event] = {}
        self._held: list[Any] = []
        self._release = weakref.finalize(self, release, self._held, self._running, self._folder)
        if not later:
            self._load()

    def stream(self, request: dict[str, Any], *, gather: bool = True) -> Generator[list[Event], None, None]:
        """Events as the server sends them; closing the iterator cancels at the next token.

        Args:
            gather: give those together that come within `GATHER_S`, so that each costs less; else one by one.
        """
        handle = self._server.handle_completions
        events: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        cancelled, written = threading.Event(), threading.Event()

        def receive(event: Event) -> bool:
            events.put(event)
            return cancelled.is_set()

        def work() -> None:
            try:
                with keep(self._held, request):
                    handle({**request, "stream": True}, receive)
            except Exception as error:  # told to the caller's thread
                events.put(error)
            finally:
                del self._running[threading.current_thread()]
                events.put(None)
                written.set()

        self._start(work, cancelled)
        try:
            rows: list[Event | BaseException | None] = []
            while None not in rows:
                rows = [events.get(), *(events.get() for _ in range(events.qsize() if gather else 0))]
                if found := [row for row in rows if isinstance(row, dict)]:
                    yield found
                for row in rows:
                    if isinstance(row, BaseException):
                        raise BackendError("llama.cpp failed: {reason}", hint="See: ondol doctor", reason=row) from row
                if gather and None not in rows:
                    written.wait(GATHER_S * len(self._running))
        finally:
            cancelled.set()

    def call(self, name: Answered, request: dict[str, Any]) -> Event:
        """One answer at once."""
        try:
            found: Event = getattr(self._server, name)(request)
        except RuntimeError as error:
            raise BackendError("llama.cpp failed: {reason}", hint="See: ondol doctor", reason=error) from error
        return found

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        """One of the calls that exist only on the socket (0.8 ms each): /tokenize, /apply-template, …"""
        limit = RENDER_S if path == "/apply-template" else None
        connection = SocketConnection(self._server.listening_address.removeprefix("unix://"), timeout=limit)
        try:
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        except TimeoutError as error:
            raise UnusableInput(
                "The model's chat template took longer than {seconds} s.",
                hint="Take a newer file of this model, or one from another maker.", seconds=RENDER_S,
            ) from error  # fmt: skip
        finally:
            connection.close()
        if answer.status != http.client.OK:
            told = found.get("error") or {}
            reason = told.get("message") or found
            raise BackendError("llama.cpp failed: {reason}", hint="See: ondol doctor", reason=reason)
        return found

    def close(self) -> None:
        """Cancel what runs and give the memory back; also done when the object or the process goes."""
        self._release()

    def _start(self, work: Callable[[], None], cancelled: threading.Event) -> None:
        thread = threading.Thread(target=work, name="llama.cpp", daemon=True)
        self._running[thread] = cancelled
        try:
            thread.start()
        except RuntimeError as error:
            del self._running[thread]
            raise BackendError(
                "llama.cpp cannot start a thread: {reason}",
                hint="The memory or the number of threads is used up: close other programs, or raise ulimit -v and -u.",
                reason=error,
            ) from error

    @property
    def _server(self) -> Any:
        with self._loading:
            if not self._release.alive:
                raise UsageError("The model is closed.", hint="Open it again with open_model.")
            if not self._held:
                self._load()
            return self._held[0]

    def _load(self) -> None:
        options, params = self._options, make_params(self._path, self._options)
        params.hostnames = [f"{self._folder.name}/llama.sock"]
        params.api_keys = [self._key]
        with uninterrupted():  # a server that is dropped before its first call hangs
            self._held.append(open_server(params, self._path, options))
        if list_closed() and not (options.embedding or options.rerank):  # give back what a closed model still holds
            list(self.stream({"prompt": "a", "max_tokens": 1, "grammar": ANYTHING}))


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket; `host` is the socket's path."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def make_params(path: Path, options: ServerOptions) -> Any:
    params = xllamacpp.CommonParams()
    params.prefill_assistant = False  # a last message of the assistant is whole
    params.model.path = str(path)
    params.n_ctx = options.context * options.parallel  # llama.cpp divides it by the slots
    params.n_parallel = options.parallel
    params.n_batch, params.n_ubatch = options.batch, options.micro_batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.n_threads_http = 2
    params.warmup = params.ui = params.endpoint_slots = False
    params.verbosity = -1
    params.fit_params = False  # would load the header a second time to shrink what we have chosen
    params.cache_ram_mib = 0  # the slot's own prefix cache stays; this one mixes up LoRA adapters
    # gemma's sliding windows keep too little to continue a shared start: 1.43 s became 0.81 s for 176 of 347 tokens
    params.swa_full = True
    params.cors_origins = ""
    if options.template:
        params.chat_template = options.template
    if options.gpu_layers is not None:
        params.n_gpu_layers = options.gpu_layers
    if options.adapters:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(file), scale) for file, scale in options.adapters]
    set_cache(params, options)
    params.embedding = options.embedding or options.rerank
    pooling = "rank" if options.rerank else options.pooling
    if pooling:
        params.pooling_type = getattr(xllamacpp.llama_pooling_type, f"LLAMA_POOLING_TYPE_{pooling.upper()}")
    return params


def set_cache(params: Any, options: ServerOptions) -> None:
    """Leave what llama.cpp does by itself alone; a quantised cache needs flash attention."""
    flash = "on" if "q" in options.kv_type else options.flash_attention
    if flash != "auto":
        word = "ENABLED" if flash == "on" else "DISABLED"
        params.flash_attn_type = getattr(xllamacpp.llama_flash_attn_type, f"LLAMA_FLASH_ATTN_TYPE_{word}")
    kind = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{options.kv_type.upper()}")
    params.cache_type_k = params.cache_type_v = kind


def open_server(params: Any, path: Path, options: ServerOptions) -> Any:
    """Start the server and let it do one thing; dropped before that it hung in 5 of 14 runs, after it in 0 of 24.

    Raises:
        BackendError: llama.cpp refuses the file, or there is not enough memory.
    """
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        size, (_, free) = path.stat().st_size // 2**20, memory_mb()
        if size > free > 0:
            message = "{path} needs {size} MiB of memory and {free} MiB are free."
            hint = "Close other programs, or take a smaller model."
        else:
            message = "llama.cpp cannot load {path} ({size} MiB; {free} MiB of memory are free)."
            hint = "It may be damaged (ondol models verify), or of an architecture newer than this llama.cpp."
        if size <= free < 2 * size:  # its context and what llama.cpp computes in come on top
            hint = "The memory may be too small for it: close other programs, or lower --context."
        raise BackendError(message, hint=hint, path=path, size=size, free=free) from error
    if options.rerank:
        server.handle_rerank({"query": "a", "documents": ["a"]})
    elif options.embedding:
        server.handle_embeddings({"input": "a"})
    else:
        server.handle_completions({"prompt": "a", "max_tokens": 1})
    return server


def release(
    held: list[Any], running: dict[threading.Thread, threading.Event], folder: tempfile.TemporaryDirectory[str]
) -> None:
    with uninterrupted():  # a thread that outlives the interpreter ends the process with an abort
        for thread, cancelled in list(running.items()):
            cancelled.set()
            if thread.ident is not None:  # else it is being started at this moment
                thread.join()
        held.clear()
        folder.cleanup()
