"""The values that travel from the camera to the broker.

Everything that crosses a module is here, frozen.  `at` is always monotonic time in seconds;
wall-clock time appears only in `Passage.epoch_ms` and on the way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from appliance.decision import Decision
from appliance.exposure import Shot, Tones

Point = tuple[float, float]
Direction = Literal["approaching", "receding", "unknown"]
Crossing = Literal["in", "out", "none"]
Clock = Literal["ntp", "gnss", "rtc", "none"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """An image with its time.

    Attributes:
        image: (H, W, 3) BGR uint8, read-only.
        at: monotonic time of the exposure, seconds.
        number: position in the stream, from 0, counting the frames that nobody looked at.
        cut: a recording or a stream begins anew with it, and nobody from before is in sight.
        shot: how it was taken; None where the camera does not say.
    """

    image: NDArray[np.uint8]
    at: float
    number: int
    cut: bool = False
    shot: Shot | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in pixels of the frame; x2 and y2 are exclusive."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """Pixels from left to right, never negative."""
        return max(0.0, self.x2 - self.x1)

    @property
    def height(self) -> float:
        """Pixels from top to bottom, never negative."""
        return max(0.0, self.y2 - self.y1)

    @property
    def centre(self) -> Point:
        """The middle of the rectangle."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def overlap(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1."""
        common = Box(
            max(self.x1, other.x1),
            max(self.y1, other.y1),
            min(self.x2, other.x2),
            min(self.y2, other.y2),
        )
        shared = common.width * common.height
        union = self.width * self.height + other.width * other.height - shared
        return shared / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Quad:
    """A plate's four corners in pixels of the frame, from the top left clockwise."""

    corners: tuple[Point, Point, Point, Point]

    @property
    def box(self) -> Box:
        """The upright rectangle round the corners."""
        xs, ys = zip(*self.corners, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, slots=True)
class Detection:
    """A plate's corners with a confidence of 0 to 1."""

    quad: Quad
    confidence: float

    @property
    def box(self) -> Box:
        """The upright rectangle round the plate."""
        return self.quad.box


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible text (A-Z, 0-9, no separators) with its probability, 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Read:
    """What one crop seems to say.

    Attributes:
        text: the likeliest text, A-Z and 0-9; empty where nothing could be read.
        confidence: probability that the whole text is right, 0 to 1.
        characters: the same for each character of `text`.
        candidates: up to five, likeliest first, `text` among them.
        region: jurisdiction whose plate syntax fits ("gb", "us-ny"), or None where none or several
            fit.
        region_confidence: probability of `region`, 0 where it is None.
        format_ok: the text fits the syntax of at least one known region.
    """

    text: str
    confidence: float
    characters: tuple[float, ...]
    candidates: tuple[Candidate, ...]
    region: str | None = None
    region_confidence: float = 0.0
    format_ok: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection with its read, in one frame.

    Attributes:
        frame: its number.
        at: its time, seconds.
        detection: where the plate is.
        read: what it seems to say.
        sharpness: of the crop, 0 smeared to 1 crisp; 1 where nobody measures it.
        tones: how the light fell on it; None where nobody measures it.
    """

    frame: int
    at: float
    detection: Detection
    read: Read
    sharpness: float = 1.0
    tones: Tones | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What the sightings of one track agree on: one vehicle, not yet given an id.

    A track that is sure early gives two of them with the same `track`: an early one at once, for
    the gate, and when the vehicle has gone by the one for the record.  Both are one passage.

    Attributes:
        read: the vote over all sightings.
        reads: of the sightings that voted, those whose own text is `read.text`.
        frames: sightings that voted; of a long stay not all do.
        first_frame, last_frame: frame numbers of the first and the last sighting.
        best_frame: of the sighting that read best.
        first_at, last_at: their monotonic times, seconds.
        direction: approaching where the plate grew.
        box: of the plate in `best_frame`.
        image_size: width and height of the frame in pixels.
        track: its number, counted from 1 by the tracker: the same for the same recording.
        early: the vehicle is still in sight; another Settled of this track follows for the record.
        early_text: what the early one of this track said; empty where there was none.
        crossed: the counting line, in the sense of its points.
        indicative_speed_kmh: where the lane has been measured and enough of the track was seen.
    """

    read: Read
    reads: int
    frames: int
    first_frame: int
    last_frame: int
    best_frame: int
    first_at: float
    last_at: float
    direction: Direction
    box: Box
    image_size: tuple[int, int]
    track: int = 0
    early: bool = False
    early_text: str = ""
    crossed: Crossing = "none"
    indicative_speed_kmh: float | None = None

    @property
    def early_text_differs(self) -> bool:
        """Something else was said early than the record says."""
        return not self.early and self.early_text not in {"", self.read.text}

    @property
    def px_per_char(self) -> int:
        """Width of a character in pixels, as far as the box tells."""
        return round(self.box.width / max(1, len(self.read.text)))


@dataclass(frozen=True, slots=True)
class Passage:
    """One vehicle gone by, with its id and its time.

    Attributes:
        uuid: ULID, the same wherever this passage appears.
        epoch_ms: wall-clock time of the last sighting, milliseconds since 1970 UTC.
        clock: how far `epoch_ms` can be trusted.
        recorded: it comes from a recording, so it is never fresh.
        night: the unit took the time of day for night; false where nobody looked.
    """

    uuid: str
    settled: Settled
    decision: Decision
    epoch_ms: int
    clock: Clock
    recorded: bool = False
    night: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One passage for the broker: a row of the outbox, or told early.

    Attributes:
        seq: counts passages without a gap, from 1; 0 where it is told early and not recorded yet.
        uuid: the passage's.
        body: the payload as JSON, without `late` and `age_s`, which are known only at sending.
        epoch_ms: wall-clock time of the passage.
        fresh_until: monotonic time up to which it may go out as live; None where it never may
            (written before this process began, or from a recording).
        store: names the file that counts `seq`; empty where nobody asked it.
    """

    seq: int
    uuid: str
    body: str
    epoch_ms: int
    fresh_until: float | None
    store: str = ""
