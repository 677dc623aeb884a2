"""Where a model runs and with which numbers, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch

from ondol.errors import BackendError, UsageError

DTYPES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.0, "int4": 0.5}
"""Bytes a weight."""
QUANTISED = ("int8", "int4")
DEVICE = re.compile(r"(cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?)?")


@dataclass(frozen=True, slots=True)
class Choice:
    device: str
    dtype: str
    """A key of DTYPES."""
    why: str
    """As people read it: "cuda: bfloat16 (NVIDIA H200)"."""

    @property
    def computes_in(self) -> torch.dtype:
        """What the activations are; quantised weights are multiplied in bfloat16."""
        dtype: torch.dtype = getattr(torch, "bfloat16" if self.dtype in QUANTISED else self.dtype)
        return dtype


def choose_device(device: str = "", dtype: str = "") -> Choice:
    """The person's choice where one is given, else the fastest that works.

    Raises:
        UsageError: no such device or dtype, or one that cannot be had there.
        BackendError: the device was asked for and this machine or this torch does not have it.
    """
    if dtype and dtype not in DTYPES:
        raise UsageError(
            "hf computes in no dtype '{dtype}'.", hint="Known: {known}.", dtype=dtype, known=", ".join(DTYPES)
        )
    kind = device.partition(":")[0]
    if not DEVICE.fullmatch(device):
        raise UsageError("hf knows no device '{device}'.", hint="Known: cpu, cuda, cuda:1, mps.", device=device)
    if kind in ("cuda", "mps"):
        _require(device, kind)
    chosen, reason = (device, "as asked") if device else _find()
    if dtype in QUANTISED and not chosen.startswith("cuda"):
        raise UsageError(
            "{dtype} needs a CUDA device, and this model would run on {device}.",
            hint="A quantised GGUF runs everywhere: --model llama.cpp:NAME (see: ondol models list)",
            dtype=dtype, device=chosen,
        )  # fmt: skip
    picked = dtype or _fitting_dtype(chosen)
    return Choice(chosen, picked, f"{chosen}: {picked} ({reason}{', dtype as asked' if dtype else ''})")


def multiplies_in_bfloat16(device: str) -> bool:
    """Whether this processor has instructions for it; training then takes half the time with its weights in float32."""
    if device != "cpu":
        return False
    able = torch.cpu.get_capabilities()
    return any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def free_memory_mb(device: str, cpu_mb: int) -> int:
    """MiB that a model may fill on `device`; `cpu_mb` is the machine's own, which mps shares."""
    if device.startswith("cuda"):
        free, _ = torch.cuda.mem_get_info(torch.device(device))
        return int(free) // 2**20
    return cpu_mb


def _find() -> tuple[str, str]:
    if torch.cuda.is_available():
        return "cuda", torch.cuda.get_device_name()
    if not torch.backends.mps.is_available():
        return "cpu", "neither CUDA nor MPS is here"
    if _finite_loss("mps"):
        return "mps", "its trial loss is finite"
    return "cpu", "MPS is here, but its trial loss is not finite"


def _require(device: str, kind: str) -> None:
    """`device` exists, not only its kind."""
    if kind == "mps":
        there = torch.backends.mps.is_available()
    else:
        _, _, number = device.partition(":")
        there = int(number or 0) < torch.cuda.device_count()
    if not there:
        raise BackendError(
            "This machine has no device '{device}' that torch {version} can use.",
            hint="Leave --device out, or install torch for it: https://pytorch.org/get-started/locally",
            device=device, version=torch.__version__,
        )  # fmt: skip


def _fitting_dtype(device: str) -> str:
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return "float32"


def _finite_loss(device: str) -> bool:
    """One step of a small classifier: some MPS builds answer with NaN, or lack an operation, instead of failing."""
    try:
        noise = torch.Generator().manual_seed(0)
        weight = torch.randn(64, 32, generator=noise).to(device).requires_grad_()
        scores = torch.randn(8, 64, generator=noise).to(device) @ weight
        loss = torch.nn.functional.cross_entropy(scores, torch.arange(8, device=device))
        loss.backward()
        return bool(torch.isfinite(loss)) and weight.grad is not None and bool(torch.isfinite(weight.grad).all())
    except (RuntimeError, NotImplementedError):
        return False
