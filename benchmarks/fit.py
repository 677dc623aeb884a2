"""How near `ondol models fit` is to the truth: memory and speed of the models here, predicted and measured.

    python benchmarks/fit.py [--home DIR] [--hf FOLDER] [--threads N] [--tokens 32]

Each row is a process of its own. Memory is what that process grew by between the moment before the model is opened and
its peak (VmHWM), so Python and its packages are not counted and the mapped pages of the weight file are. The prompt is
700 tokens long, so that one ubatch of llama.cpp is full.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from ondol.fit.bench import make_prompt, resident_bytes
from ondol.fit.machine import Machine, measure_machine
from ondol.fit.memory import Use, estimate_memory
from ondol.fit.shape_sources import read_path
from ondol.fit.speed import estimate_speed
from ondol.settings import load_settings

PROMPT = 700
CASES = [("f16", 1024), ("f16", 4096), ("f16", 8192), ("q8_0", 4096), ("q4_0", 4096), ("q4_0", 8192)]


def child(path: str, kv: str, context: int, threads: int, tokens: int) -> dict[str, float]:
    """Run one case in this process; xllamacpp as ondol sets it, with the KV type besides."""
    import xllamacpp

    before = resident_bytes()
    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel = context, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.warmup = params.ui = params.fit_params = False
    params.verbosity, params.cache_ram_mib, params.swa_full = -1, 0, True
    params.cache_type_k = params.cache_type_v = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{kv.upper()}")
    server = xllamacpp.Server(params)
    server.handle_completions({"prompt": "a", "max_tokens": 1})
    fox = "the quick brown fox jumps over a lazy dog and then".split()  # a token each
    words = " ".join((fox * PROMPT)[:PROMPT])
    told = server.handle_completions({"prompt": words, "max_tokens": tokens, "ignore_eos": True})["timings"]
    return {"bytes": peak() - before, "prompt": told["prompt_per_second"], "writing": told["predicted_per_second"]}


def child_hf(folder: str, dtype: str, context: int, threads: int, tokens: int, _: str) -> dict[str, float]:
    """transformers through ondol's own opener, imports not counted."""
    import time

    import torch
    import transformers

    import ondol

    torch.set_num_threads(threads)
    del transformers
    before = resident_bytes()
    model = ondol.open_model(f"hf:{folder}", context=context, dtype=dtype, device="cpu")
    prompt = make_prompt(model, PROMPT)
    start = time.perf_counter()
    list(model.stream(prompt, max_tokens=1))
    read = time.perf_counter() - start
    list(model.stream(prompt, max_tokens=tokens))
    spent = time.perf_counter() - start - 2 * read
    return {"bytes": peak() - before, "prompt": PROMPT / read, "writing": (tokens - 1) / max(spent, 1e-9)}


def peak() -> int:
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith("VmHWM:"))


def run(*case: object) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", json.dumps(case)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[-1])


def report(name: str, path: Path, use: Use, machine: Machine, threads: int, tokens: int) -> float:
    shape = read_path(path)
    case = (
        (str(path), use.kv, use.context, threads, tokens)
        if use.runtime == "llama.cpp"
        else (str(path), {"F32": "float32", "BF16": "bfloat16"}[use.quant], use.context, threads, tokens, "hf")
    )
    found = run(*case)
    memory, speed = estimate_memory(shape, use).total, estimate_speed(shape, use, machine)
    ratio = memory / found["bytes"]
    kind = use.kv if use.runtime == "llama.cpp" else use.quant.lower()
    told = [name, use.runtime, kind, use.context, round(memory / 1e6), round(found["bytes"] / 1e6), f"{ratio:.2f}"]
    told.append(f"{speed.prompt:.0f} / {found['prompt']:.0f}")
    told.append(f"{speed.generation:.0f} / {found['writing']:.0f}")
    print("| " + " | ".join(map(str, told)) + " |", flush=True)
    return ratio


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--home", type=Path, default=load_settings().home)
    arguments.add_argument("--hf", type=Path, help="folder of a transformers model")
    arguments.add_argument("--threads", type=int, default=0)
    arguments.add_argument("--tokens", type=int, default=32)
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        case = json.loads(chosen.child)
        print(json.dumps(child(*case) if len(case) == 5 else child_hf(*case)), flush=True)
        return
    machine = measure_machine(chosen.home)
    threads = chosen.threads or machine.threads
    print(f"{threads} threads, {machine.bandwidth / 1e9:.1f} GB/s, {machine.flops / 1e9:.0f} GFLOP/s")
    print("| model | runtime | KV | context | MB predicted | measured | ratio | prompt tokens/s | writing |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    ratios = []
    for path in sorted((chosen.home / "models").glob("*/*.gguf")):
        for kv, context in CASES:
            use = Use(context=context, kv=kv)
            ratios.append(report(path.parent.name, path, use, machine, threads, chosen.tokens))
    if chosen.hf:
        for quant in ("F32", "BF16"):
            use = Use(context=1024, quant=quant, runtime="hf")
            ratios.append(report(chosen.hf.name, chosen.hf, use, machine, threads, chosen.tokens))
    print(f"\nworst ratios of memory: {min(ratios):.2f} and {max(ratios):.2f}")


if __name__ == "__main__":
    main()
