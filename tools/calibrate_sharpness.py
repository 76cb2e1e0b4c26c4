"""Which sharpness tells legible crops from smeared ones: the figures in `recognize/sharpness`.

Run it as `python -m tools.calibrate_sharpness --plates ../shared/plates`.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance import sight
from appliance.config import Config
from appliance.domain import Quad
from appliance.recognize.rectify import rectify
from appliance.recognize.sharpness import LEAST, sharpness
from tools.train.labels import crops

Image = NDArray[np.uint8]
Measure = Callable[[Image], float]
EVEN, SIDEWAYS = (0.02, 0.04, 0.06, 0.09, 0.13), (0.1, 0.2, 0.35)
"""Shares of a plate's height: deviation of a Gauss, and width of what a moving car smears."""


def laplacian(crop: Image) -> float:
    """What is usually taken: the deviation of the Laplacian, here by that of the grey levels."""
    found, contrast = cv2.meanStdDev(cv2.Laplacian(crop, cv2.CV_32F))[1], cv2.meanStdDev(crop)[1]
    return float(found[0, 0] / max(1.0, contrast[0, 0]))


def smeared(image: Image, noise: np.random.Generator) -> Iterator[tuple[str, Image]]:
    """A crop as it is and in worse copies, each with its name."""
    height, width = image.shape[:2]
    yield "as it is", image
    for share in EVEN:
        sigma = max(0.3, share * height)
        yield f"even {share}", np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    for share in SIDEWAYS:
        span = (max(2, round(share * height)), 1)
        yield f"sideways {share}", np.asarray(cv2.blur(image, span), np.uint8)
    third = (max(16, width // 3), max(8, height // 3))
    yield "a third", np.asarray(cv2.resize(image, third, interpolation=cv2.INTER_AREA), np.uint8)
    for name, picture, level in (
        ("noisy", image, 12),
        ("even 0.09, noisy", cv2.GaussianBlur(image, (0, 0), max(0.3, 0.09 * height)), 8),
    ):
        added = picture + noise.normal(0, level, picture.shape)
        yield name, np.clip(added, 0, 255).astype(np.uint8)


def area(levels: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """How often a crop that is read right has the higher level of two (area under the curve)."""
    ranks = np.empty(len(levels))
    ranks[np.argsort(levels)] = np.arange(1, len(levels) + 1)
    wins = ranks[right].sum() - right.sum() * (right.sum() + 1) / 2
    return float(wins / (right.sum() * (~right).sum()))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plates", type=Path, default=Path("../shared/plates"))
    parser.add_argument("--count", type=int, default=1200, help="crops of `read` train")
    asked = parser.parse_args()
    chosen = list(crops("train", asked.plates, corrected=False))
    random.Random(3).shuffle(chosen)  # noqa: S311  # a sample, no secret
    reader, noise = sight.build_reader(Config()), np.random.default_rng(1)
    names, right, levels = list[str](), list[bool](), list[tuple[float, float]]()
    spent = 0.0
    for each in chosen[: asked.count]:
        for name, image in smeared(np.asarray(cv2.imread(str(each.path)), np.uint8), noise):
            height, width = image.shape[:2]
            whole = Quad(((0, 0), (width, 0), (width, height), (0, height)))
            crop = rectify(image, whole, reader.crop_size)
            begun = time.process_time()
            sharp = sharpness(crop)
            spent += time.process_time() - begun
            names.append(name)
            right.append(reader.read(crop).text == each.text)
            levels.append((sharp, laplacian(crop)))
    tell(np.array(names), np.array(right), np.array(levels))
    print(f"sharpness: {1e3 * spent / len(names):.3f} ms a crop")


def tell(names: NDArray[np.str_], right: NDArray[np.bool_], levels: NDArray[np.float64]) -> None:
    """Right reads by copy and by level."""
    sharp, usual = levels.T
    for name in dict.fromkeys(names.tolist()):
        low, middle, high = np.percentile(sharp[names == name], (5, 50, 95))
        share = right[names == name].mean()
        print(f"{name:18} right {share:.3f}  sharpness {low:.2f} {middle:.2f} {high:.2f}")
    print(f"all: right {right.mean():.3f}")
    for low in (LEAST, 0.1, 0.2, 0.4, 0.6, 0.8):
        among = sharp >= low
        print(f"from {low:.2f}: right {right[among].mean():.3f}; below {right[~among].mean():.4f}")
    lost, whole = (sharp < LEAST)[names == "as it is"].sum(), (names == "as it is").sum()
    print(f"below {LEAST}: {(sharp < LEAST).mean():.3f} of all, {lost} of {whole} as they are")
    print(f"area under the curve: {area(sharp, right):.3f}, Laplacian {area(usual, right):.3f}")


if __name__ == "__main__":
    main()
