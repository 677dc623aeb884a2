"""LoRA: two small matrices beside every linear layer. Source: Hu et al., 2021; rsLoRA 2023; DoRA 2024."""

from __future__ import annotations

from typing import Any

from peft import LoraConfig, get_peft_model

from ondol.finetune.config import FinetuneConfig
from ondol.finetune.methods.targets import find_targets


def prepare(network: Any, config: FinetuneConfig, tokenizer: Any, first: list[str]) -> Any:  # noqa: ARG001
    lora = LoraConfig(
        task_type="CAUSAL_LM", r=config.rank, lora_alpha=config.alpha, lora_dropout=config.dropout,
        target_modules=find_targets(network, config.targets), use_rslora=config.rslora, use_dora=config.dora,
    )  # fmt: skip
    return get_peft_model(network, lora)
