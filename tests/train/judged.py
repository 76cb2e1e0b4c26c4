"""Judged pictures made of numbers, for the tests of what they come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from appliance.domain import Detection, Quad, Read
from appliance.recognize.recognizer import Examination, Plate
from tools.train.labels import LabelledPlate, Photograph
from tools.train.scoring import DetectedPicture, Judged, ReadPicture, match

BoxTuple = tuple[float, float, float, float]
PLATE = (100.0, 100.0, 200.0, 150.0)
FAR = (400.0, 300.0, 450.0, 320.0)


def quad(box: BoxTuple) -> Quad:
    """The corners of a box."""
    x1, y1, x2, y2 = box
    return Quad(((x1, y1), (x2, y1), (x2, y2), (x1, y2)))


def found(box: BoxTuple, confidence: float = 0.9, text: str = "AB123") -> Plate:
    """A detection with its read."""
    return Plate(Detection(quad(box), confidence), said(text))


def said(text: str, confidence: float = 0.9) -> Read:
    """A read with the same confidence for every character."""
    return Read(text, confidence, (confidence,) * len(text), ())


def examined(*plates: Plate) -> Examination:
    """What was found in a picture, the best first."""
    return Examination(plates, 5.0, 2.0)


def labelled(box: BoxTuple, corners: bool = False) -> LabelledPlate:
    """A labelled plate, perhaps with corners."""
    known = np.array(quad(box).corners, np.float32) if corners else None
    return LabelledPlate(box, known, None)


def photograph(
    *plates: LabelledPlate, unsure: tuple[BoxTuple, ...] = (), name: str = "one", source: str = "s"
) -> Photograph:
    """A photograph with its labels."""
    return Photograph(Path(f"{name}.jpg"), source, "Apache-2.0", "eu", plates, unsure)


def detected(labels: Photograph, *plates: Plate) -> DetectedPicture:
    """A photograph with what was found in it."""
    seen = examined(*plates)
    return DetectedPicture(labels, seen, match(seen, labels))


def read(
    truth: str, text: str, confidence: float = 0.9, region: str = "eu", set_name: str = "eu1"
) -> ReadPicture:
    """A crop with what was read; its path is its true text."""
    return ReadPicture(Path(f"{truth}.jpg"), set_name, region, 1, truth, said(text, confidence))


def judged(
    *pictures: DetectedPicture,
    reads: tuple[ReadPicture, ...] = (),
    scenes: tuple[ReadPicture, ...] = (),
    passages: tuple[str, ...] = (),
) -> Judged:
    """All of it."""
    return Judged(pictures, reads, scenes, passages)


def moved(box: BoxTuple, right: float) -> BoxTuple:
    """A box further to the right."""
    return box[0] + right, box[1], box[2] + right, box[3]
