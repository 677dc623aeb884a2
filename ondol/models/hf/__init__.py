"""`hf`: any causal language model on transformers."""

import os

# read once, when huggingface_hub is imported, which every file here does
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
