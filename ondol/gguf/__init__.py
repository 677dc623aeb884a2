"""GGUF: what a file says about itself, and llama.cpp's server in this process."""
