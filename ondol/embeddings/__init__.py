"""Embedders by runtime: `onnx:multilingual-e5-small`."""

from ondol.registry import Entry

EMBEDDINGS = {
    "fake": Entry("fake:open_fake", about="hashed words, for tests and for trying things without a model"),
    "llama.cpp": Entry("llama_cpp:open_llama_cpp", about="any embedding model in a GGUF file, in this process"),
    "onnx": Entry("onnx:open_onnx", about="any BERT-family folder on ONNX Runtime, int8, without torch"),
    "openai": Entry("openai_api:open_openai", about="the embeddings endpoint of an OpenAI-compatible server"),
}
