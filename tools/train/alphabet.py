"""The reader's classes: CTC's blank, then the characters in the order of the manifest."""

from __future__ import annotations

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CLASS = {character: number + 1 for number, character in enumerate(CHARACTERS)}


def encode_text(text: str) -> list[int]:
    """Class numbers of `text`; KeyError names a character that is not in the alphabet."""
    return [_CLASS[character] for character in text]
