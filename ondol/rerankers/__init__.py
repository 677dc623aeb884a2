"""Rerankers by runtime: `llama.cpp:path/to/bge-reranker-v2-m3.gguf`."""

from ondol.registry import Entry

RERANKERS = {
    "fake": Entry("fake:open_fake", about="shared words, for tests and for trying things without a model"),
    "llama.cpp": Entry("llama_cpp:open_llama_cpp", about="any reranker in a GGUF file, in this process"),
}
