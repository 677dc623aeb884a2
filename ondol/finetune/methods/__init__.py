"""What is learnt of a network."""

from ondol.registry import Entry

PREPARERS = {
    "full": Entry(
        "full:prepare", extra="hf", about="Every weight is learnt: the most memory, a whole model comes out."
    ),
    "lora": Entry("lora:prepare", extra="hf", about="Small matrices beside the linear layers; an adapter comes out."),
    "prefix": Entry("prefix:prepare", extra="hf", about="Keys and values that stand before every prompt."),
    "qlora": Entry("qlora:prepare", extra="cuda", about="LoRA over a base in 4 bits; needs CUDA."),
}
"""`(network, config, tokenizer, first) -> network`"""
