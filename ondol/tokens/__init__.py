"""Tokens: what fits into a model's window."""
