"""Rerankers by runtime: `llama.cpp:path/to/bge-reranker-v2-m3.gguf`, `onnx:path/to/cross-encoder`."""

from ondol.registry import Entry

RERANKERS = {
    "fake": Entry("fake:open_fake", about="shared words, for tests and for trying things without a model"),
    "likelihood": Entry("likelihood:open_likelihood", about="how likely a chat model finds the question after a text"),
    "llama.cpp": Entry("llama_cpp:open_llama_cpp", about="any reranker in a GGUF file, in this process"),
    "onnx": Entry("onnx:open_onnx", about="cross-encoder folders as sentence-transformers saves them, int8"),
}
