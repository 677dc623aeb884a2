"""Conversations that are kept: threads, turns, export."""
