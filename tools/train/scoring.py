"""What a pair of models says about the real pictures, and which of it the labels call right.

Every picture is looked at once (`look`, slow) and judged as often as one likes (`judge`, quick): by
the labels as they came, and by the mended ones.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from appliance.capture.video import RecordedCamera
from appliance.domain import Box, Detection, Quad, Read
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Examination, read_plate
from tools.train import corrections
from tools.train.labels import LabelledPlate, Photograph, crops, load, photographs
from tools.train.pairs import Pair

SAME = 0.5
"""IoU from which a detection is the labelled plate."""
WITHIN = 0.3
"""Share of a detection inside an unsure place from which it counts neither way."""
FALSE, UNSURE = -1, -2
"""What a detection is that hits no labelled plate."""
NOTHING = Read("", 0.0, (), ())
CANVAS = (160, 48)
"""Width and height at which crops are compared for sharpness, whatever the reader takes."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a picture looks.

    Attributes:
        width, height: pixels.
        sharpness: variance of the Laplacian of the grey picture; of a crop, at CANVAS.
        light: mean grey, 0 to 255.
        contrast: standard deviation of the grey values.
    """

    width: int
    height: int
    sharpness: float
    light: float
    contrast: float


@dataclass(frozen=True, slots=True)
class Looks:
    """All that a pair of models says about the pictures; labels play no part in it.

    Attributes:
        names: of the two models.
        detect, scenes: what was found in each photograph.
        read: what each crop says.
        appearances: of the photographs of `detect` and of the crops.
        passages: texts of the clip's passages, in order.
        clip_s: processor seconds that the clip took.
    """

    names: tuple[str, str]
    detect: dict[Path, Examination]
    scenes: dict[Path, Examination]
    read: dict[Path, Read]
    appearances: dict[Path, Appearance]
    passages: tuple[str, ...]
    clip_s: float


@dataclass(frozen=True, slots=True)
class DetectedPicture:
    """A photograph with what was found in it.

    Attributes:
        matched: for each detection, best first, the index of the labelled plate it hits, FALSE, or
            UNSURE.
    """

    photograph: Photograph
    examined: Examination
    matched: tuple[int, ...]

    @property
    def missed(self) -> tuple[int, ...]:
        """Indices of the labelled plates that no detection hits."""
        return tuple(i for i in range(len(self.photograph.plates)) if i not in self.matched)

    @property
    def false(self) -> tuple[int, ...]:
        """Indices of the detections that hit nothing."""
        return tuple(i for i, hit in enumerate(self.matched) if hit == FALSE)


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture with its true text and what was read; `lines` is 0 where nobody says."""

    path: Path
    set_name: str
    region: str
    lines: int
    truth: str
    read: Read

    @property
    def right(self) -> bool:
        """Exactly right, every character."""
        return self.read.text == self.truth


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that was said about the pictures, beside one set of labels."""

    detected: tuple[DetectedPicture, ...]
    read: tuple[ReadPicture, ...]
    scenes: tuple[ReadPicture, ...]
    passages: tuple[str, ...]


def plates_folder(text: str) -> Path:
    """An argument that names the plate pictures; ArgumentTypeError where none are there."""
    if not (Path(text) / "read" / "labels.jsonl").exists():
        raise argparse.ArgumentTypeError(
            f"{text}: no labelled plates there (see the README: To measure yourself)"
        )
    return Path(text)


def look(pair: Pair, root: Path) -> Looks:
    """Show all pictures of `root` that are for measuring to a pair of models."""
    detect, appearances = {}, {}
    for path in _shown("detect", root):
        image = load(path)
        detect[path] = pair.recognizer.examine(image)
        appearances[path] = appearance(image)
    read = {}
    for path in _shown("read", root):
        image = load(path)
        read[path] = read_whole(pair.reader, image)
        appearances[path] = appearance(image, CANVAS)
    scenes = {path: pair.recognizer.examine(load(path)) for path in _shown("scenes", root)}
    begun = time.process_time()
    passages = replay_clip(pair, root / "clips" / "toll_gate.mp4")
    spent = time.process_time() - begun
    return Looks(pair.names, detect, scenes, read, appearances, passages, spent)


def judge(looks: Looks, root: Path, corrected: bool) -> Judged:
    """The looks beside the labels as they came, or beside the mended ones."""
    detected = tuple(
        DetectedPicture(photograph, examined, match(examined, photograph))
        for photograph in photographs("detect", "valid", root, corrected)
        for examined in (looks.detect[photograph.path],)
    )
    read = tuple(
        ReadPicture(c.path, c.set_name, c.region, c.lines, c.text, looks.read[c.path])
        for c in crops("valid", root, corrected)
    )
    scenes = tuple(
        ReadPicture(s.path, s.region, s.region, 0, s.plates[0].text or "", best_read(examined))
        for s in photographs("scenes", "valid", root, corrected)
        for examined in (looks.scenes[s.path],)
    )
    return Judged(detected, read, scenes, looks.passages)


def match(examined: Examination, photograph: Photograph) -> tuple[int, ...]:
    """For each detection the labelled plate that it covers with IoU >= SAME, FALSE, or UNSURE.

    Each labelled plate is given once, to the best detection: a second one is false.
    """
    free = dict(enumerate(photograph.plates))
    matched = []
    for plate in examined.plates:
        box = plate.detection.box
        best = max(free, key=lambda i: box.overlap(box_of(free[i])), default=FALSE)
        if best != FALSE and box.overlap(box_of(free[best])) >= SAME:
            del free[best]
            matched.append(best)
        else:
            matched.append(UNSURE if _is_within(box, photograph.unsure) else FALSE)
    return tuple(matched)


def best_read(examined: Examination) -> Read:
    """What the best plate of a picture says, or NOTHING."""
    return examined.plates[0].read if examined.plates else NOTHING


def best_overlap(plate: LabelledPlate, found: Sequence[Detection]) -> float:
    """The highest IoU that any detection has with a labelled plate."""
    return max((d.box.overlap(box_of(plate)) for d in found), default=0.0)


def box_of(plate: LabelledPlate) -> Box:
    """The labelled box, or the one round the labelled corners."""
    if plate.box is not None:
        return Box(*plate.box)
    assert plate.quad is not None, "a labelled plate has a box or corners"
    low, high = plate.quad.min(0), plate.quad.max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def appearance(image: NDArray[np.uint8], canvas: tuple[int, int] | None = None) -> Appearance:
    """Size, sharpness, light and contrast of a (H, W, 3) BGR picture."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    scaled = cv2.resize(grey, canvas, interpolation=cv2.INTER_AREA) if canvas else grey
    sharpness = float(cv2.Laplacian(scaled, cv2.CV_32F).var())
    return Appearance(width, height, sharpness, float(grey.mean()), float(grey.std()))


def read_whole(reader: Reader, image: NDArray[np.uint8]) -> Read:
    """What a crop says, read as if its edges were the plate's corners."""
    height, width = image.shape[:2]
    whole = Quad(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))
    return read_plate(reader, image, whole)


def replay_clip(pair: Pair, path: Path) -> tuple[str, ...]:
    """The texts of a clip's passages, in order."""
    camera = RecordedCamera(path)
    settled = []
    for frame in tqdm(camera.frames(), total=camera.recording.frames, desc=path.name, disable=None):
        sightings = pair.recognizer.sightings(frame)
        settled += pair.tracker.update(frame.at, frame.size, sightings, frame.cut)
    settled += pair.tracker.flush()
    return tuple(passage.read.text for passage in settled if not passage.early)


def _shown(folder: str, root: Path) -> Iterator[Path]:
    """The paths of one folder's pictures, with a progress bar where a person is watching."""
    if folder == "read":
        paths = [crop.path for crop in crops("valid", root, corrected=False)]
    else:
        paths = [p.path for p in photographs(folder, "valid", root, corrected=False)]
    yield from tqdm(paths, desc=folder, disable=None)


def _is_within(box: Box, places: Sequence[corrections.Box]) -> bool:
    """Whether WITHIN of the box, or more, lies in one of the places."""
    area = max(box.width * box.height, 1e-9)
    return any(_shared(box, Box(*place)) / area >= WITHIN for place in places)


def _shared(one: Box, other: Box) -> float:
    """Square pixels that two boxes have in common."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    return max(0.0, width) * max(0.0, height)
