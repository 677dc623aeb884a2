"""Rerankers by runtime: `llama.cpp:path/to/reranker.gguf`."""

from ondol.registry import Entry

RERANKERS = {
    "llama.cpp": Entry("llama_cpp:open_llama_cpp", about="any reranker in GGUF, on llama.cpp"),
}
