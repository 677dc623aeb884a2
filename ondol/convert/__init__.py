"""Hugging Face folders → GGUF: whole models, and LoRA adapters."""

from ondol.registry import Entry

CONVERTERS = {
    "model": Entry("model:write_gguf", extra="hf", about="A folder with config.json and safetensors."),
    "adapter": Entry("adapter:write_gguf_adapter", extra="hf", about="A PEFT folder with a LoRA."),
}
