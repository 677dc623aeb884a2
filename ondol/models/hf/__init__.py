"""`hf`: any causal language model on transformers."""
