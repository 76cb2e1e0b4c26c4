"""Which sighting continues which track: the pairs that fit best together.  Pure.

Best of all together, not each in its turn: where two plates have moved on by just the distance
between them, the nearest pair first would leave one track and one sighting alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

EXACT = 8
"""Tracks and sightings up to which all assignments are compared; more are never plates."""

Fits = Mapping[tuple[int, int], float]


def assign(fits: Fits) -> dict[int, int]:
    """For each track its sighting, at the largest sum of fits; those that fit nothing are left out.

    Args:
        fits: for a track and a sighting by their numbers how well they fit, more than 0.
    """
    tracks, sightings = {t for t, _ in fits}, {s for _, s in fits}
    if len(fits) == len(tracks) == len(sightings):
        return dict(fits.keys())
    if max(len(tracks), len(sightings)) > EXACT:
        return _greedy(fits)
    return _exact(fits, sorted(tracks))


def _greedy(fits: Fits) -> dict[int, int]:
    """The best pair first, then the best of those that are left."""
    chosen: dict[int, int] = {}
    for _, t, s in sorted(((fit, t, s) for (t, s), fit in fits.items()), reverse=True):
        if t not in chosen and s not in chosen.values():
            chosen[t] = s
    return chosen


def _exact(fits: Fits, tracks: list[int]) -> dict[int, int]:
    """All assignments, one track after the other; what is left for the others is computed once."""

    @cache
    def best(first: int, taken: frozenset[int]) -> tuple[float, tuple[tuple[int, int], ...]]:
        if first == len(tracks):
            return 0.0, ()
        found = best(first + 1, taken)
        for (t, s), fit in fits.items():
            if t == tracks[first] and s not in taken:
                total, pairs = best(first + 1, taken | {s})
                found = max(found, (total + fit, ((t, s), *pairs)))
        return found

    return dict(best(0, frozenset())[1])
