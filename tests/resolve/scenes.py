"""Small lanes, drawn frame by frame: what is seen is written down, not simulated."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from appliance.domain import Candidate, Detection, Quad, Read, Settled, Sighting
from appliance.resolve.judge import Terms
from appliance.resolve.tracker import Tracker

RATE = 10.0
SIZE = (1280, 720)
TERMS = Terms(gone_s=1.5, least_reads=3, least_confidence=0.6)
Lane = dict[int, list[Sighting]]


def sighting(
    frame: int, text: str, at: tuple[float, float], width: float = 100, sure: float = 0.9
) -> Sighting:
    """A plate with its top left corner at `at`, four times as wide as high."""
    x, y = at
    right, bottom = x + width, y + width / 4
    quad = Quad(((x, y), (right, y), (right, bottom), (x, bottom)))
    read = Read(
        text,
        sure if text else 0.0,
        (sure,) * len(text),
        (Candidate(text, sure),) if text else (),
        format_ok=bool(text),
    )
    return Sighting(frame, frame / RATE, Detection(quad, 0.9), read)


def vehicle(
    text: str,
    frames: Iterable[int],
    start: tuple[float, float] = (100, 100),
    step: tuple[float, float] = (15, 5),
    width: float = 100,
    growth: float = 1.0,
    sure: float = 0.9,
) -> Lane:
    """A plate that moves by `step` and grows by `growth` each frame, seen in `frames`."""
    return {
        frame: [
            sighting(
                frame,
                text,
                (start[0] + step[0] * frame, start[1] + step[1] * frame),
                width * growth**frame,
                sure,
            )
        ]
        for frame in frames
    }


def together(*lanes: Lane) -> Lane:
    """Several vehicles in one lane, those of each frame in the order given."""
    frames = sorted({frame for lane in lanes for frame in lane})
    return {frame: [s for lane in lanes for s in lane.get(frame, [])] for frame in frames}


def watched(lane: Lane, terms: Terms = TERMS) -> tuple[Tracker, list[Settled]]:
    """What a tracker makes of all frames from 0 to the last one, before it is flushed."""
    tracker, settled = Tracker(terms), []
    for frame in range(max(lane) + 1):
        settled += tracker.update(frame / RATE, SIZE, lane.get(frame, []))
    return tracker, settled


def passages(lane: Lane, terms: Terms = TERMS) -> list[Settled]:
    """All passages of a lane, its end among them."""
    tracker, settled = watched(lane, terms)
    return settled + tracker.flush()


def texts(lane: Lane) -> list[str]:
    """Their texts."""
    return [passage.read.text for passage in passages(lane)]


def ends(first: int, count: int = 8) -> range:
    """Frames from `first`."""
    return range(first, first + count)


def lettering(lane: Lane) -> Lane:
    """The same, but no known region has such plates."""
    return {
        frame: [replace(s, read=replace(s.read, format_ok=False)) for s in seen]
        for frame, seen in lane.items()
    }
