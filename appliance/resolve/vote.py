"""From the many reads of one vehicle to the text they agree on, by characters.  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from appliance.domain import Candidate, Read, Sighting

CANDIDATES = 5
NOTHING = Read("", 0.0, (), ())


def vote(sightings: Sequence[Sighting]) -> Read:
    """What the sightings say together; an empty read where none of them says anything.

    A sighting weighs as much as its plate is wide and as the square of its confidence: a sharp near
    read outvotes several far ones.  The confidence is the weighted mean of what the reads give to
    the text, so frames that disagree lower it.
    """
    ballots = [(s.read, _weight(s)) for s in sightings if s.read.text]
    if not ballots:
        return NOTHING
    text, characters = _by_character(ballots)
    pooled = _pool(ballots)
    pooled.setdefault(text, _product(characters))
    rest = sorted((t for t in pooled if t != text), key=lambda t: (-pooled[t], t))
    ranked = tuple(Candidate(t, pooled[t]) for t in (text, *rest[: CANDIDATES - 1]))
    return replace(_region_of(text, ballots), text=text, confidence=pooled[text],
                   characters=characters, candidates=ranked)  # fmt: skip


def _weight(sighting: Sighting) -> float:
    return sighting.detection.box.width * sighting.read.confidence**2 + 1e-6


def _by_character(ballots: list[tuple[Read, float]]) -> tuple[str, tuple[float, ...]]:
    """The characters that win their places at the weightiest length, with their shares."""
    lengths: dict[int, float] = defaultdict(float)
    for read, weight in ballots:
        lengths[len(read.text)] += weight
    length = max(sorted(lengths), key=lambda n: lengths[n])
    same = [(read, weight) for read, weight in ballots if len(read.text) == length]
    winners = [_winner(same, place) for place in range(length)]
    return "".join(c for c, _ in winners), tuple(share for _, share in winners)


def _winner(ballots: list[tuple[Read, float]], place: int) -> tuple[str, float]:
    """The character that wins a place, and its part of the weight that was given there."""
    scores: dict[str, float] = defaultdict(float)
    for read, weight in ballots:
        scores[read.text[place]] += weight * read.characters[place]
    total = sum(weight for _, weight in ballots)
    best = max(sorted(scores), key=lambda c: scores[c])
    return best, min(1.0, scores[best] / total)


def _pool(ballots: list[tuple[Read, float]]) -> dict[str, float]:
    """The weighted mean probability of every candidate of every read."""
    pooled: dict[str, float] = defaultdict(float)
    total = sum(weight for _, weight in ballots)
    for read, weight in ballots:
        for candidate in read.candidates:
            pooled[candidate.text] += candidate.confidence * weight / total
    return dict(pooled)


def _product(shares: Iterable[float]) -> float:
    product = 1.0
    for share in shares:
        product *= share
    return product


def _region_of(text: str, ballots: list[tuple[Read, float]]) -> Read:
    """The weightiest read of exactly this text, for its region, or an empty one."""
    same = [ballot for ballot in ballots if ballot[0].text == text]
    return max(same, key=lambda ballot: ballot[1])[0] if same else NOTHING
