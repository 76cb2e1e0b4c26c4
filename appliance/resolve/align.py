"""Which character of one text stands for which of another.  Pure.

A read that lost a character is still right about the others; place by place it would be wrong
about all that follow.
"""

from __future__ import annotations

from functools import lru_cache

NONE = -1
"""The place of a character that the other text does not have."""
EDIT = 1000
"""More than a text has characters: equal ones decide only where the edits do not."""
KEPT = 8192
"""Pairs of texts that are remembered: the reads of one vehicle repeat themselves."""

Pairs = tuple[tuple[int, int], ...]


@lru_cache(KEPT)
def aligned(one: str, other: str) -> Pairs:
    """Pairs of places of two texts, from left to right, at the fewest edits (Levenshtein 1966).

    Of several ways with as few edits it is one with the most equal characters.
    """
    cost = _costs(one, other)
    i, j = len(one), len(other)
    pairs = []
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + _step(one[i - 1], other[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and cost[i][j] == cost[i - 1][j] + EDIT:
            i -= 1
            pairs.append((i, NONE))
        else:
            j -= 1
            pairs.append((NONE, j))
    return tuple(reversed(pairs))


@lru_cache(KEPT)
def edits(one: str, other: str) -> int:
    """Characters to change, to add or to drop until one text is the other."""
    return -(-_costs(one, other)[-1][-1] // EDIT)


def forget() -> None:
    """Remember no texts: plates are kept no longer than what they are compared for."""
    aligned.cache_clear()
    edits.cache_clear()


def likeness(one: str, other: str) -> float:
    """The share of characters that need no edit, 0 to 1."""
    return 1 - edits(one, other) / max(1, len(one), len(other))


def _costs(one: str, other: str) -> list[list[int]]:
    """EDIT for each edit between the beginnings of both texts, less 1 for each equal character."""
    rows = [[EDIT * j for j in range(len(other) + 1)]]
    for i, a in enumerate(one, 1):
        above, row = rows[-1], [EDIT * i]
        for j, b in enumerate(other, 1):
            row.append(min(above[j - 1] + _step(a, b), above[j] + EDIT, row[j - 1] + EDIT))
        rows.append(row)
    return rows


def _step(one: str, other: str) -> int:
    return -1 if one == other else EDIT
