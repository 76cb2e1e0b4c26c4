"""What a pair of models gets right on the real pictures, picture by picture."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from appliance.capture.video import RecordedCamera
from appliance.domain import Box, Detection, Quad, Settled
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import Examination, Recognizer
from appliance.recognize.rectify import rectify
from appliance.resolve.track import Tracker
from tools.train.labels import (
    PLATES,
    LabelledPlate,
    Photograph,
    PlateCrop,
    crops,
    load,
    photographs,
)

SAME = 0.5
CLIP_TRUTH = ("34A36837", "34A23126", "89C20339")


@dataclass(frozen=True, slots=True)
class DetectedPicture:
    """A photograph with what was found in it.

    Attributes:
        matched: for each detection, best first, the index of the labelled plate it hits, or -1.
    """

    photograph: Photograph
    examined: Examination
    matched: tuple[int, ...]

    @property
    def missed(self) -> int:
        """Labelled plates that no detection hits."""
        return len(self.photograph.plates) - sum(m >= 0 for m in self.matched)

    @property
    def false(self) -> int:
        """Detections that hit no labelled plate."""
        return sum(m < 0 for m in self.matched)


@dataclass(frozen=True, slots=True)
class ReadPicture:
    """A picture with its true text, what was read, and how sure the reader was."""

    path: Path
    group: str
    truth: str
    text: str
    confidence: float

    @property
    def right(self) -> bool:
        """Exactly right, every character."""
        return self.text == self.truth


def detect_all(recognizer: Recognizer, root: Path = PLATES) -> list[DetectedPicture]:
    """Every `detect` valid photograph, examined."""
    results = []
    for photograph in tqdm(photographs("detect", "valid", root), desc="detect valid"):
        examined = recognizer.examine(load(photograph.path))
        found = [plate.detection for plate in examined.plates]
        results.append(DetectedPicture(photograph, examined, match(found, photograph.plates)))
    return results


def read_all(reader: Reader, root: Path = PLATES) -> list[ReadPicture]:
    """Every `read` valid crop, read as if its edges were the plate's corners."""
    return [_read_crop(reader, crop) for crop in tqdm(crops("valid", root), desc="read valid")]


def read_scenes(recognizer: Recognizer, root: Path = PLATES) -> list[ReadPicture]:
    """Every scene, end to end: the best plate of the picture against the true text."""
    results = []
    for scene in tqdm(photographs("scenes", "valid", root), desc="scenes"):
        plates = recognizer.examine(load(scene.path)).plates
        text, confidence = (plates[0].read.text, plates[0].read.confidence) if plates else ("", 0.0)
        truth = scene.plates[0].text or ""
        results.append(ReadPicture(scene.path, scene.region, truth, text, confidence))
    return results


def replay_clip(recognizer: Recognizer, tracker: Tracker, path: Path) -> list[Settled]:
    """The passages of a clip, in order."""
    camera = RecordedCamera(path)
    settled: list[Settled] = []
    for frame in tqdm(camera.frames(), total=camera.recording.frames, desc=path.name):
        settled += tracker.update(frame.at, frame.size, recognizer.sightings(frame))
    return settled + tracker.flush()


def match(found: Sequence[Detection], plates: Sequence[LabelledPlate]) -> tuple[int, ...]:
    """For each detection the labelled plate that it covers with IoU >= 0.5, or -1."""
    free = set(range(len(plates)))
    matched = []
    for detection in found:
        overlaps = {i: detection.box.overlap(_box(plates[i])) for i in free}
        best = max(overlaps, key=lambda i: overlaps[i], default=-1)
        hit = best >= 0 and overlaps[best] >= SAME
        matched.append(best if hit else -1)
        free -= {best} if hit else set()
    return tuple(matched)


def recall_curve(results: Iterable[DetectedPicture]) -> list[tuple[float, float, float]]:
    """(threshold, recall, false plates a picture) from the strictest threshold down."""
    pictures = list(results)
    total = sum(len(r.photograph.plates) for r in pictures)
    scored = sorted(
        ((p.detection.confidence, hit >= 0) for r in pictures
         for p, hit in zip(r.examined.plates, r.matched, strict=True)), reverse=True)  # fmt: skip
    curve, hits, misses = [], 0, 0
    for confidence, hit in scored:
        hits, misses = hits + hit, misses + (not hit)
        curve.append((confidence, hits / total, misses / len(pictures)))
    return curve


def reliability(results: Sequence[ReadPicture], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, count) of each confidence bin that holds any read."""
    parts: dict[int, list[ReadPicture]] = defaultdict(list)
    for result in results:
        parts[min(bins - 1, int(result.confidence * bins))].append(result)
    return [
        (
            statistics.fmean(r.confidence for r in part),
            statistics.fmean(r.right for r in part),
            len(part),
        )
        for _, part in sorted(parts.items())
    ]


def share_right(results: Iterable[ReadPicture]) -> dict[str, tuple[int, int]]:
    """(right, all) for each group and for "all"."""
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for result in results:
        for group in ("all", result.group):
            count[group] += 1
            right[group] += result.right
    return {group: (right[group], count[group]) for group in count}


def _read_crop(reader: Reader, crop: PlateCrop) -> ReadPicture:
    image = load(crop.path)
    height, width = image.shape[:2]
    whole = Quad(((0.0, 0.0), (width, 0.0), (width, height), (0.0, height)))
    read = reader.read(rectify(image, whole, reader.crop_size))
    group = f"{crop.set_name}, {crop.lines or '?'} line"
    return ReadPicture(crop.path, group, crop.text, read.text, read.confidence)


def _box(plate: LabelledPlate) -> Box:
    if plate.box is not None:
        return Box(*plate.box)
    assert plate.quad is not None, "a labelled plate has a box or corners"
    low, high = plate.quad.min(0), plate.quad.max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lies."""
    array: NDArray[np.float64] = np.asarray(values, np.float64)
    return float(np.quantile(array, share))
