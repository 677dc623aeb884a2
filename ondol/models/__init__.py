"""Chat models by runtime: `llama.cpp:gemma-3-270m`."""

from ondol.registry import Entry

MODELS = {
    "fake": Entry("fake:open_fake", about="repeats what it is told to say, for tests and for trying things"),
    "hf": Entry("hf.model:open_hf", extra="hf", about="any causal model id or folder on transformers"),
    "llama.cpp": Entry("llama_cpp.model:open_llama_cpp", about="any GGUF file on llama.cpp, in this process"),
    "openai": Entry("openai_api.model:open_openai", about="any server that speaks OpenAI's protocol: Ollama, vLLM"),
}
ADAPTER_FINDERS = {
    "hf": Entry("hf.adapter:find_adapter", extra="hf", about="a PEFT folder, or a repository of the hub"),
}
