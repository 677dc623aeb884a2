"""QLoRA: LoRA beside weights in 4 bits, on CUDA. Source: Dettmers et al., 2023."""

from __future__ import annotations

from typing import Any

from peft import prepare_model_for_kbit_training

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.methods import lora


def prepare(network: Any, config: FinetuneConfig, tokenizer: Any, first: list[str]) -> Any:
    network = prepare_model_for_kbit_training(network, use_gradient_checkpointing=config.checkpointing)
    return lora.prepare(network, config, tokenizer, first)
