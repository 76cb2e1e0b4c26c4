"""Which plates are nearly the one that was read; what cameras confuse is half a fault.  Pure.

The rule to know: a distance is never rounded.  0.5 is not within 0, and nothing is ever nearer than
the user allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from appliance.access import FARTHEST

ALIKE = ("0DOQ", "1ILT", "2Z", "4A", "5S", "6G", "8B", "MNW", "VY")
"""Characters that cameras take for one another; no character stands in two groups.

Counted on 3234 real crops (`plates/read`, 146 of them misread by the models of 0.1.0): 0DOQ 35,
MNW 10, 1ILT 8, 8B 5, VY 4, 2Z 3, 6G 1; 4A and 5S are what other cameras are known for.  1/7, 5/6
and 6/8, three or four times each, cost a whole fault: another digit is another car's plate."""

CONFUSION, FAULT = 0.5, 1.0
"""What a character replaced by one of its group costs; and any other that is replaced, missing or
too many."""

GROUP = {character: group[0] for group in ALIKE for character in group}
CODES = np.array([ord(GROUP.get(chr(code), chr(code))) for code in range(128)], np.uint8)
"""Of each ASCII character that of its group: confused texts have the same codes."""
LONGEST = 64  # characters of a text that is looked for
POWERS = np.array([pow(0x9E3779B97F4A7C15, n + 1, 1 << 64) for n in range(LONGEST)], np.uint64)
"""Of a polynomial hash modulo 2**64; any odd base will do, for what it finds is measured again."""


def distance(one: str, other: str) -> float:
    """The least cost of making one text from the other (Levenshtein, with the costs above)."""
    return distances(one, [other])[0]


def distances(text: str, others: Sequence[str]) -> list[float]:
    """The distance of `text` to each of the others: one line of all their tables at a time."""
    if not others:
        return []
    letters = _letters(others)
    codes = CODES[letters]
    ramp = FAULT * np.arange(len(letters) + 1, dtype=np.float32)
    line = np.repeat(ramp[:, None], len(others), axis=1)
    for place, have in enumerate(text.encode("ascii"), 1):
        replaced = np.where(codes == CODES[have], np.float32(CONFUSION), np.float32(FAULT))
        replaced[letters == have] = 0
        entered = np.minimum(line[:-1] + replaced, line[1:] + FAULT)
        line[0] = FAULT * place
        for column, cost in enumerate(entered, 1):
            np.minimum(cost, line[column - 1] + FAULT, out=line[column])
    ends: list[float] = line[[len(other) for other in others], range(len(others))].tolist()
    return ends


class Neighbourhood:
    """Finds the plates that are near to a text; it never changes, so threads may share it.

    Two texts within `k` insertions, deletions and replacements have a common remainder after at
    most `k` deletions in each (the idea of SymSpell, Wolf Garbe 2012).  The hashes of all
    remainders stand sorted in one array, confused characters counted as equal: 12 bytes each, so
    100,000 plates of 8 characters take 11 MB at a distance of 1, and 44 MB at 2.

    Args:
        plates: among which to look, each once.
        farthest: distance up to which a plate is near, 0 to FARTHEST; at 0 none is.

    Raises:
        ValueError: `farthest` is out of its range.
    """

    def __init__(self, plates: Sequence[str], farthest: float) -> None:
        if not 0 <= farthest <= FARTHEST:
            raise ValueError(f"farthest = {farthest}: expected 0 to {FARTHEST:g}")
        self._plates = plates if farthest else ()
        self._farthest = farthest
        hashes, rows = _remainders(self._plates, int(farthest))
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._rows = hashes[order], rows[order]

    def near(self, text: str) -> list[tuple[float, str]]:
        """The plates near to `text` but not equal, with their distances, nearest first."""
        shared = list(self._sharing(text))
        measured = zip(distances(text, shared), shared, strict=True)
        return sorted(each for each in measured if 0 < each[0] <= self._farthest)

    def _sharing(self, text: str) -> set[str]:
        """The plates that have a remainder in common with `text`, and by chance another one."""
        if not self._plates or len(text) > LONGEST:
            return set()
        wanted, _ = _remainders([text], int(self._farthest))
        begins = np.searchsorted(self._hashes, wanted, "left")
        ends = np.searchsorted(self._hashes, wanted, "right")
        found = [self._rows[begin:end].tolist() for begin, end in zip(begins, ends, strict=True)]
        return {self._plates[row] for rows in found for row in rows}


def _letters(texts: Sequence[str]) -> NDArray[np.uint8]:
    """A column for each text, of its ASCII characters; 0 below its end, which is no character."""
    longest = max(map(len, texts))
    joined = "".join(text.ljust(longest, "\0") for text in texts)
    rows = np.frombuffer(joined.encode("ascii"), np.uint8)
    letters: NDArray[np.uint8] = rows.reshape(len(texts), longest).T
    return letters


def _remainders(
    texts: Sequence[str], deletions: int
) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Hashes of all texts with up to `deletions` characters left out, and whose they are."""
    hashes = [np.empty(0, np.uint64)]
    owners = [np.empty(0, np.int32)]
    lengths = np.fromiter(map(len, texts), np.int32, len(texts))
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length).astype(np.int32)
        joined = "".join(texts[row] for row in rows.tolist())
        letters = np.frombuffer(joined.encode("ascii"), np.uint8)
        codes = CODES[letters.reshape(len(rows), length)].astype(np.uint64)
        for kept in _kept(length, deletions):
            hashes.append(codes[:, kept] @ POWERS[: len(kept)])
            owners.append(rows)
    return np.concatenate(hashes), np.concatenate(owners)


@lru_cache(maxsize=64)
def _kept(length: int, deletions: int) -> list[NDArray[np.intp]]:
    """The columns that stay, for each way to leave out up to `deletions` of them."""
    sizes = range(max(0, length - deletions), length + 1)
    columns = range(length)
    return [np.array(kept, np.intp) for size in sizes for kept in combinations(columns, size)]
