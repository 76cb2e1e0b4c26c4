"""Writes rendered plates or lane scenes with their labels, in the form of the real pictures.

The rule to know: picture number i depends on the seed and i alone, so a longer run begins with the
pictures of a shorter one.

    tools/train/synthesize plates --count 500 --out DIR --seed 1
    tools/train/synthesize scenes --count 100 --out DIR --seed 1 --sheet FILE.png
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tools.train.degrade import degrade
from tools.train.lanes import render_scene
from tools.train.render import render_plate
from tools.train.warp import rectangle

Picture = NDArray[np.uint8]
Row = dict[str, object]
Maker = Callable[[np.random.Generator], tuple[Picture, Row]]

SOURCE = {"source": "tools/train/synthesize", "licence": "Apache-2.0", "split": "train"}
# The real crops' limits, width and height.
LARGEST = (320, 96)
CELL = (240, 135)
QUALITY = 92


def plate_crop(rng: np.random.Generator) -> tuple[Picture, Row]:
    """A crooked, degraded crop with its label of the `read` form, and its corners as `quad`."""
    plate = render_plate(rng)
    height, width = plate.image.shape[:2]
    scale = min(LARGEST[0] / width, LARGEST[1] / height) / 1.25 * rng.uniform(0.35, 1)
    size = (round(width * scale), round(height * scale))
    small = np.asarray(cv2.resize(plate.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    margin = np.array(size) * rng.uniform(0.02, 0.12, 2)
    room = tuple(int(v) for v in np.ceil(np.array(size) + 2 * margin))
    corners = rectangle(0, 0, *size) + margin + rng.normal(0, 0.03 * size[1], (4, 2))
    quad = np.clip(corners, 0, np.array(room) - 1).astype(np.float32)
    around = cv2.resize(rng.integers(10, 200, (3, 6, 3)).astype(np.uint8), room)
    matrix = cv2.getPerspectiveTransform(rectangle(0, 0, *size), quad)
    cv2.warpPerspective(small, matrix, room, dst=around, borderMode=cv2.BORDER_TRANSPARENT)
    row = {"region": plate.region, "text": plate.text, "raw": plate.text, "lines": plate.lines,
        "state": None, "label": "rendered", "quad": _rounded(quad)}  # fmt: skip
    # The effects are made for 48 rows; on fewer the same pixels of blur would leave nothing.
    return degrade(rng, np.asarray(around, np.uint8), min(1.0, room[1] / 48)), row


def lane_scene(rng: np.random.Generator) -> tuple[Picture, Row]:
    """A scene of a lane with its label of the `detect` form."""
    drawn = render_scene(rng)
    plates = []
    for plate, quad in drawn.plates:
        (x1, y1), (x2, y2) = quad.min(0), quad.max(0)
        box = [round(float(v), 1) for v in (x1, y1, x2 - x1, y2 - y1)]
        plates.append({"box": box, "quad": _rounded(quad), "text": plate.text})
    region = drawn.plates[0][0].region if drawn.plates else "none"
    height, width = drawn.image.shape[:2]
    row = {"width": width, "height": height, "region": region, "plates": plates}
    return drawn.image, {**row, "sky": drawn.sky}


def _rounded(quad: NDArray[np.floating]) -> list[list[float]]:
    return [[round(float(x), 1), round(float(y), 1)] for x, y in quad]


MAKERS: dict[str, Maker] = {"plates": plate_crop, "scenes": lane_scene}


def write(kind: str, count: int, seed: int, out: Path) -> list[tuple[Picture, Row]]:
    """Writes `count` pictures and labels.jsonl under `out`; gives the first 48 with their labels.

    Raises:
        FileExistsError: `out` has labels already.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    shown: list[tuple[Picture, Row]] = []
    with (out / "labels.jsonl").open("x") as labels:
        for number in tqdm(range(count), unit=kind[:-1], disable=None):
            picture, row = MAKERS[kind](np.random.default_rng((seed, number)))
            name = f"images/{kind}_{seed}_{number:06d}.jpg"
            _save(out / name, picture)
            about = {"image": name, **SOURCE, **row, "path": name, "group": f"{kind}{seed}"}
            labels.write(json.dumps(about) + "\n")
            if len(shown) < 48:
                shown.append((picture, row))
    return shown


def _save(path: Path, picture: Picture) -> None:
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if path.suffix == ".jpg" else []
    if not cv2.imwrite(str(path), picture, options):
        raise OSError(f"cannot write {path}")


def sheet(shown: list[tuple[Picture, Row]], columns: int = 6) -> Picture:
    """The pictures side by side, (H, W, 3) BGR, with their corners and texts drawn in."""
    cells = np.full((-(-len(shown) // columns) * columns, CELL[1] + 18, CELL[0], 3), 255, np.uint8)
    for cell, (picture, row) in zip(cells, shown, strict=False):
        scale = min(CELL[0] / picture.shape[1], CELL[1] / picture.shape[0])
        size = (int(picture.shape[1] * scale), int(picture.shape[0] * scale))
        cell[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        plates = row.get("plates", [row])
        assert isinstance(plates, list)
        for plate in plates:
            corners = np.round(np.array(plate["quad"]) * scale).astype(np.int32)
            cv2.polylines(cell, [corners], True, (0, 0, 255), 1)
        said = " ".join(str(plate["text"]) for plate in plates)
        spot = (2, CELL[1] + 13)
        cv2.putText(cell, said, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1)
    high, wide = cells.shape[1:3]
    rows = cells.reshape(-1, columns, high, wide, 3).transpose(0, 2, 1, 3, 4)
    return np.asarray(rows.reshape(-1, columns * wide, 3), np.uint8)


def main() -> None:
    """Writes rendered plates or lane scenes with labels.jsonl."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("kind", choices=sorted(MAKERS))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sheet", type=Path, help="PNG file for a contact sheet of the first 48")
    options = parser.parse_args()
    if options.count < 1:
        parser.error(f"--count {options.count}: expected 1 or more")
    try:
        shown = write(options.kind, options.count, options.seed, options.out)
    except FileExistsError as fault:
        parser.error(str(fault))
    if options.sheet and shown:
        _save(options.sheet, sheet(shown))


if __name__ == "__main__":
    main()
