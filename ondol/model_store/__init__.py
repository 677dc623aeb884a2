"""Weights on disk: what can be fetched, from where, and whether the bytes are right."""
