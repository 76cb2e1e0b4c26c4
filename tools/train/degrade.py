"""What weather, light, lens and sensor do to a picture of a plate; the first two are in `light`.

The rule to know: an effect takes and gives a (H, W, 3) float32 BGR canvas, 0 to 255, may overwrite
what it was given, and takes all chance from the generator. Nothing here moves a pixel, so boxes and
corners stay true.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import light

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Effect = Callable[[np.random.Generator, Canvas, float], Canvas]

# Pixels of height below which no plate is asked for.
SMALLEST = 10


def degrade(rng: np.random.Generator, image: Picture, strength: float = 1.0) -> Picture:
    """A photometrically degraded copy of a BGR image, same shape.

    `strength` scales how often and how much: 0 gives the image back, 1 is like the real crops, 2 is
    hard to read.
    """
    canvas = image.astype(np.float32)
    for chance, effect in EFFECTS:
        if rng.random() < chance * min(strength, 1.5):
            canvas = effect(rng, canvas, strength)
    picture = np.clip(canvas, 0, 255).astype(np.uint8)
    return _jpeg(rng, picture, strength) if rng.random() < 0.6 * strength else picture


def _defocus(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A lens out of focus; sigma in pixels."""
    sigma = rng.uniform(0.4, 1.5) * strength
    return cv2.GaussianBlur(canvas, (0, 0), sigma).astype(np.float32)


def _motion(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A straight smear: mostly along the road, near the horizontal, sometimes across it."""
    longest = min(9.0 * strength, canvas.shape[0] * 0.3)
    length = max(3, int(rng.uniform(3, max(3.1, longest))))
    angle = rng.normal(0, 18)
    if rng.random() < 0.3:  # a letter's height bears less than its plate's width
        angle, length = angle + 90, max(3, round(length * 0.7))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), angle, 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length)).astype(np.float32)
    return cv2.filter2D(canvas, -1, kernel / kernel.sum()).astype(np.float32)


def _low_resolution(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Fewer pixels, then scaled up again; now and then as few as a plate of 10 px has."""
    height, width = canvas.shape[:2]
    share = 1 - rng.uniform(0.25, 0.68) * min(strength, 1.25)
    if rng.random() < 0.08 * strength:
        share = SMALLEST / height * rng.uniform(1.0, 1.5)
    share = float(np.clip(share, min(1.0, SMALLEST / height), 1))
    size = (max(2, round(width * share)), max(2, round(height * share)))
    small = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA)
    how = cv2.INTER_CUBIC if rng.random() < 0.5 else cv2.INTER_LINEAR
    return cv2.resize(small, (width, height), interpolation=how).astype(np.float32)


def _noise(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Sensor noise, grey or coloured, sometimes in grains larger than a pixel."""
    height, width = canvas.shape[:2]
    grain = 1 + int(rng.random() < 0.3)
    shape = (-(-height // grain), -(-width // grain), 1 if rng.random() < 0.4 else 3)
    noise = rng.standard_normal(shape, dtype=np.float32) * np.float32(
        (1 + 11 * rng.random() ** 2) * strength
    )
    if grain > 1:
        noise = noise.repeat(grain, 0).repeat(grain, 1)[:height, :width]
    canvas += noise
    return canvas


def _sharpen(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """The halo that a camera's sharpening leaves."""
    soft = cv2.GaussianBlur(canvas, (0, 0), 1.2).astype(np.float32)
    return np.asarray(canvas + (canvas - soft) * rng.uniform(0.4, 1.6), np.float32)


def _video(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """The traces of H.264, cheaply imitated; no codec runs.

    Colour at half the resolution, each block's cosine coefficients rounded to coarse steps (4x4 or
    8x8, without H.264's prediction, deblocking or motion search), and a faint shifted copy as a
    skipped block leaves it.
    """
    height, width = canvas.shape[:2]
    if rng.random() < 0.4:
        ghost = np.roll(canvas, (int(rng.integers(-2, 3)), int(rng.integers(-6, 7))), (0, 1))
        canvas += (ghost - canvas) * np.float32(rng.uniform(0.05, 0.2))
    clipped = np.clip(canvas, 0, 255).astype(np.uint8)
    planes = cv2.cvtColor(clipped, cv2.COLOR_BGR2YCrCb).astype(np.float32)
    half = (max(1, width // 2), max(1, height // 2))
    colour = cv2.resize(planes[..., 1:], half, interpolation=cv2.INTER_AREA)
    planes[..., 1:] = cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR)
    step = rng.uniform(8, 34) * min(strength, 1.4)
    planes[..., 0] = _coarse(planes[..., 0], int(rng.choice((4, 8))), step)
    whole = np.clip(planes, 0, 255).astype(np.uint8)
    return cv2.cvtColor(whole, cv2.COLOR_YCrCb2BGR).astype(np.float32)


def _coarse(plane: Canvas, size: int, step: float) -> Canvas:
    """A (H, W) plane whose blocks' cosine coefficients are multiples of `step`, or coarser."""
    height, width = plane.shape
    high, wide = -(-height // size), -(-width // size)
    padded = np.pad(plane, ((0, high * size - height), (0, wide * size - width)), mode="edge")
    basis = cv2.dct(np.eye(size, dtype=np.float32), flags=cv2.DCT_ROWS)
    blocks = padded.reshape(high, size, wide, size).transpose(0, 2, 1, 3)
    frequency = np.arange(size, dtype=np.float32)
    steps = np.float32(step) * (1 + (frequency[:, None] + frequency) / size)
    blocks = np.round(basis.T @ blocks @ basis / steps) * steps
    blocks = (basis @ blocks @ basis.T).transpose(0, 2, 1, 3)
    return np.asarray(blocks.reshape(padded.shape)[:height, :width], np.float32)


def _jpeg(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    """The traces of JPEG at a quality of 92 down to 20."""
    quality = int(92 - rng.uniform(0, 62) * min(strength, 1.15))
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


# In the order in which light meets them: plate, weather, lens, sensor, camera.
EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.2, light.dirt),
    (0.05, light.snow),
    (0.9, light.exposure),
    (0.35, light.gradient),
    (0.17, light.shadow),
    (0.33, light.darkness),
    (0.2, light.haze),
    (0.1, light.glare),
    (0.07, light.rain),
    (0.45, _defocus),
    (0.24, _motion),
    (0.4, _low_resolution),
    (0.2, _sharpen),
    (0.65, _noise),
    (0.15, _video),
)
