"""The sightings of one plate: where it should be next, how it moved.  Pure.

All measures are in plate widths and seconds, so that neither the distance of the camera nor its
rate, 5 to 60 frames a second, changes what counts as near.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median

from appliance.domain import Box, Direction, Settled, Sighting
from appliance.resolve.align import edits, likeness

SAME_PLACE = 0.4
"""Overlap with the expected place from which a plate is the same, unless both are sure it is not:
after a cut in a recording another vehicle stands there."""
REACH, STRAYS = 1.2, 1.5
"""How many plate widths from its expected place a plate may lie, and how many more for each second
since it was last seen; twice that if it reads alike."""
SUDDEN, SUDDEN_ALIKE = 6.0, 40.0
"""Plate widths a second that a vehicle may do whose speed nobody knows yet, and if it reads alike:
3 and 20 m/s with plates of half a metre."""
RATIO = 1.7
"""How much larger or smaller a plate may look next; twice that if it reads the same."""
ALIKE = 0.55
"""Likeness of two texts (0 to 1) from which they may be one plate misread."""
SURE, OTHER = 0.8, 3
"""Confidence from which a read that contradicts the track counts against it, and the characters
in which it must differ: no sure misread is wrong in three, unless the plate was cut off."""
REPEATED = 0.4
"""Confidence from which a text that is read twice counts where no sure one is: a NO PARKING sign is
read at 0.4 to 0.7, and a car that came from behind a lorry was taken for it."""
TELLING, CERTAIN = 4, 5
"""Characters from which a text says anything, and from which equal texts are the same plate."""
MEMORY = 5
"""Sightings whose texts are compared with a new one."""
MOST = 160
"""Sightings that a track keeps: a vehicle may wait for minutes, and a sign for ever."""
MOST_RIVALS = 32
"""Passages that it may be a part of, the newest: a sign sees many come and go."""
STRIDE, WINDOW_S, AHEAD_S = 3, 0.3, 1.0
"""Steps, and seconds, over which a plate's motion is measured, the longer of both: one step alone
is mostly noise.  Longer than AHEAD_S no motion is believed to go on."""
GROWN = 1.12
"""Relative growth of a plate from which its vehicle counts as approaching."""
SUNK, STEEP = 0.12, 0.5
"""Plate widths that a plate sinks in the picture, and that against how far it moves sideways, from
which its vehicle approaches although it hardly grows: a camera hangs above the plates."""

RESTS_S, REST_SEEN = 2.0, 4
"""Seconds for which a plate must not have moved for its vehicle to stand, and the sightings that
must say so: whoever comes on from behind a passer-by was seen once or twice."""


@dataclass(slots=True)
class Track:
    """The sightings of one plate, oldest first; of a long stay only a part from the middle.

    Attributes:
        number: of the track, from 1.
        seen: sightings in all.
        told: what was settled early; None while nothing is.
        rivals: passages that it may be a part of, each with the last sighting of its own track.
    """

    sightings: list[Sighting] = field(default_factory=list)
    number: int = 0
    seen: int = 0
    told: Settled | None = None
    rivals: deque[tuple[Sighting, Settled]] = field(default_factory=deque)

    def add(self, sighting: Sighting) -> None:
        """Take in one more; beyond MOST every other one between the first and last quarter goes."""
        self.sightings.append(sighting)
        self.seen += 1
        if len(self.sightings) > MOST:
            del self.sightings[MOST // 4 : -(MOST // 4) : 2]

    @property
    def last(self) -> Sighting:
        """The newest sighting."""
        return self.sightings[-1]

    def expected(self, at: float) -> Box:
        """Where the plate should be at a time, going on as it did over its last sightings."""
        box, before = self.last.detection.box, self._before()
        elapsed = self.last.at - before.at
        ahead = min(at - self.last.at, AHEAD_S) / elapsed if elapsed > 0 else 0.0
        (x, y), (u, v) = box.centre, before.detection.box.centre
        dx, dy = (x - u) * ahead, (y - v) * ahead
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)

    def _before(self) -> Sighting:
        """The sighting that the motion is measured from."""
        steps = 0
        for steps, sighting in enumerate(reversed(self.sightings)):
            if steps >= STRIDE and self.last.at - sighting.at >= WINDOW_S:
                return sighting
        return self.sightings[-1 - steps]


def fit(track: Track, sighting: Sighting, at: float) -> float:
    """How well a sighting continues a track: 0 not at all, larger is better."""
    expected, box = track.expected(at), sighting.detection.box
    alike, overlap = similarity(track, sighting), expected.overlap(box)
    ratio = max(expected.width, box.width) / max(1.0, min(expected.width, box.width))
    if contradicts(track, sighting):
        return 0.0
    if overlap > SAME_PLACE or (alike == 1.0 and ratio < 2 * RATIO):
        return 1 + overlap + alike
    distance = math.dist(expected.centre, box.centre) / max(1.0, expected.width, box.width)
    if ratio > RATIO or distance > _reach(track, alike >= ALIKE, at - track.last.at):
        return 0.0
    return alike + 1 / (1 + distance)


def _reach(track: Track, alike: bool, elapsed: float) -> float:
    """Plate widths from its expected place at which a track still looks for its plate."""
    known = (1 + alike) * (REACH + STRAYS * elapsed)
    if len(track.sightings) > 1:
        return known
    return known + (SUDDEN_ALIKE if alike else SUDDEN) * elapsed


def similarity(track: Track, sighting: Sighting) -> float:
    """Of the last sightings' texts and this one, 0 to 1; 1 only for the same five or more."""
    text = sighting.read.text
    if len(text) < TELLING:
        return 0.0
    best = max(likeness(s.read.text, text) for s in track.sightings[-MEMORY:])
    return best if best < 1 or len(text) >= CERTAIN else 0.99


def contradicts(track: Track, sighting: Sighting) -> bool:
    """Whether both are sure of what they read, and it is not the same plate.

    What a track was sure of stays known while its plate, far away, can no longer be read: another
    vehicle that comes from there must not go on with it.
    """
    if not _speaks(sighting):
        return False
    sure = (s.read.text for s in reversed(track.sightings) if _speaks(s))
    known = list(islice(sure, MEMORY)) or _repeated(track)
    return bool(known) and all(_other(sighting.read.text, one) for one in known)


def _repeated(track: Track) -> list[str]:
    """The texts that a track which is never sure says more than once, each time half sure."""
    said = Counter(s.read.text for s in track.sightings if _speaks(s, REPEATED))
    return [text for text, times in said.items() if times > 1]


def _speaks(sighting: Sighting, least: float = SURE) -> bool:
    return len(sighting.read.text) >= TELLING and sighting.read.confidence > least


def _other(one: str, other: str) -> bool:
    """Whether no misread and no edge of the picture makes one of the other."""
    return edits(one, other) >= OTHER and one not in other and other not in one


def direction(sightings: Sequence[Sighting]) -> Direction:
    """Whether the plate grew or shrank between the first and the last third, or sank or rose.

    One that something hides from the side becomes narrower, but not lower.
    """
    third = len(sightings) // 3
    if third == 0:
        return "unknown"
    first, last = sightings[:third], sightings[-third:]
    growth = _mean_width(last) / max(1e-6, _mean_width(first))
    is_alike = (growth > 1) == (_mean_height(last) > _mean_height(first))
    if is_alike and not 1 / GROWN <= growth <= GROWN:
        return "approaching" if growth > GROWN else "receding"
    (u, v), (x, y) = (median_box(part[-MEMORY:]).centre for part in (first[:MEMORY], last))
    if abs(y - v) < max(SUNK * _mean_width(last), STEEP * abs(x - u)):
        return "unknown"
    return "approaching" if y > v else "receding"


def _mean_width(sightings: Sequence[Sighting]) -> float:
    return sum(s.detection.box.width for s in sightings) / len(sightings)


def _mean_height(sightings: Sequence[Sighting]) -> float:
    return sum(s.detection.box.height for s in sightings) / len(sightings)


def moved(sightings: Sequence[Sighting]) -> bool:
    """Whether the plate left its place, or came nearer, between the two halves.

    A sign that somebody half hides keeps one of its edges and its height.
    """
    middle = max(1, len(sightings) // 2)
    early, late = median_box(sightings[:middle]), median_box(sightings[-middle:])
    across = min(abs(late.x1 - early.x1), abs(late.x2 - early.x2))
    down = min(abs(late.y1 - early.y1), abs(late.y2 - early.y2))
    grown = [late.width / max(1.0, early.width), late.height / max(1.0, early.height)]
    away = math.hypot(across, down) > early.width / 4
    return away or min(grown) > GROWN or max(grown) < 1 / GROWN


def rests(track: Track) -> bool:
    """Whether the plate was seen for RESTS_S and has kept its place and size for as long.

    It may do a quarter of its width in a second, 0.13 m of half a metre, or grow by an eighth.
    """
    since = track.last.at - RESTS_S
    lately = [sighting for sighting in track.sightings if sighting.at >= since]
    return track.sightings[0].at <= since and len(lately) >= REST_SEEN and not moved(lately)


def median_box(sightings: Sequence[Sighting]) -> Box:
    """Each edge at its median: a single bad detection, or someone walking past, moves nothing."""
    boxes = [s.detection.box for s in sightings]
    return Box(*(median(getattr(b, edge) for b in boxes) for edge in ("x1", "y1", "x2", "y2")))
