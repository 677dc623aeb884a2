"""How a GGUF file is opened."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

MOST_SLOTS = 256
"""llama.cpp's own limit (LLAMA_MAX_SEQ)."""


class Options(BaseModel):
    threads: int = Field(default=0, ge=0, le=1024)
    """0 takes the cores that are free at this moment."""
    context: int = Field(default=4096, ge=0)
    """Tokens of prompt and answer together; never more than the model was trained on."""
    parallel: int = Field(default=1, ge=1, le=MOST_SLOTS)
    """Calls that run together; each has a window of its own."""
    gpu_layers: int | None = Field(default=None, ge=-2, lt=2**31)
    """None puts on the GPU what fits."""
    kv_type: str = "f16"
    flash_attention: Literal["auto", "on", "off"] = "auto"
    adapters: dict[str, float] = Field(default_factory=dict)
    """LoRA files in GGUF with their scale; `lora={"name": 0.5}` gives a call another one, 0 switches one off."""
