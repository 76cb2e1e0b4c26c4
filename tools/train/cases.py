"""Which pictures a person should look at, and how they are marked.

Green is what the labels say, red what the models say, yellow a place that counts neither way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.domain import Box
from appliance.recognize.recognizer import Examination
from tools.train.contact import (
    GREEN,
    RED,
    YELLOW,
    Colour,
    View,
    around,
    cell,
    corners_of,
    save_pages,
)
from tools.train.labels import LabelledPlate, load
from tools.train.measures import corner_errors
from tools.train.scoring import (
    FALSE,
    DetectedPicture,
    Judged,
    Looks,
    ReadPicture,
    best_overlap,
    box_of,
)

Cells = Iterator[NDArray[np.uint8]]
Outlines = tuple[tuple[NDArray[np.float32], Colour], ...]


def save_sheets(folder: Path, looks: Looks, raw: Judged, mended: Judged) -> list[Path]:
    """All contact sheets of what is not right, by the mended labels where not said otherwise."""
    sheets = {
        "false": false_cells(mended.detected),
        "unlabelled": unlabelled_cells(raw.detected, mended.detected),
        "missed": missed_cells(mended.detected),
        "missed_as_labelled": missed_cells(raw.detected),
        "corners": corner_cells(raw.detected),
        "misread": misread_cells(mended.read),
        "scenes": scene_cells(mended.scenes, looks),
    }
    return [path for name, cells in sheets.items() for path in save_pages(folder, name, cells)]


def false_cells(detected: Sequence[DetectedPicture]) -> Cells:
    """Every detection that hits nothing, the surest first."""
    false = [(d, i) for d in detected for i in d.false]
    for picture, i in sorted(false, key=lambda case: -_confidence(*case)):
        yield _detection_cell(picture, i, "false")


def unlabelled_cells(raw: Sequence[DetectedPicture], mended: Sequence[DetectedPicture]) -> Cells:
    """The detections that only the labels as they came call false."""
    cases = [
        (better, i)
        for came, better in zip(raw, mended, strict=True)
        for i in came.false
        if better.matched[i] != FALSE
    ]
    for picture, i in sorted(cases, key=lambda case: -_confidence(*case)):
        yield _detection_cell(picture, i, "a plate" if picture.matched[i] >= 0 else "unsure")


def missed_cells(detected: Sequence[DetectedPicture]) -> Cells:
    """Every labelled plate that no detection hits, the widest first."""
    missed = [(d, i) for d in detected for i in d.missed]
    for picture, i in sorted(missed, key=lambda case: -_label_box(*case).width):
        box = _label_box(picture, i)
        found = [plate.detection for plate in picture.examined.plates]
        overlap = best_overlap(picture.photograph.plates[i], found)
        told = f"missed, {box.width:.0f} x {box.height:.0f} px, best IoU {overlap:.2f}"
        yield _photograph_cell(picture, box, told)


def corner_cells(detected: Sequence[DetectedPicture]) -> Cells:
    """Every found plate with labelled corners, the worst first."""
    for error in corner_errors(detected):
        box = _label_box(error.picture, error.plate)
        image = load(error.picture.photograph.path)
        view = View(image, around(box, 0.15), outlines(error.picture))
        told = f"corners {error.value:.1%} of {box.width:.0f} px"
        yield cell([view], [told, error.picture.photograph.path.name])


def misread_cells(read: Sequence[ReadPicture]) -> Cells:
    """The crops that are not read exactly right, the surest errors first."""
    for picture in _wrong(read):
        told = f"{picture.path.name}, {picture.region}, {picture.lines or '?'} line"
        yield cell([View(load(picture.path))], [*texts(picture), told])


def scene_cells(scenes: Sequence[ReadPicture], looks: Looks) -> Cells:
    """The scenes whose best plate is not exactly right, the surest errors first."""
    for picture in _wrong(scenes):
        views = scene_views(picture.path, looks.scenes[picture.path])
        yield cell(views, [*texts(picture), f"{picture.path.name}, {picture.region}"])


def scene_views(path: Path, examined: Examination) -> list[View]:
    """The whole picture and its best plate near."""
    image, found = load(path), _found(examined)
    views = [View(image, None, found)]
    if examined.plates:
        box = examined.plates[0].detection.box
        views.append(View(image, around(box, 0.2), found[:1]))
    return views


def outlines(picture: DetectedPicture) -> Outlines:
    """Labels, unsure places and detections of a photograph."""
    labels = tuple((_label_corners(plate), GREEN) for plate in picture.photograph.plates)
    unsure = tuple((corners_of(Box(*box)), YELLOW) for box in picture.photograph.unsure)
    return labels + unsure + _found(picture.examined)


def texts(picture: ReadPicture) -> list[str]:
    """What is true over what was read, and the difference: the font hardly tells O from 0."""
    read = f"read {picture.read.text or '-'}  {picture.read.confidence:.2f}"
    return [f"true {picture.truth}", f"{read}  {difference(picture.read.text, picture.truth)}"]


def difference(read: str, truth: str) -> str:
    """What was read in whose place, such as "zero for O"."""
    codes = SequenceMatcher(None, read, truth, autojunk=False).get_opcodes()
    parts = [(read[a:b], truth[c:d]) for what, a, b, c, d in codes if what != "equal"]
    return ", ".join(f"{_named(ours)} for {_named(true)}" for ours, true in parts)


def _named(text: str) -> str:
    return {"0": "zero", "1": "one", "": "nothing"}.get(text, text)


def _detection_cell(picture: DetectedPicture, number: int, word: str) -> NDArray[np.uint8]:
    plate = picture.examined.plates[number]
    box = plate.detection.box
    nearest = max((box.overlap(box_of(p)) for p in picture.photograph.plates), default=0.0)
    size = f"{box.width:.0f} x {box.height:.0f} px, best IoU {nearest:.2f}"
    said = f"{plate.detection.confidence:.2f}, reads {plate.read.text or '-'}"
    return _photograph_cell(picture, box, f"{word} {said} {plate.read.confidence:.2f}", size)


def _photograph_cell(picture: DetectedPicture, box: Box, *told: str) -> NDArray[np.uint8]:
    """The photograph, and the surroundings of a box near."""
    image, marks = load(picture.photograph.path), outlines(picture)
    views = [View(image, None, marks), View(image, around(box), marks)]
    return cell(views, [*told, picture.photograph.path.name])


def _found(examined: Examination) -> Outlines:
    return tuple((np.array(p.detection.quad.corners, np.float32), RED) for p in examined.plates)


def _label_corners(plate: LabelledPlate) -> NDArray[np.float32]:
    return plate.quad if plate.quad is not None else corners_of(box_of(plate))


def _label_box(picture: DetectedPicture, number: int) -> Box:
    return box_of(picture.photograph.plates[number])


def _confidence(picture: DetectedPicture, number: int) -> float:
    return picture.examined.plates[number].detection.confidence


def _wrong(pictures: Sequence[ReadPicture]) -> list[ReadPicture]:
    return sorted((p for p in pictures if not p.right), key=lambda p: -p.read.confidence)
