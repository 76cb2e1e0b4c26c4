"""Detector and reader together: what is to be read in one picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Detection, Frame, Quad, Read, Sighting
from appliance.exposure import Tones
from appliance.latency import Stage
from appliance.recognize.detect import SAME_PLATE, Detector
from appliance.recognize.read import Reader
from appliance.recognize.rectify import rectify, views
from appliance.recognize.sharpness import sharpness
from appliance.recognize.tones import tones


@dataclass(frozen=True, slots=True)
class Plate:
    """A detection with its read and what its crop looks like, as in a Sighting, in one picture."""

    detection: Detection
    read: Read
    sharpness: float = 1.0
    tones: Tones | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """All plates of one picture, best first, and milliseconds: of the first look, of the rest."""

    plates: tuple[Plate, ...]
    detect_ms: float
    read_ms: float


NOTHING = Read("", 0.0, (), ())
LEGIBLE, SPOKEN = 4, 0.01
"""Characters, and confidence of the text, from which a plate counts as legible."""
CLEAR = 0.9
"""Confidence of a read from which one crop is enough."""
DOUBT = 0.15
"""By how much more a thing that cannot be read must look like a plate: signs, vents and far lamps
read as nothing.  On `detect` valid, measured at 0.37, it brought 0.19 false plates a picture
down to 0.10 and recall from 0.934 to 0.919 (tools/train/evaluate)."""


Took = Callable[[Stage, float], None]


def unheard(_stage: Stage, _seconds: float) -> None:
    """Nobody asks how long it takes."""


class Recognizer:
    """Finds and reads all plates of a picture.

    Args:
        detector: finds what looks like a plate.
        reader: reads it.
        least: confidence of a detection that can be read, 0 to 1; DOUBT more where it cannot.
        took: hears how many seconds each stage took in a frame.
    """

    def __init__(
        self, detector: Detector, reader: Reader, least: float, took: Took = unheard
    ) -> None:
        self._detector = detector
        self._reader = reader
        self._least = least
        self._took = took

    def examine(self, image: NDArray[np.uint8]) -> Examination:
        """Every plate of a (H, W, 3) BGR photograph; one that cannot be read has an empty text."""
        return self._examine(image, thorough=True)

    def sightings(self, frame: Frame) -> list[Sighting]:
        """The plates of a frame, for the tracker.

        Without tiles: one a frame, each in its turn, gave `toll_gate.mp4` a fourth, false passage
        and cost 1.6 times as much.  A vehicle comes nearer by itself.
        """
        seen = self._examine(frame.image, thorough=False)
        self._took("detect", seen.detect_ms / 1e3)
        self._took("read", seen.read_ms / 1e3)
        return [
            Sighting(frame.number, frame.at, p.detection, p.read, p.sharpness, p.tones)
            for p in seen.plates
        ]

    def _examine(self, image: NDArray[np.uint8], thorough: bool) -> Examination:
        """The plates that the whole shows and, where none of these is legible, other looks."""
        begun = time.perf_counter()
        detections = self._detector.detect(image)
        found = time.perf_counter()
        plates = self._plates(image, detections)
        if thorough and not any(map(_is_legible, plates)):
            others = self._detector.look_harder(image)
            plates += filter(_is_legible, self._plates(image, others))  # the rest is mostly false
        done = time.perf_counter()
        return Examination(_best_first(plates), 1e3 * (found - begun), 1e3 * (done - found))

    def _plates(self, image: NDArray[np.uint8], detections: Sequence[Detection]) -> list[Plate]:
        read = [self._plate(image, d) for d in detections]
        return [plate for plate in read if self._is_credible(plate)]

    def _could_be(self, detection: Detection) -> bool:
        return detection.confidence >= self._least

    def _is_credible(self, plate: Plate) -> bool:
        return plate.detection.confidence >= self._least + (0.0 if _is_legible(plate) else DOUBT)

    def _plate(self, image: NDArray[np.uint8], found: Detection) -> Plate:
        """The plate as a second look shows it, read."""
        closer = self._detector.look_closer(image, found)
        if not self._could_be(closer):
            return Plate(closer, NOTHING)
        crop = rectify(image, closer.quad, self._reader.crop_size)
        others = (*views(closer.quad), found.quad)
        read = _read(self._reader, image, crop, others)
        return Plate(closer, read, sharpness(crop), tones(crop))


def read_plate(reader: Reader, image: NDArray[np.uint8], quad: Quad, *others: Quad) -> Read:
    """What the plate at `quad` says; where one crop leaves doubt, several are read together.

    Args:
        reader: of upright crops.
        image: (H, W, 3) BGR.
        quad: the plate's corners in pixels of `image`.
        others: corners that somebody else gave it.
    """
    crop = rectify(image, quad, reader.crop_size)
    return _read(reader, image, crop, (*views(quad), *others))


def _read(
    reader: Reader, image: NDArray[np.uint8], crop: NDArray[np.uint8], others: Sequence[Quad]
) -> Read:
    """What a crop says; if that is in doubt, with how `others` would cut it out of the image."""
    said = [reader.look(crop)]
    read = reader.tell(said)
    if read.confidence >= CLEAR:
        return read
    more = (rectify(image, quad, reader.crop_size) for quad in others)
    return reader.tell([*said, *map(reader.look, more)])


def _is_legible(plate: Plate) -> bool:
    return len(plate.read.text) >= LEGIBLE and plate.read.confidence >= SPOKEN


def _best_first(plates: Sequence[Plate]) -> tuple[Plate, ...]:
    """The plates by worth, each once: two looks may have found the same."""
    kept: list[Plate] = []
    for plate in sorted(plates, key=_worth, reverse=True):
        box = plate.detection.box
        if all(box.overlap(other.detection.box) < SAME_PLATE for other in kept):
            kept.append(plate)
    return tuple(kept)


def _worth(plate: Plate) -> float:
    """How sure we are that this is a plate and that it is read right."""
    return plate.detection.confidence * plate.read.confidence
