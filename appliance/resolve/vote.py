"""From the many reads of one vehicle to the text they agree on.  Pure.

Every read is a witness: it gives a probability to the texts that it lists, and a little to all
others.  Witnesses multiply, but frames of one vehicle err alike, so many count as few.  Texts of
different lengths are laid beside each other at the fewest edits (align), so that a read which lost
a character still speaks for the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt

from appliance.domain import Candidate, Read, Sighting
from appliance.resolve.align import NONE, Pairs, aligned, edits

CANDIDATES = 5
WITNESSES = 2.0
"""Independent reads that a whole track counts as at most; a guess on the cautious side."""
UNLISTED = 300
"""Texts that a read may have missed: each gets this part of what its listed ones leave over."""
TRUSTED = 0.9
"""Most that a single character is believed: blur makes the same sure misread in every frame."""
OTHERS = 5
"""Characters that a misread place may really hold: those that look like the one that was read."""
LOST, GAINED = 0.05, 0.02
"""Chances that a read lost a character of the plate, or all that something hides at one of its
ends, and that it saw one too many there."""
MISREAD = 3
"""Characters that a read gets wrong at most; with more it says nothing about a text."""
COMPARED = 16
"""Texts that are weighed against each other, those that were listed with the most weight."""
LEAST = 1e-6
"""Probability below which no read puts a text: one sure misread must not veto the others."""
NOTHING = Read("", 0.0, (), ())


@dataclass(frozen=True, slots=True)
class Ballot:
    """A read with its weight: wide and crisp plates and sure reads count for more.

    Attributes:
        read: what the sighting says.
        weight: how much that counts.
        listed: the probability of each text that it lists.
        rest: of any one text that it does not.
    """

    read: Read
    weight: float
    listed: Mapping[str, float]
    rest: float


def vote(sightings: Sequence[Sighting]) -> Read:
    """What the sightings say together; an empty read where none of them says anything.

    The result's confidence is the probability of its text against every other listed text and
    against all that nobody listed; that of a single read is the read's own.
    """
    ballots = [_ballot(sighting) for sighting in sightings if sighting.read.text]
    if not ballots:
        return NOTHING
    texts = _shortlist(ballots)
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


def support(text: str, sightings: Sequence[Sighting]) -> int:
    """How many reads agree with a text in the place where the fewest do.

    Reads that are each wrong in another character agree on all of them; reads that cannot agree
    on one place do not, however many there are.
    """
    agreeing = [0] * len(text)
    for sighting in sightings:
        said = sighting.read.text
        for i, j in aligned(said, text) if edits(said, text) <= MISREAD else ():
            if NONE not in {i, j} and said[i] == text[j]:
                agreeing[j] += 1
    return min(agreeing, default=0)


def _ballot(sighting: Sighting) -> Ballot:
    read, width = sighting.read, sighting.detection.box.width
    weight = sighting.sharpness * width * read.confidence**2 + LEAST
    listed: dict[str, float] = defaultdict(float)
    for candidate in read.candidates:
        listed[candidate.text] += candidate.confidence
    return Ballot(read, weight, listed, max(0.0, 1 - sum(listed.values())) / UNLISTED)


def _shortlist(ballots: Sequence[Ballot]) -> list[str]:
    """The texts that were listed with the most weight, and the one put together by character."""
    listed: dict[str, float] = defaultdict(float)
    for ballot in ballots:
        for text, confidence in ballot.listed.items():
            listed[text] += ballot.weight * confidence
    first = sorted(listed, key=lambda text: (-listed[text], text))[:COMPARED]
    return sorted({*first, _by_character(ballots)})


def _chances(texts: Sequence[str], ballots: Sequence[Ballot]) -> dict[str, float]:
    """The probability of each text, given all ballots."""
    total = sum(ballot.weight for ballot in ballots)
    witnesses = min(sqrt(len(ballots)), WITNESSES)

    def score(text: str) -> float:
        given = sum(b.weight * log(_likelihood(b, text)) for b in ballots)
        return witnesses * given / total

    scores = {text: score(text) for text in texts}
    nobody = log(UNLISTED) + score("")  # the empty text is listed by none
    top = max(nobody, *scores.values())
    whole = exp(nobody - top) + sum(exp(s - top) for s in scores.values())
    return {text: exp(s - top) / whole for text, s in scores.items()}


def _likelihood(ballot: Ballot, text: str) -> float:
    """The probability that a read gives to a text: as listed, by its characters, or the rest."""
    by_places = _by_places(ballot.read, text) if text else 0.0
    return max(LEAST, ballot.listed.get(text, 0.0), ballot.rest, by_places)


def _by_places(read: Read, text: str) -> float:
    """The probability that a read was meant to be `text`, some characters misread or lost."""
    pairs = aligned(read.text, text)
    begin, end = _shown(pairs)
    if edits(read.text, text) - begin - (len(pairs) - end) > MISREAD:
        return 0.0
    chance = LOST ** ((begin > 0) + (end < len(pairs)))
    for i, j in pairs[begin:end]:
        if NONE in {i, j}:
            chance *= LOST if i == NONE else GAINED
        else:
            sure = min(read.characters[i], TRUSTED)
            chance *= sure if read.text[i] == text[j] else (1 - sure) / OTHERS
    return chance


def _shown(pairs: Pairs) -> tuple[int, int]:
    """From which pair to which a read says anything: a post or a walker hides an end at once."""
    said = [place for place, (i, _) in enumerate(pairs) if i != NONE]
    return said[0], said[-1] + 1


def _by_character(ballots: Sequence[Ballot]) -> str:
    """The characters that win their places beside the weightiest text: perhaps no one's own."""
    texts: dict[str, float] = defaultdict(float)
    for ballot in ballots:
        texts[ballot.read.text] += ballot.weight
    pivot = max(sorted(texts), key=lambda text: texts[text])
    places = _places(pivot, ballots)
    half = sum(ballot.weight for ballot in ballots) / 2
    return "".join(_winner(places[n], half if n % 2 == 0 else 0.0) for n in sorted(places))


def _places(pivot: str, ballots: Sequence[Ballot]) -> dict[int, dict[str, float]]:
    """What is said for each place of a text (2n + 1), and before it (2n), by weight."""
    places: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for ballot in ballots:
        before = 0
        for i, j in aligned(ballot.read.text, pivot):
            said = "" if i == NONE else ballot.read.text[i]
            sure = _mean(ballot.read.characters) if i == NONE else ballot.read.characters[i]
            before = before if j == NONE else 2 * j + 2
            places[before if j == NONE else 2 * j + 1][said] += ballot.weight * sure
    return places


def _winner(said: dict[str, float], least: float) -> str:
    """What most say, if it has more than the least weight."""
    best = max(sorted(said), key=lambda character: said[character])
    return best if said[best] > least else ""


def _shares(text: str, ballots: Sequence[Ballot]) -> tuple[float, ...]:
    """For each character the weighted mean of what the reads that have its place give to it."""
    given, total = [0.0] * len(text), [LEAST * LEAST] * len(text)
    for ballot in ballots:
        for i, j in aligned(ballot.read.text, text):
            if NONE not in {i, j}:
                total[j] += ballot.weight
                agrees = ballot.read.text[i] == text[j]
                given[j] += ballot.weight * ballot.read.characters[i] if agrees else 0.0
    return tuple(min(1.0, g / t) for g, t in zip(given, total, strict=True))


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / max(1, len(shares))


def _region_of(text: str, ballots: Sequence[Ballot]) -> Read:
    """The weightiest read of exactly this text, for its region, or an empty one."""
    same = [ballot for ballot in ballots if ballot.read.text == text]
    return max(same, key=lambda ballot: ballot.weight).read if same else NOTHING
