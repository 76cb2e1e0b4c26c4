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
HOPELESS = 1e-9
"""A prefix this much less probable than the best is dropped: on a sure read one or two are left,
and all that is lost is less than a millionth."""

Prefix = tuple[int, ...]
Ending = tuple[
    float, float
]  # probability of the paths that end in blank, and in the prefix's last class
Beam = dict[Prefix, Ending]


def candidates(columns: NDArray[np.float32], characters: str, count: int) -> tuple[Candidate, ...]:
    """The likeliest texts with their probabilities, best first.

    Args:
        columns: (T, 1 + len(characters)) probabilities, class 0 the blank.
        characters: the text character of class 1 and following.
        count: how many to return at most; at least one is returned, perhaps the empty text.
    """
    likely: list[list[int]] = [[] for _ in columns]
    for step, code in np.argwhere(columns[:, 1:] > NEGLIGIBLE).tolist():
        likely[step].append(code + 1)
    beam: Beam = {(): (1.0, 0.0)}
    for column, codes in zip(columns.tolist(), likely, strict=True):
        beam = _grown(beam, column, codes) if codes else _stayed(beam, column)
    ranked = sorted(beam.items(), key=lambda item: (-sum(item[1]), item[0]))[:count]
    return tuple(
        Candidate("".join(characters[c - 1] for c in prefix), min(1.0, sum(ending)))
        for prefix, ending in ranked
    )


def _stayed(beam: Beam, column: list[float]) -> Beam:
    """The beam after a column in which no class is likely, as most are: no prefix grows."""
    return {
        prefix: ((rested + spoken) * column[0], spoken * column[prefix[-1]] if prefix else 0.0)
        for prefix, (rested, spoken) in beam.items()
    }


def _grown(beam: Beam, column: list[float], likely: list[int]) -> Beam:
    """The beam after one more column: each prefix stays, or grows by a likely class."""
    rests = {prefix: sum(ending) * column[0] for prefix, ending in beam.items()}
    speaks = {p: spoken * column[p[-1]] if p else 0.0 for p, (_, spoken) in beam.items()}
    for prefix, (rested, spoken) in beam.items():
        for code in likely:
            repeats = bool(prefix) and prefix[-1] == code
            longer = (*prefix, code)
            gain = (rested if repeats else rested + spoken) * column[code]
            speaks[longer] = speaks.get(longer, 0.0) + gain
    whole = {prefix: rests.get(prefix, 0.0) + spoken for prefix, spoken in speaks.items()}
    best = sorted(whole, key=lambda prefix: -whole[prefix])[:BEAM]
    least = HOPELESS * whole[best[0]]
    return {p: (rests.get(p, 0.0), speaks[p]) for p in best if whole[p] >= least}


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
    likeliest = columns.argmax(1)
    begins = (likeliest != 0) & (np.diff(likeliest, prepend=0) != 0)
    if likeliest[begins].tolist() == classes:  # the best of all paths says it: no need to search
        owner = np.where(likeliest != 0, begins.cumsum() - 1, -1)
    else:
        states = [0] + [s for c in classes for s in (c, 0)]
        path = _align(np.log(columns[:, states] + 1e-9), states)
        owner = np.where(path % 2 == 1, path // 2, -1)
    own = owner[None] == np.arange(len(classes))[:, None]
    spoken = columns[:, classes].T
    return np.asarray(np.where(own, spoken, -1.0).argmax(1), np.int64)


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
