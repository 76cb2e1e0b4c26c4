"""From the reader's columns to texts: prefix beam search over CTC.

Class 0 is the blank.  The columns of the upper row come first, then those of the lower, so that a
two-line plate is one text (Graves 2006 for the alignment, Hannun 2014 for the prefix beam).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Candidate

BEAM = 12
NEGLIGIBLE = 0.004
"""A class below this probability in a column starts no new prefix; it would never win."""

Prefix = tuple[int, ...]
Ending = tuple[
    float, float
]  # probability of the paths that end in blank, and in the prefix's last class


def candidates(columns: NDArray[np.float32], characters: str, count: int) -> tuple[Candidate, ...]:
    """The likeliest texts with their probabilities, best first.

    Args:
        columns: (T, 1 + len(characters)) probabilities, class 0 the blank.
        characters: the text character of class 1 and following.
        count: how many to return at most; at least one is returned, perhaps the empty text.
    """
    beam: dict[Prefix, Ending] = {(): (1.0, 0.0)}
    for column in columns:
        beam = _advance(beam, column)
    ranked = sorted(beam.items(), key=lambda item: (-sum(item[1]), item[0]))[:count]
    return tuple(
        Candidate("".join(characters[c - 1] for c in prefix), min(1.0, sum(ending)))
        for prefix, ending in ranked
    )


def _advance(beam: dict[Prefix, Ending], column: NDArray[np.float32]) -> dict[Prefix, Ending]:
    """The beam after one more column: each prefix stays, or grows by a likely class."""
    blank = float(column[0])
    likely = [(int(c), float(column[c])) for c in np.flatnonzero(column[1:] > NEGLIGIBLE) + 1]
    grown: dict[Prefix, list[float]] = {}
    for prefix, (rested, spoken) in beam.items():
        stay = grown.setdefault(prefix, [0.0, 0.0])
        stay[0] += (rested + spoken) * blank
        if prefix:
            stay[1] += spoken * float(column[prefix[-1]])
        for code, probability in likely:
            repeats = bool(prefix) and prefix[-1] == code
            longer = grown.setdefault((*prefix, code), [0.0, 0.0])
            longer[1] += (rested if repeats else rested + spoken) * probability
    best = sorted(grown.items(), key=lambda item: -sum(item[1]))[:BEAM]
    return {prefix: (ending[0], ending[1]) for prefix, ending in best}


def character_confidences(columns: NDArray[np.float32], classes: list[int]) -> tuple[float, ...]:
    """The highest probability of each class of a text where the likeliest path speaks it.

    Args:
        columns: (T, C) probabilities, class 0 the blank.
        classes: the text's class numbers, at most T of them.
    """
    places = character_columns(columns, classes)
    return tuple(float(columns[place, c]) for place, c in zip(places, classes, strict=True))


def character_columns(columns: NDArray[np.float32], classes: list[int]) -> NDArray[np.int64]:
    """The column in which the likeliest path speaks each class of a text most clearly.

    Args:
        columns: (T, C) probabilities, class 0 the blank.
        classes: the text's class numbers, at most T of them.

    Returns:
        (len(classes),) column numbers.
    """
    if not classes:
        return np.zeros(0, np.int64)
    states = [0] + [s for c in classes for s in (c, 0)]
    path = _align(np.log(columns[:, states] + 1e-9), states)
    spoken = columns[np.arange(len(columns)), np.array(states)[path]]
    own = path[None] == 2 * np.arange(len(classes))[:, None] + 1
    return np.asarray(np.where(own, spoken[None], -1.0).argmax(1), np.int64)


def _align(scores: NDArray[np.float32], states: list[int]) -> NDArray[np.int64]:
    """The likeliest state of each column (Viterbi): stay, go on by one, or skip a blank."""
    count = len(states)
    before = [0, 0, *states[:-2]]
    skip = np.array([s not in (0, b) for s, b in zip(states, before, strict=True)])
    best = np.full(count, -np.inf)
    best[:2] = scores[0, :2]
    came = np.zeros(scores.shape, np.int64)
    for step in range(1, len(scores)):
        one = np.concatenate([[-np.inf], best[:-1]])
        two = np.where(skip, np.concatenate([[-np.inf, -np.inf], best[:-2]])[:count], -np.inf)
        came[step] = np.argmax([best, one, two], 0)
        best = np.max([best, one, two], 0) + scores[step]
    state = count - 1 if best[-1] >= best[-2] else count - 2
    path = np.zeros(len(scores), np.int64)
    for step in range(len(scores) - 1, -1, -1):
        path[step] = state
        state -= came[step, state]
    return path
