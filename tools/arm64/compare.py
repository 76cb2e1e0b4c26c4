"""How far what one machine made of some pictures is from what another made of them.

The rule to know: the models' answers are compared on the same bytes, so that a kernel that rounds
otherwise cannot hide behind a picture that was scaled otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.arm64.record import FRAME, Look, Record, Run, Seen


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one model on two machines.

    Attributes:
        runs: how many.
        numbers: int8 numbers in all of them.
        other: of these, how many differ.
        farthest: the largest difference, in steps of eight bits.
    """

    runs: int
    numbers: int
    other: int
    farthest: int


@dataclass(frozen=True, slots=True)
class Sights:
    """What two machines made of the same files, each with its own eyes.

    Attributes:
        pictures: how many.
        decoded: of these, how many were decoded to the same bytes.
        given: what the models were given: how many pictures, or crops of them.
        given_alike: of these, how many were the same bytes on both.
        grey: the largest difference in what the models were given, in levels of 255.
        plates: how many one machine saw.
        told: of these, how many the other saw with the same text.
        legible: plates with a text of `SURE` confidence or more.
        legible_told: of these, how many the other saw with the same text.
        more: plates that only the other machine saw.
        corner_px: the largest distance between the same corner on both, pixels.
        found: the largest difference in a detection's confidence.
        confidence: the largest difference in the confidence of the same text.
    """

    pictures: int
    decoded: int
    given: int
    given_alike: int
    grey: int
    plates: int
    told: int
    legible: int
    legible_told: int
    more: int
    corner_px: float
    found: float
    confidence: float


SURE = 0.9
"""Confidence from which one crop is enough for the unit (recognizer.CLEAR)."""
NEAR_PX = 16.0
"""Two plates are the same one where their first corners are no farther apart."""


def answers(asked: Sequence[Run], answered: Sequence[Run]) -> dict[str, Answers]:
    """By model, what it answered to the same bytes; ValueError where these are not the same."""
    pairs: dict[str, list[tuple[Run, Run]]] = {}
    for one, other in zip(asked, answered, strict=True):
        if one.model != other.model or not np.array_equal(one.given, other.given):
            raise ValueError(f"{one.model} and {other.model} were not given the same")
        pairs.setdefault(one.model, []).append((one, other))
    return {model: _answers(of_it) for model, of_it in sorted(pairs.items())}


def sights(one: Record, other: Record) -> Sights:
    """What both made of the same files; ValueError where these are not the same files."""
    pairs = list(zip(one.looks, other.looks, strict=True))
    if [a.name for a, _ in pairs] != [b.name for _, b in pairs]:
        raise ValueError("the two did not look at the same pictures")
    given = [pair for a, b in pairs for pair in _given(a, b)]
    plates = [(seen, _same(seen, b.plates)) for a, b in pairs for seen in a.plates]
    both = [(a, b) for a, b in plates if b is not None]
    same = [(a, b) for a, b in both if a.text == b.text]
    sure = [(a, b) for a, b in plates if a.text and a.confidence >= SURE]
    return Sights(
        pictures=len(pairs),
        decoded=sum(a.pixels == b.pixels for a, b in pairs),
        given=len(given),
        given_alike=sum(levels == 0 for levels in given),
        grey=max(given, default=0),
        plates=len(plates),
        told=len(same),
        legible=len(sure),
        legible_told=sum(b is not None and a.text == b.text for a, b in sure),
        more=sum(_same(seen, a.plates) is None for a, b in pairs for seen in b.plates),
        corner_px=max((_apart_px(a, b) for a, b in both), default=0.0),
        found=max((abs(a.found - b.found) for a, b in both), default=0.0),
        confidence=max((abs(a.confidence - b.confidence) for a, b in same), default=0.0),
    )


def of_films(record: Record, films: bool) -> Record:
    """A record with the frames of films alone, or with the photographs alone."""
    looks = tuple(look for look in record.looks if (FRAME in look.name) == films)
    return replace(record, looks=looks)


def first_levels(one: Record, other: Record) -> int:
    """The largest difference in the whole pictures that the detector is given first, of 255."""
    pairs = zip(one.looks, other.looks, strict=True)
    return max((next(iter(_given(a, b)), 0) for a, b in pairs), default=0)


def _answers(pairs: list[tuple[Run, Run]]) -> Answers:
    steps = [
        np.abs(a.astype(np.int16) - b.astype(np.int16)).ravel()
        for one, other in pairs
        for a, b in zip(one.stored, other.stored, strict=True)
    ]
    whole = np.concatenate(steps)
    return Answers(len(pairs), whole.size, int(np.count_nonzero(whole)), int(whole.max()))


def _given(one: Look, other: Look) -> Iterable[int]:
    """The largest difference of each pair of what the models were given, in levels of grey.

    Where the two did not go the same way from some run on, what follows is not compared.
    """
    for a, b in zip(one.runs, other.runs, strict=False):
        if a.model != b.model:
            return
        yield int(np.abs(a.given.astype(np.int16) - b.given.astype(np.int16)).max())


def _same(seen: Seen, others: Sequence[Seen]) -> Seen | None:
    """The plate that the other machine saw at its place."""
    near = [each for each in others if _apart_px(seen, each) <= NEAR_PX]
    return min(near, key=lambda each: _apart_px(seen, each), default=None)


def _apart_px(one: Seen, other: Seen) -> float:
    pairs = zip(one.corners, other.corners, strict=True)
    return max((float(np.hypot(a[0] - b[0], a[1] - b[1])) for a, b in pairs), default=0.0)
