"""From the many reads of one vehicle to the text they agree on.  Pure.

Every read is a witness: it gives a probability to the texts that it lists, and a little to all
others.  Witnesses multiply, but frames of one vehicle err alike, so many count as few.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, prod, sqrt

from appliance.domain import Candidate, Read, Sighting

CANDIDATES = 5
WITNESSES = 2.0
"""Independent reads that a whole track counts as at most; a guess on the cautious side."""
UNLISTED = 300
"""Texts that a read may have missed: each gets this part of what its listed ones leave over."""
TRUSTED = 0.9
"""Most that a single character is believed: blur makes the same sure misread in every frame."""
OTHERS = 5
"""Characters that a misread place may really hold: those that look like the one that was read."""
LEAST = 1e-6
"""Probability below which no read puts a text: one sure misread must not veto the others."""
NOTHING = Read("", 0.0, (), ())


@dataclass(frozen=True, slots=True)
class Ballot:
    """A read with its weight: wide plates and sure reads count for more."""

    read: Read
    weight: float


def vote(sightings: Sequence[Sighting]) -> Read:
    """What the sightings say together; an empty read where none of them says anything.

    The result's confidence is the probability of its text against every other listed text and
    against all that nobody listed; that of a single read is the read's own.
    """
    ballots = [Ballot(s.read, _weight(s)) for s in sightings if s.read.text]
    if not ballots:
        return NOTHING
    listed = {candidate.text for ballot in ballots for candidate in ballot.read.candidates}
    texts = sorted(listed | {_by_character(ballots)})
    chances = _chances(texts, ballots)
    ranked = sorted(texts, key=lambda text: (-chances[text], text))[:CANDIDATES]
    text = ranked[0]
    return replace(
        _region_of(text, ballots),
        text=text,
        confidence=chances[text],
        characters=_shares(text, ballots),
        candidates=tuple(Candidate(t, chances[t]) for t in ranked),
    )


def _weight(sighting: Sighting) -> float:
    return sighting.detection.box.width * sighting.read.confidence**2 + LEAST


def _chances(texts: Sequence[str], ballots: Sequence[Ballot]) -> dict[str, float]:
    """The probability of each text, given all ballots."""
    total = sum(ballot.weight for ballot in ballots)
    witnesses = min(sqrt(len(ballots)), WITNESSES)

    def score(text: str) -> float:
        given = sum(b.weight * log(_likelihood(b.read, text)) for b in ballots)
        return witnesses * given / total

    scores = {text: score(text) for text in texts}
    nobody = log(UNLISTED) + score("")  # the empty text is listed by none
    top = max(nobody, *scores.values())
    whole = exp(nobody - top) + sum(exp(s - top) for s in scores.values())
    return {text: exp(s - top) / whole for text, s in scores.items()}


def _likelihood(read: Read, text: str) -> float:
    """The probability that a read gives to a text: as listed, by its characters, or the rest."""
    listed = sum(c.confidence for c in read.candidates if c.text == text)
    rest = max(0.0, 1 - sum(c.confidence for c in read.candidates)) / UNLISTED
    return max(LEAST, listed, rest, _by_places(read, text))


def _by_places(read: Read, text: str) -> float:
    """The probability that a read was meant to be `text`, some of its characters misread."""
    if len(text) != len(read.text):
        return 0.0
    sure = [min(p, TRUSTED) for p in read.characters]
    places = zip(text, read.text, sure, strict=True)
    return prod(p if a == b else (1 - p) / OTHERS for a, b, p in places)


def _by_character(ballots: Sequence[Ballot]) -> str:
    """The characters that win their places at the weightiest length: perhaps no one's own text."""
    lengths: dict[int, float] = defaultdict(float)
    for ballot in ballots:
        lengths[len(ballot.read.text)] += ballot.weight
    length = max(sorted(lengths), key=lambda n: lengths[n])
    same = [ballot for ballot in ballots if len(ballot.read.text) == length]
    return "".join(_winner(same, place) for place in range(length))


def _winner(ballots: Sequence[Ballot], place: int) -> str:
    scores: dict[str, float] = defaultdict(float)
    for ballot in ballots:
        scores[ballot.read.text[place]] += ballot.weight * ballot.read.characters[place]
    return max(sorted(scores), key=lambda character: scores[character])


def _shares(text: str, ballots: Sequence[Ballot]) -> tuple[float, ...]:
    """For each character the weighted mean of what the reads of this length give to it."""
    same = [ballot for ballot in ballots if len(ballot.read.text) == len(text)]
    total = sum(ballot.weight for ballot in same)
    return tuple(
        min(1.0, sum(b.weight * b.read.characters[i] for b in same if b.read.text[i] == c) / total)
        if same
        else 0.0
        for i, c in enumerate(text)
    )


def _region_of(text: str, ballots: Sequence[Ballot]) -> Read:
    """The weightiest read of exactly this text, for its region, or an empty one."""
    same = [ballot for ballot in ballots if ballot.read.text == text]
    return max(same, key=lambda ballot: ballot.weight).read if same else NOTHING
