"""`llama.cpp`: any GGUF file, in this process."""
