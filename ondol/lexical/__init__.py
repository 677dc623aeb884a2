"""Searching by words: text → terms (English stems, Korean morphemes, syllable pairs, codes) → a persistent index."""
