"""Detector and reader together: what is to be read in one picture."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Detection, Frame, Read, Sighting
from appliance.recognize.detect import Detector
from appliance.recognize.read import Reader
from appliance.recognize.rectify import rectify


@dataclass(frozen=True, slots=True)
class Plate:
    """A detection with its read, in one picture."""

    detection: Detection
    read: Read


@dataclass(frozen=True, slots=True)
class Examination:
    """All plates of one picture, best first, and the milliseconds that finding and reading took."""

    plates: tuple[Plate, ...]
    detect_ms: float
    read_ms: float


class Recognizer:
    """Finds and reads all plates of a picture."""

    def __init__(self, detector: Detector, reader: Reader) -> None:
        self._detector = detector
        self._reader = reader

    def examine(self, image: NDArray[np.uint8]) -> Examination:
        """Every plate of a (H, W, 3) BGR picture; a plate that cannot be read has an empty text."""
        begun = time.perf_counter()
        detections = self._detector.detect(image)
        found = time.perf_counter()
        plates = [Plate(d, self._read(image, d)) for d in detections]
        done = time.perf_counter()
        best_first = sorted(plates, key=_worth, reverse=True)
        return Examination(tuple(best_first), 1e3 * (found - begun), 1e3 * (done - found))

    def sightings(self, frame: Frame) -> list[Sighting]:
        """The plates of a frame, for the tracker."""
        plates = self.examine(frame.image).plates
        return [Sighting(frame.number, frame.at, p.detection, p.read) for p in plates]

    def _read(self, image: NDArray[np.uint8], detection: Detection) -> Read:
        return self._reader.read(rectify(image, detection.quad, self._reader.crop_size))


def _worth(plate: Plate) -> float:
    """How sure we are that this is a plate and that it is read right."""
    return plate.detection.confidence * plate.read.confidence
