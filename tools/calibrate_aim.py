"""From when on plates are read: the limits of `appliance/aim`, and how well corners tell a pose.

Real photographs (`scenes`) are shrunk, turned, smeared, and made darker and brighter round their
plate, and looked at as the lane looks at a frame.  Run it, with Matplotlib installed, as
`python -m tools.calibrate_aim --plates ../shared/plates --out out/aim`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance import sight
from appliance.config import Config
from appliance.domain import Frame, Quad, Sighting
from appliance.pose import pose
from appliance.recognize.recognizer import Recognizer
from appliance.recognize.rectify import quad_of
from appliance.vehicle import Vehicle, alone
from tools.train.labels import load, photographs

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]
SIZE = (1280, 720)
LARGE = 16.0
"""Pixels a character where size shall not matter."""
NOISE = 2.0
"""Deviation of a sensor's grey levels: what is dark cannot be made bright again."""


@dataclass(frozen=True, slots=True)
class Base:
    """A photograph with its text, and where its plate is."""

    image: Image
    text: str
    quad: Quad
    px: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a changed photograph: the plate's figures, and where it should be."""

    right: bool
    vehicle: Vehicle | None
    quad: Quad
    found: Quad | None


def bases(recognizer: Recognizer, root: Path) -> list[Base]:
    """The photographs in which the plate is found and read: the rest says nothing of aiming."""
    kept = []
    for photograph in photographs("scenes", "valid", root, corrected=True):
        image, text = load(photograph.path), photograph.plates[0].text or ""
        for plate in recognizer.examine(image).plates:
            if plate.read.text == text:
                sighting = Sighting(0, 0.0, plate.detection, plate.read, plate.sharpness)
                px = alone(sighting, (image.shape[1], image.shape[0])).px_per_char
                kept.append(_smaller(Base(image, text, plate.detection.quad, px)))
                break
    return kept


def _smaller(base: Base) -> Base:
    """No larger than is needed, for the time that it takes."""
    scale = min(1.0, 1.25 * LARGE / base.px)
    image = cv2.resize(base.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    quad = quad_of(np.array(base.quad.corners, np.float32) * scale)
    return Base(np.asarray(image, np.uint8), base.text, quad, base.px * scale)


def turned(base: Base, px: float, roll: float, yaw: float, pitch: float) -> tuple[Image, Quad]:
    """The plate in the middle of a frame, so many pixels a character, seen from elsewhere."""
    scale = px / base.px
    small = cv2.resize(base.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    corners = np.array(base.quad.corners) * scale
    a, b, c = np.radians((roll, yaw, pitch))
    round_axis = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    aside = np.array([[math.cos(b), 0.0], [math.sin(b) * math.sin(c), math.cos(c)]])
    matrix = round_axis @ aside
    moved = np.array(SIZE) / 2 - matrix @ corners.mean(0)
    whole = np.column_stack([matrix, moved])
    made = cv2.warpAffine(small, whole, SIZE, borderMode=cv2.BORDER_REFLECT_101)
    placed = quad_of((corners @ matrix.T + moved).astype(np.float32))
    return np.asarray(made, np.uint8), placed


def look(recognizer: Recognizer, image: Image, quad: Quad, text: str) -> Seen:
    """What the lane would see in one frame; the plate that is nearest to where it should be."""
    found = recognizer.sightings(Frame(image, 0.0, 0))
    near = [s for s in found if s.detection.box.overlap(quad.box) > 0.2]
    right = any(s.read.text == text for s in near)
    if not near:
        return Seen(right, None, quad, None)
    best = max(near, key=lambda s: s.detection.box.overlap(quad.box))
    return Seen(right, alone(best, SIZE), quad, best.detection.quad)


Change = Callable[[Base, float, np.random.Generator], tuple[Image, Quad]]


def smeared(base: Base, px: float, _: np.random.Generator) -> tuple[Image, Quad]:
    """To the side, by so many pixels, at twelve pixels a character."""
    image, quad = turned(base, 12, 0, 0, 0)
    return np.asarray(cv2.blur(image, (round(px), 1)), np.uint8), quad


def lit(base: Base, stops: float, noise: np.random.Generator) -> tuple[Image, Quad]:
    """By so many stops, cut off at 255, with a sensor's noise."""
    image, quad = turned(base, LARGE, 0, 0, 0)
    linear = (image / 255.0) ** 2.2 * 2.0**stops  # a camera's curve, roughly
    levels = 255 * np.clip(linear, 0, 1) ** (1 / 2.2) + noise.normal(0, NOISE, image.shape)
    return np.clip(levels, 0, 255).astype(np.uint8), quad


CHANGES: dict[str, tuple[Sequence[float], Change]] = {
    "pixels a character": (
        (3, 4, 5, 6, 7, 8, 10, 12, 16),
        lambda base, px, _: turned(base, px, 0, 0, 0),
    ),
    "inclined, degrees": (
        (-30, -20, -15, -10, -5, 0, 5, 10, 15, 20, 30),
        lambda base, angle, _: turned(base, LARGE, angle, 0, 0),
    ),
    "from aside, degrees, 15 above": (
        (-60, -50, -40, -30, -20, 0, 20, 30, 40, 50, 60),
        lambda base, angle, _: turned(base, LARGE, 0, angle, 15),
    ),
    "from above, degrees, 10 aside": (
        (0, 10, 20, 30, 40, 50, 60),
        lambda base, angle, _: turned(base, LARGE, 0, 10, angle),
    ),
    "smear, pixels": ((1, 2, 3, 4, 5, 6, 8, 10), smeared),
    "stops of light": ((-7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4), lit),
}


def measured(
    recognizer: Recognizer, kept: Sequence[Base], only: str
) -> Iterator[tuple[str, float, Seen]]:
    """Every photograph in every change, with the change's name and level."""
    noise = np.random.default_rng(1)
    chosen = {name: what for name, what in CHANGES.items() if only in name}
    for name, (levels, change) in chosen.items():
        for level in levels:
            for base in kept:
                wanted = level if name == "pixels a character" else LARGE
                if base.px >= wanted * 0.75:  # a photograph is not made larger than it is
                    image, quad = change(base, level, noise)
                    yield name, level, look(recognizer, image, quad, base.text)


def row(level: float, seen: Sequence[Seen]) -> dict[str, float]:
    """What came of one level: shares, and medians of the figures."""
    vehicles = [one.vehicle for one in seen if one.vehicle is not None]

    def middle(figure: Callable[[Vehicle], float | None]) -> float:
        known = [value for value in map(figure, vehicles) if value is not None]
        return float(np.median(known)) if known else math.nan

    return {
        "level": level,
        "count": len(seen),
        "found": len(vehicles) / len(seen),
        "right": sum(one.right for one in seen) / len(seen),
        "px_per_char": middle(lambda v: v.px_per_char),
        "sharpness": middle(lambda v: v.sharpness),
        "burnt": middle(lambda v: v.burnt),
        "contrast": middle(lambda v: v.contrast),
        "tilt": middle(lambda v: v.tilt_deg),
        "upright": _upright(seen),
        "yaw": middle(lambda v: v.yaw_deg),
        "pitch": middle(lambda v: v.pitch_deg),
        "views": float(sum(v.yaw_deg is not None for v in vehicles)),
        "tilt_error": _error(seen, "tilt_deg"),
        "ratio_error": _error(seen, "ratio"),
    }


def _error(seen: Sequence[Seen], figure: str) -> float:
    """Median distance of what the found corners say from what the true ones say.

    In degrees; of the ratio as a share of it.
    """
    errors = []
    for one in seen:
        true, found = pose(one.quad), pose(one.found) if one.found else None
        if true is not None and found is not None:
            error = abs(getattr(found, figure) - getattr(true, figure))
            errors.append(error / true.ratio if figure == "ratio" else error)
    return float(np.median(errors)) if errors else math.nan


def _upright(seen: Sequence[Seen]) -> float:
    """How far the upright edges of the found corners lean, median, degrees clockwise."""
    leans = []
    for one in seen:
        if one.found is not None:
            a, b, c, d = np.array(one.found.corners)
            down = d - a + c - b
            leans.append(math.degrees(math.atan2(-down[0], down[1])))
    return float(np.median(leans)) if leans else math.nan


def plot(path: Path, rows: dict[str, list[dict[str, float]]]) -> None:
    """Share found and share right over each change."""
    import matplotlib as mpl  # noqa: PLC0415  # only who draws needs it

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, panels = plt.subplots(2, 3, figsize=(12, 6))
    for panel, (name, levels) in zip(panels.flat, rows.items(), strict=False):
        for what in ("found", "right"):
            panel.plot([r["level"] for r in levels], [r[what] for r in levels], "o-", label=what)
        panel.set(xlabel=name, ylim=(0, 1.02))
        panel.grid(alpha=0.3)
        panel.legend(loc="lower center")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Print the tables; write them and a plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=Path, default=Path("../shared/plates"))
    parser.add_argument("--only", default="", help="changes whose names have this in them")
    parser.add_argument("--out", type=Path, default=Path("out/aim"))
    asked = parser.parse_args()
    recognizer = sight.build_recognizer(Config())
    kept = bases(recognizer, asked.plates)
    print(f"{len(kept)} photographs whose plate is read as it is")
    all_seen: dict[tuple[str, float], list[Seen]] = {}
    for name, level, seen in measured(recognizer, kept, asked.only):
        all_seen.setdefault((name, level), []).append(seen)
    rows: dict[str, list[dict[str, float]]] = {}
    for (name, level), several in all_seen.items():
        rows.setdefault(name, []).append(row(level, several))
    for name, levels in rows.items():
        print(f"\n{name}\n  " + "  ".join(f"{key:>11}" for key in levels[0]))
        for line in levels:
            print("  " + "  ".join(f"{value:>11.3g}" for value in line.values()))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "aim.json").write_text(json.dumps(rows, indent=1) + "\n")
    plot(asked.out / "aim.png", rows)


if __name__ == "__main__":
    main()
