"""Korean particles, whose form hangs on the sound that their word ends with."""

from __future__ import annotations

SOUNDS = {
    **dict.fromkeys("013678LMNRlmnr", True),
    **dict.fromkeys("2459", False),
}
"""Whether a digit or a Latin letter, read in Korean, ends with a consonant; other letters do not."""


def ends_with_consonant(word: str) -> bool:
    last = next((char for char in reversed(word) if char.isalnum()), "")
    return (ord(last) - 0xAC00) % 28 > 0 if "가" <= last <= "힣" else SOUNDS.get(last, False)


def with_particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """`책`, 은, 는 → `책은`."""
    return word + (after_consonant if ends_with_consonant(word) else after_vowel)
