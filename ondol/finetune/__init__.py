"""Teaching a model: data, lint, plan, run, adapters, export."""

from ondol.registry import Entry

RUNS = {
    "chat": Entry("train.run:run_chat", extra="hf", about="A model that writes."),
    "classifier": Entry("encoders.classifier:run_classifier", extra="hf", about="Texts are given a label."),
    "embedder": Entry("encoders.embedder:run_embedder", extra="hf", about="Questions find their passages."),
    "span": Entry("encoders.span:run_span", extra="hf", about="The answer is found in a text, or said to be missing."),
}
"""`(config, *, store, folder, progress) -> what run.json says`."""
PICTURES = {
    "chat": Entry("train.pictured:open_pictured", extra="hf", about="What is learnt of an example, token by token."),
}
"""`(config, *, store) -> an object with ends, pad, count and encode`."""
PROBES = {
    "chat": Entry("train.probe:probe", extra="hf", about="A step that is made to see what the run takes."),
    "encoder": Entry("encoders.tried:try_run", extra="hf", about="Some steps of an encoder's run."),
}
"""`(config, *, store) -> {steps, memory_mb, seconds}`, `facts` of chat models, `trainable` and `tokens` of encoders."""
MERGERS = {
    "lora": Entry("train.merge:merge_adapter", extra="hf", about="The base with a LoRA added to its weights."),
}
"""`(base spec, adapter folder, target folder, *, store, dtype) -> None`."""
