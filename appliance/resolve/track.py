"""Following each plate from frame to frame until its vehicle has gone by.  Pure.

One rule: a vehicle gives one passage, when it is gone, and only if its reads agree; every track
that gives none is counted under the name of its reason.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from statistics import median

from appliance.domain import Box, Direction, Settled, Sighting
from appliance.resolve.vote import vote

SAME_PLACE = 0.4
"""Overlap with the expected place from which a plate is the same, unless both are sure it is not:
after a cut in a recording another vehicle stands there."""
REACH = 1.2
"""How many plate widths from its expected place a plate may lie; twice that if it reads alike."""
RATIO = 1.7
"""How much larger or smaller a plate may look next; twice that if it reads the same."""
ALIKE, STRANGE = 0.6, 0.3
"""Similarities (0 to 1) of two texts: the same plate misread, and two plates if both are sure."""
SURE = 0.8
"""Confidence from which a read that contradicts the track counts against it."""
TELLING, CERTAIN = 4, 5
"""Characters from which a text says anything, and from which equal texts are the same plate."""
MEMORY = 5
"""Sightings whose texts are compared with a new one."""
MOST = 160
"""Sightings that a track keeps: a vehicle may wait for minutes, and a sign for ever."""
STRIDE = 4
"""Sightings over which a plate's motion is measured: one step alone is mostly noise."""
GROWN = 1.12
"""Relative growth of a plate from which its vehicle counts as approaching."""


@dataclass(slots=True)
class Track:
    """The sightings of one plate, oldest first; of a long stay only a part from the middle."""

    sightings: list[Sighting] = field(default_factory=list)

    def add(self, sighting: Sighting) -> None:
        """Take in one more; beyond MOST every other one between the first and last quarter goes."""
        self.sightings.append(sighting)
        if len(self.sightings) > MOST:
            del self.sightings[MOST // 4 : -(MOST // 4) : 2]

    @property
    def last(self) -> Sighting:
        """The newest sighting."""
        return self.sightings[-1]

    def expected(self, at: float) -> Box:
        """Where the plate should be at a time, going on as it did over its last sightings."""
        box = self.last.detection.box
        before = self.sightings[-min(STRIDE, len(self.sightings))]
        elapsed = self.last.at - before.at
        ahead = min((at - self.last.at) / elapsed, 3.0) if elapsed > 0 else 0.0
        (x, y), (u, v) = box.centre, before.detection.box.centre
        dx, dy = (x - u) * ahead, (y - v) * ahead
        return Box(box.x1 + dx, box.y1 + dy, box.x2 + dx, box.y2 + dy)


@dataclass(frozen=True, slots=True)
class Terms:
    """When a track is over, and what it must show to become a passage.

    Attributes:
        gone_s: seconds out of sight after which the vehicle is gone.
        least_reads: sightings that must say the voted text.
        least_confidence: of the vote, 0 to 1.
    """

    gone_s: float
    least_reads: int
    least_confidence: float


class Tracker:
    """All vehicles in sight.

    Attributes:
        rejected: tracks that gave no passage, by the name of the reason.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._tracks: list[Track] = []
        self._image_size = (0, 0)
        self.rejected: Counter[str] = Counter()

    def update(
        self, at: float, image_size: tuple[int, int], sightings: Sequence[Sighting]
    ) -> list[Settled]:
        """Take in one frame; returns the passages that are complete with it.

        Args:
            at: the frame's time, seconds, never before the last one's.
            image_size: width and height of the frame in pixels.
            sightings: of this frame.
        """
        self._image_size = image_size
        over = [t for t in self._tracks if at - t.last.at > self._terms.gone_s]
        self._tracks = [t for t in self._tracks if t not in over]
        self._assign(at, list(sightings))
        return self._settle(over)

    def flush(self) -> list[Settled]:
        """End every track, as at the end of a recording; returns their passages."""
        over, self._tracks = self._tracks, []
        return self._settle(over)

    def _assign(self, at: float, sightings: list[Sighting]) -> None:
        """Give each sighting to the track that it fits best; the rest begin new tracks."""
        fits = [
            (fit, t, s)
            for t, track in enumerate(self._tracks)
            for s, sighting in enumerate(sightings)
            if (fit := _fit(track, sighting, at)) > 0
        ]
        taken_tracks: set[int] = set()
        taken_sightings: set[int] = set()
        for _, t, s in sorted(fits, reverse=True):
            if t not in taken_tracks and s not in taken_sightings:
                self._tracks[t].add(sightings[s])
                taken_tracks.add(t)
                taken_sightings.add(s)
        new = [x for s, x in enumerate(sightings) if s not in taken_sightings]
        self._tracks += [Track([sighting]) for sighting in new]

    def _settle(self, over: list[Track]) -> list[Settled]:
        settled = []
        for track in sorted(over, key=lambda t: t.sightings[0].at):
            passage = _sum_up(track, self._image_size)
            reason = _reason_against(track, passage, self._terms)
            if reason:
                self.rejected[reason] += 1
            else:
                settled.append(passage)
        return settled


def _fit(track: Track, sighting: Sighting, at: float) -> float:
    """How well a sighting continues a track: 0 not at all, larger is better."""
    expected, box = track.expected(at), sighting.detection.box
    alike, overlap = _similarity(track, sighting), expected.overlap(box)
    ratio = max(expected.width, box.width) / max(1.0, min(expected.width, box.width))
    stays = overlap > SAME_PLACE and not _contradicts(track, sighting, alike)
    if stays or (alike == 1.0 and ratio < 2 * RATIO):
        return 1 + overlap + alike
    distance = math.dist(expected.centre, box.centre) / max(1.0, expected.width, box.width)
    reach = 2 * REACH if alike >= ALIKE else REACH
    if ratio > RATIO or distance > reach or _contradicts(track, sighting, alike):
        return 0.0
    return alike + 1 / (1 + distance)


def _contradicts(track: Track, sighting: Sighting, alike: float) -> bool:
    """Whether both are sure of what they read, and it is not the same plate."""
    return alike < STRANGE and min(sighting.read.confidence, track.last.read.confidence) > SURE


def _similarity(track: Track, sighting: Sighting) -> float:
    """Of the last sightings' texts and this one, 0 to 1; 1 only for the same five or more."""
    text = sighting.read.text
    if len(text) < TELLING:
        return 0.0
    ratios = [SequenceMatcher(None, s.read.text, text).ratio() for s in track.sightings[-MEMORY:]]
    best = max(ratios)
    return best if best < 1 or len(text) >= CERTAIN else 0.99


def _sum_up(track: Track, image_size: tuple[int, int]) -> Settled:
    read = vote(track.sightings)
    spoken = [s for s in track.sightings if s.read.text]
    agreeing = [s for s in spoken if s.read.text == read.text]
    best = max(agreeing or track.sightings, key=lambda s: s.read.confidence)
    return Settled(
        read=read,
        reads=len(agreeing),
        frames=len(spoken),
        first_frame=track.sightings[0].frame,
        last_frame=track.last.frame,
        best_frame=best.frame,
        first_at=track.sightings[0].at,
        last_at=track.last.at,
        direction=_direction(track),
        box=best.detection.box,
        image_size=image_size,
    )


def _direction(track: Track) -> Direction:
    """Whether the plate grew or shrank between the first and the last third of its sightings."""
    widths = [s.detection.box.width for s in track.sightings]
    third = len(widths) // 3
    if third == 0:
        return "unknown"
    growth = sum(widths[-third:]) / max(1e-6, sum(widths[:third]))
    if growth > GROWN:
        return "approaching"
    return "receding" if growth < 1 / GROWN else "unknown"


def _moved(track: Track) -> bool:
    """Whether the plate left its place, or came nearer, between the track's two halves."""
    middle = max(1, len(track.sightings) // 2)
    early, late = _median_box(track.sightings[:middle]), _median_box(track.sightings[-middle:])
    away = math.dist(early.centre, late.centre) > early.width / 4
    return away or not 1 / GROWN < late.width / max(1.0, early.width) < GROWN


def _median_box(sightings: Sequence[Sighting]) -> Box:
    """Each edge at its median: a single bad detection, or someone walking past, moves nothing."""
    boxes = [s.detection.box for s in sightings]
    return Box(*(median(getattr(b, edge) for b in boxes) for edge in ("x1", "y1", "x2", "y2")))


def _reason_against(track: Track, settled: Settled, terms: Terms) -> str:
    """Why a track is no passage, or an empty string where it is one.

    What never moves and fits no plate syntax is a sign, a shop or the camera's own lettering; a
    plate that never moves may be a vehicle that waits.
    """
    if not settled.read.text:
        return "not legible"
    if len(settled.read.text) < TELLING and not settled.read.format_ok:
        return "too short for a plate"
    if settled.reads < terms.least_reads:
        return "too few agreeing reads"
    if settled.read.confidence < terms.least_confidence:
        return "low agreement"
    if not settled.read.format_ok and not _moved(track):
        return "lettering that never moved"
    return ""
