"""Chat models by runtime: `llama.cpp:gemma-3-270m`."""

from ondol.registry import Entry

MODELS = {
    "fake": Entry("fake:open_fake", about="repeats what it is told to say, for tests and for trying things"),
    "llama.cpp": Entry("llama_cpp:open_llama_cpp", about="any GGUF file on llama.cpp, in this process"),
}
