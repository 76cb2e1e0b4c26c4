"""Training samples of the reader: real crops and rendered plates, set crookedly and degraded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train.labels import PlateCrop, load
from tools.train.recipe import ReadMix
from tools.train.render import degrade, render_plate
from tools.train.splice import Splicer
from tools.train.warp import Points, rectangle

WIDTH, HEIGHT = 160, 48


@dataclass(frozen=True, slots=True)
class ReadSample:
    """(HEIGHT, WIDTH) grey uint8 with the text that it shows."""

    image: NDArray[np.uint8]
    text: str


@dataclass(frozen=True, slots=True)
class ReadSamples:
    """Draws samples: rendered plates, real crops, and two real crops in one.

    Attributes:
        crops: the real ones.
        mix: shares of each kind.
        splicer: puts crops together; None where `mix.spliced` is 0.
    """

    crops: list[PlateCrop]
    mix: ReadMix
    splicer: Splicer | None = None

    def draw(self, rng: np.random.Generator, hardness: float = 1.0) -> ReadSample:
        """A plate as the reader might get it; hardness is 0 to 1."""
        if rng.random() < self.mix.rendered:
            plate = render_plate(rng)
            surrounded = _in_surroundings(rng, plate.image)
            return ReadSample(_rendered_crop(rng, surrounded, hardness), plate.text)
        picture, text = self._real(rng)
        view = _cut_out(rng, picture, has_margin=False)
        if rng.random() < hardness * self.mix.degraded:
            view = degrade(rng, view, rng.uniform(0.3, 1.0))
        return ReadSample(_grey(rng, view), text)

    def _real(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], str]:
        if self.splicer is not None and rng.random() < self.mix.spliced:
            return self.splicer.draw(rng)
        crop = self.crops[rng.integers(len(self.crops))]
        return cached_load(crop.path), crop.text


@lru_cache(maxsize=10_000)
def cached_load(path: Path) -> NDArray[np.uint8]:
    """The crop's pixels, kept: the train split is 0.3 GB decoded."""
    return load(path)


def _in_surroundings(rng: np.random.Generator, plate: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The plate on a piece of bumper: a smooth random gradient, a fifth of its height wide."""
    margin = max(4, plate.shape[0] // 5)
    coarse = rng.integers(10, 200, (3, 6, 3)).astype(np.uint8)
    size = (plate.shape[1] + 2 * margin, plate.shape[0] + 2 * margin)
    around = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    around[margin:-margin, margin:-margin] = plate
    return np.asarray(around, np.uint8)


def _rendered_crop(
    rng: np.random.Generator, picture: NDArray[np.uint8], hardness: float
) -> NDArray[np.uint8]:
    view = _cut_out(rng, picture, has_margin=True)
    if rng.random() < 0.85 * hardness:
        view = degrade(rng, view, rng.uniform(0.3, 1.1))
    return _grey(rng, view)


def _cut_out(
    rng: np.random.Generator, picture: NDArray[np.uint8], has_margin: bool
) -> NDArray[np.uint8]:
    """A crooked cut-out of the plate at the reader's size, (HEIGHT, WIDTH, 3) BGR."""
    quad = _corners(rng, picture.shape[:2], has_margin)
    shrink = picture.shape[1] / WIDTH
    if shrink > 1.5:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.35 * shrink), np.uint8)
    matrix = cv2.getPerspectiveTransform(quad, rectangle(0, 0, WIDTH, HEIGHT))
    view = cv2.warpPerspective(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, np.uint8)


def _corners(rng: np.random.Generator, shape: tuple[int, int], has_margin: bool) -> Points:
    """The plate's corners with the detector's error: shift, scale, tilt, each corner's own."""
    height, width = shape
    inset = (
        max(4, round(height / 7)) if has_margin else 0
    )  # _in_surroundings leaves 1/7 of the whole
    quad = rectangle(inset, inset, width - inset, height - inset)
    tall, wide = height - 2 * inset, width - 2 * inset
    grow = np.array([rng.uniform(-0.02, 0.08) * wide, rng.uniform(-0.04, 0.16) * tall])
    away = np.sign(quad - quad.mean(0))
    shift = rng.normal(0, 1, 2) * [0.015 * wide, 0.04 * tall]
    tilt = rng.normal(0, 0.03) * wide * np.array([[0, -1], [0, 1], [0, 1], [0, -1]]) * 0.5
    own = rng.normal(0, 1, (4, 2)) * [0.012 * wide, 0.03 * tall]
    return np.asarray(quad + away * grow + shift + tilt + own, np.float32)


def _grey(rng: np.random.Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Grey by a random mix of the channels, with a random curve, sometimes inverted."""
    mix = np.array([0.114, 0.587, 0.299]) if rng.random() < 0.5 else rng.dirichlet([2, 2, 2])
    grey = image.astype(np.float32) @ mix.astype(np.float32)
    low, high = rng.uniform(-20, 40), rng.uniform(170, 290)
    grey = (grey / 255) ** np.exp(rng.normal(0, 0.25)) * (high - low) + low
    if rng.random() < 0.06:
        grey = 255 - grey
    noisy = grey + rng.normal(0, rng.uniform(0, 6), grey.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
