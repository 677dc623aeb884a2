"""ondol's chat model against bare xllamacpp: the same file, threads and window, run in turns.

Prints a Markdown table of ratios: tokens per second, the first token of a second question over the same five chunks,
four requests together, and the last of them against itself, which shows what the machine's noise alone does.

    python benchmarks/generate.py [--model llama.cpp:smollm2-135m-instruct] [--rounds 9]
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import xllamacpp
from langchain_core.messages import HumanMessage

from ondol.assemble import open_model
from ondol.gguf.server import ServerOptions, make_params
from ondol.models.llama_cpp.model import LlamaCpp

TOKENS = 128
PROMPT = "Tell me about the history of heated floors, as long as you can."
CHUNK = "The floor of room {number} is heated by the smoke of the kitchen fire, which passes below stones. " * 6


def bare_server(model: LlamaCpp, parallel: int) -> Any:
    options = ServerOptions(threads=model.threads, context=model.context, parallel=parallel)
    params = make_params(model.path, options)
    params.port = 0
    server = xllamacpp.Server(params)
    server.handle_completions({"prompt": "a", "max_tokens": 1})
    return server


def bare(server: Any, prompt: str, tokens: int = TOKENS) -> tuple[float, float, int]:
    """Seconds to the first token, seconds in all, tokens."""
    start, seen = time.perf_counter(), []

    def receive(event: dict[str, Any]) -> bool:
        seen.append((time.perf_counter() - start, event.get("timings") or {}))
        return False

    message = {"role": "user", "content": prompt}
    request = {"messages": [message], "max_tokens": tokens, "temperature": 0, "stream": True, "ignore_eos": True}
    server.handle_chat_completions({**request, "timings_per_token": True}, receive)
    return seen[0][0], time.perf_counter() - start, max(row.get("predicted_n", 0) for _, row in seen)


def ours(model: LlamaCpp, prompt: str, tokens: int = TOKENS, *, wrapped: bool = False) -> tuple[float, float, int]:
    """As `bare`; `wrapped` goes through LangChain's own `stream`, with its callbacks for every token."""
    start, first, written = time.perf_counter(), 0.0, 0
    write = model.stream(prompt, max_tokens=tokens) if wrapped else None
    for chunk in write or model.stream_messages([HumanMessage(prompt)], max_tokens=tokens):
        first = first or time.perf_counter() - start
        if chunk.usage_metadata:
            written = chunk.usage_metadata["output_tokens"]
    return first, time.perf_counter() - start, written


def speed(run: Callable[[], tuple[float, float, int]]) -> float:
    """Tokens per second after the first."""
    first, total, tokens = run()
    return (tokens - 1) / (total - first)


def together(run: Callable[[str], tuple[float, float, int]]) -> float:
    """Tokens per second of four requests at once."""
    start = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        tokens = sum(row[2] for row in pool.map(run, [f"{PROMPT} {number}" for number in range(4)]))
    return tokens / (time.perf_counter() - start)


def compare(name: str, left: Callable[[], float], right: Callable[[], float], rounds: int, goal: str) -> None:
    """One row: medians of both sides and of their ratio, with the ratio's 95 % bootstrap interval.

    Who begins alternates, so that neither side always finds the warmer machine.
    """
    pairs = []
    for number in range(rounds):
        if number % 2:
            second = right()
            pairs.append((left(), second))
        else:
            pairs.append((left(), right()))
    ratios = [one / other for one, other in pairs]
    drawn = random.Random(13)
    medians = sorted(statistics.median(drawn.choices(ratios, k=rounds)) for _ in range(2000))
    one, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    told = f"{statistics.median(ratios):.3f} [{medians[50]:.3f}, {medians[1949]:.3f}]"
    print(f"| {name} | {one:.1f} | {other:.1f} | {told} | {goal} |", flush=True)


def first_tokens(model: LlamaCpp, number: int) -> tuple[float, float]:
    """Seconds to the first token of two questions over the same chunks, which no earlier call has read."""
    chunks = "\n".join(f"[{i}] {number}. {CHUNK.format(number=10 * number + i)}" for i in range(1, 6))
    first, second = (ours(model, f"{chunks}\n\n{asked}", 4)[0] for asked in ("How is it heated?", "Which room?"))
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="llama.cpp:smollm2-135m-instruct")
    parser.add_argument("--rounds", type=int, default=9)
    chosen = parser.parse_args()
    print("| | ondol | bare | ratio | goal |\n| --- | --- | --- | --- | --- |")
    with open_model(chosen.model) as model:
        plain = bare_server(model, 1)
        ours(model, PROMPT), bare(plain, PROMPT)
        compare("tokens/s, one request", lambda: speed(lambda: ours(model, PROMPT)),
                lambda: speed(lambda: bare(plain, PROMPT)), chosen.rounds, "≥ 0.97")  # fmt: skip
        compare("tokens/s, through LangChain's stream", lambda: speed(lambda: ours(model, PROMPT, wrapped=True)),
                lambda: speed(lambda: bare(plain, PROMPT)), chosen.rounds, "–")  # fmt: skip
        pairs = [first_tokens(model, number) for number in range(chosen.rounds)]
        ratio = statistics.median(b / a for a, b in pairs)
        first, second = (1000 * statistics.median(side) for side in zip(*pairs, strict=True))
        print(f"| ms to the first token: second question, first | {second:.0f} | {first:.0f} | {ratio:.3f} | ≤ 0.40 |")
    with open_model(chosen.model, parallel=4) as model:
        plain = bare_server(model, 4)
        ours_together, bare_together = (
            (lambda: together(lambda asked: ours(model, asked))),
            (lambda: together(lambda asked: bare(plain, asked))),
        )
        ours_together(), bare_together()
        compare("tokens/s, four requests", ours_together, bare_together, chosen.rounds, "0.95–1.05")
        compare("… bare against itself: the noise", bare_together, bare_together, chosen.rounds, "–")


if __name__ == "__main__":
    main()
