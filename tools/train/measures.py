"""The figures that judged pictures come to.  Pure: nothing is read or run here."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

import numpy as np

from appliance.domain import Read
from tools.train.scoring import FALSE, UNSURE, DetectedPicture, Judged, Looks, ReadPicture

BINS = 15
FALSE_GOAL = 0.03
"""False plates a picture at which recall is told beside recall at the unit's threshold."""
CLIP_TRUTH = ("34A36837", "34A23126", "89C20339")
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value, and what it was measured on, in words."""

    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a group are right."""

    name: str
    right: int
    count: int

    @property
    def value(self) -> float:
        """0 to 1; 0 of nothing."""
        return self.right / max(1, self.count)

    @property
    def figure(self) -> Figure:
        """With the counts as its note."""
        return Figure(self.value, f"{self.right} of {self.count}")


@dataclass(frozen=True, slots=True)
class CornerError:
    """How far a detection's corners are from a labelled plate's, as a share of its width."""

    picture: DetectedPicture
    plate: int
    detection: int
    value: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Reads of about the same confidence: its mean, the share that is right, and how many."""

    confidence: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold gives: recall, and false plates a picture."""

    threshold: float
    recall: float
    false: float


def figures(judged: Judged) -> dict[str, Figure]:
    """All figures of one set of labels, by the names that `table` gives words to."""
    return {
        **_detect_figures(judged.detected),
        **_corner_figures(judged.detected),
        **_read_figures(judged.read),
        "scenes_exact": share(judged.scenes).figure,
        **_clip_figures(judged.passages),
    }


def share(pictures: Sequence[ReadPicture], name: str = "all") -> Share:
    """How many are exactly right."""
    return Share(name, sum(p.right for p in pictures), len(pictures))


def shares(items: Iterable[Item], name: Callable[[Item], str], right: Callable[[Item], bool]
           ) -> list[Share]:  # fmt: skip
    """The share of each group, in the order of the groups' names."""
    groups: dict[str, list[bool]] = {}
    for item in items:
        groups.setdefault(name(item), []).append(right(item))
    return [Share(group, sum(rights), len(rights)) for group, rights in sorted(groups.items())]


def plates_found(detected: Sequence[DetectedPicture]) -> Share:
    """How many labelled plates are found."""
    count = sum(len(d.photograph.plates) for d in detected)
    return Share("all", count - sum(len(d.missed) for d in detected), count)


def recall_curve(detected: Sequence[DetectedPicture]) -> list[Point]:
    """From the strictest threshold down; detections that count neither way are left out."""
    plates = max(1, plates_found(detected).count)
    scored = sorted(
        ((p.detection.confidence, hit != FALSE) for d in detected
         for p, hit in zip(d.examined.plates, d.matched, strict=True) if hit != UNSURE),
        reverse=True)  # fmt: skip
    curve, hits, misses = [], 0, 0
    for confidence, hit in scored:
        hits, misses = hits + hit, misses + (not hit)
        curve.append(Point(confidence, hits / plates, misses / len(detected)))
    return curve


def corner_errors(detected: Sequence[DetectedPicture]) -> list[CornerError]:
    """Of every plate with labelled corners that was found, the largest error first."""
    errors = [
        CornerError(picture, number, picture.matched.index(number), _distance(picture, number))
        for picture in detected
        for number, plate in enumerate(picture.photograph.plates)
        if plate.quad is not None and number in picture.matched
    ]
    return sorted(errors, key=lambda error: -error.value)


def bins(outcomes: Sequence[tuple[float, bool]], count: int = BINS) -> list[Bin]:
    """(confidence, right) pairs in bins of equal width, the empty ones left out."""
    parts: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in outcomes:
        parts.setdefault(min(count - 1, int(confidence * count)), []).append((confidence, right))
    return [
        Bin(statistics.fmean(c for c, _ in part), statistics.fmean(r for _, r in part), len(part))
        for _, part in sorted(parts.items())
    ]


def calibration_error(parts: Sequence[Bin]) -> float:
    """Expected calibration error (Guo 2017): of a read's bin, how far right is from confidence."""
    total = max(1, sum(part.count for part in parts))
    return sum(part.count * abs(part.right - part.confidence) for part in parts) / total


def whole_outcomes(pictures: Sequence[ReadPicture]) -> list[tuple[float, bool]]:
    """(confidence, right) of each whole read."""
    return [(p.read.confidence, p.right) for p in pictures]


def character_outcomes(pictures: Sequence[ReadPicture]) -> list[tuple[float, bool]]:
    """(confidence, right) of each character read; right is what aligns with the true text."""
    return [outcome for p in pictures for outcome in _spoken(p.read, p.truth)]


def nobody_labelled(raw: Judged, corrected: Judged) -> dict[str, int]:
    """Of the detections that are false by the labels as they came: what they really are."""
    really = [
        true
        for came, mended in zip(raw.detected, corrected.detected, strict=True)
        for first, true in zip(came.matched, mended.matched, strict=True)
        if first == FALSE
    ]
    return {
        "false": really.count(FALSE),
        "unsure": really.count(UNSURE),
        "plate": sum(true >= 0 for true in really),
    }


def clip_score(passages: Sequence[str], truth: Sequence[str] = CLIP_TRUTH) -> tuple[int, int]:
    """How many passages are right and in order, and how many others there are."""
    at = right = 0
    for text in passages:
        if text in truth[at:]:
            at = truth.index(text, at) + 1
            right += 1
    return right, len(passages) - right


def detect_scores(looks: Looks, raw: Judged, mended: Judged) -> dict[str, float]:
    """What the detector's manifest keeps; the labels as they came where not said otherwise."""
    came, better = figures(raw), figures(mended)
    return {
        "valid_pictures": len(raw.detected),
        "valid_plates": plates_found(raw.detected).count,
        "recall_iou50": round(came["detect_recall"].value, 4),
        "false_per_picture": round(came["detect_false"].value, 4),
        "recall_iou50_mended_labels": round(better["detect_recall"].value, 4),
        "false_per_picture_mended_labels": round(better["detect_false"].value, 4),
        "corner_error": round(came["corners"].value, 4),
        "median_ms_1_thread": round(median_ms(looks), 2),
    }


def read_scores(raw: Judged, mended: Judged) -> dict[str, float]:
    """What the reader's manifest keeps; the labels as they came where not said otherwise."""
    came, better = figures(raw), figures(mended)
    return {
        "valid_crops": len(raw.read),
        "valid_exact": round(came["read_exact"].value, 4),
        "valid_exact_mended_labels": round(better["read_exact"].value, 4),
        "worst_region_exact": round(came["read_worst_region"].value, 4),
        "calibration_error": round(came["read_ece"].value, 4),
        "scenes": len(raw.scenes),
        "scenes_exact": round(came["scenes_exact"].value, 4),
    }


def median_ms(looks: Looks) -> float:
    """Of the first look of the detector at a photograph of `detect`."""
    return statistics.median(examined.detect_ms for examined in looks.detect.values())


def _detect_figures(detected: Sequence[DetectedPicture]) -> dict[str, Figure]:
    false = sum(len(d.false) for d in detected)
    fit = [point for point in recall_curve(detected) if point.false <= FALSE_GOAL]
    best = max(fit, key=lambda point: point.recall, default=Point(1.0, 0.0, 0.0))
    return {
        "detect_recall": plates_found(detected).figure,
        "detect_false": Figure(false / max(1, len(detected)), f"{false} in {len(detected)}"),
        "detect_recall_at_goal": Figure(best.recall, f"threshold {best.threshold:.2f}"),
    }


def _corner_figures(detected: Sequence[DetectedPicture]) -> dict[str, Figure]:
    errors = [error.value for error in corner_errors(detected)]
    labelled = sum(p.quad is not None for d in detected for p in d.photograph.plates)
    note = f"{len(errors)} plates, {labelled - len(errors)} not found"
    return {
        "corners": Figure(statistics.fmean(errors) if errors else 1.0, note),
        "corners_worst_tenth": Figure(float(np.quantile(errors, 0.9)) if errors else 1.0, note),
    }


def _read_figures(read: Sequence[ReadPicture]) -> dict[str, Figure]:
    regions = shares(read, lambda p: p.region, lambda p: p.right)
    worst = min(regions, key=lambda region: region.value, default=Share("none", 0, 0))
    whole, characters = bins(whole_outcomes(read)), bins(character_outcomes(read))
    return {
        "read_exact": share(read).figure,
        "read_worst_region": Figure(worst.value, f"{worst.name}, {worst.right} of {worst.count}"),
        "read_ece": Figure(calibration_error(whole), f"{BINS} bins, {len(read)} reads"),
        "character_ece": Figure(
            calibration_error(characters), f"{sum(part.count for part in characters)} characters"
        ),
    }


def _clip_figures(passages: Sequence[str]) -> dict[str, Figure]:
    right, others = clip_score(passages)
    note = ", ".join(passages)
    return {"clip_right": Figure(right, note), "clip_false": Figure(others, note)}


def _distance(picture: DetectedPicture, number: int) -> float:
    """Mean distance of the four corners over the mean of the plate's upper and lower edge."""
    true = picture.photograph.plates[number].quad
    assert true is not None, "only plates with labelled corners are asked for"
    found = picture.examined.plates[picture.matched.index(number)].detection.quad.corners
    width = (np.linalg.norm(true[1] - true[0]) + np.linalg.norm(true[2] - true[3])) / 2
    return float(np.linalg.norm(np.array(found) - true, axis=1).mean() / width)


def _spoken(read: Read, truth: str) -> list[tuple[float, bool]]:
    blocks = SequenceMatcher(None, read.text, truth, autojunk=False).get_matching_blocks()
    right = {i for block in blocks for i in range(block.a, block.a + block.size)}
    return [(confidence, i in right) for i, confidence in enumerate(read.characters)]
