"""What weather, light, lens and sensor do to a picture of a plate.

The rule to know: an effect takes and gives a (H, W, 3) float32 BGR canvas, 0 to 255, may overwrite
what it was given, and takes all chance from the generator. Nothing here moves a pixel, so boxes and
corners stay true.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Effect = Callable[[np.random.Generator, Canvas, float], Canvas]


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


def _exposure(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Brightness, contrast and white balance of an ordinary day."""
    gain = rng.uniform(1 - 0.5 * min(strength, 1.6), 1 + 0.25 * strength)
    canvas *= (gain * (1 + rng.normal(0, 0.05, 3) * strength)).astype(np.float32)
    return canvas


def _darkness(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Infra-red or night, never both: together they left nothing to read."""
    effect = _infrared if rng.random() < 0.65 else _night
    return effect(rng, canvas, strength)


def _infrared(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Grey: either a retro-reflective plate near saturation on black, or hardly any contrast."""
    mix = rng.dirichlet((2, 2, 2)).astype(np.float32)
    grey = canvas @ mix
    if rng.random() < 0.6:
        grey = 255 * (np.clip(grey, 0, 255) / 255) ** np.float32(rng.uniform(0.9, 2.2))
        grey *= np.float32(rng.uniform(0.8, 1.5))
    else:
        grey = grey * np.float32(rng.uniform(0.35, 0.7)) + np.float32(rng.uniform(20, 110))
    return np.repeat(grey[..., None], 3, axis=2)


def _night(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Dusk or night: little light of one tint over a dark offset."""
    canvas *= (rng.uniform(0.22, 0.6) * rng.uniform(0.75, 1.15, 3)).astype(np.float32)
    canvas += np.float32(rng.uniform(0, 25))
    return canvas


def _haze(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Fog, a dirty lens or a faded plate: less contrast."""
    share = np.float32(rng.uniform(0.1, 0.42) * min(strength, 1.5))
    veil = rng.uniform(60, 210) + rng.normal(0, 8, 3)
    canvas += (veil.astype(np.float32) - canvas) * share
    return canvas


def _ramp(rng: np.random.Generator, canvas: Canvas) -> Canvas:
    """A (H, W) ramp from -1 to 1 in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    across = np.linspace(-1, 1, canvas.shape[1], dtype=np.float32) * np.float32(np.cos(angle))
    down = np.linspace(-1, 1, canvas.shape[0], dtype=np.float32) * np.float32(np.sin(angle))
    return np.asarray(down[:, None] + across[None, :], np.float32)


def _gradient(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Light that falls off towards one side."""
    canvas *= (1 + _ramp(rng, canvas) * np.float32(rng.uniform(0.1, 0.4)))[..., None]
    return canvas


def _shadow(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """The edge of a shadow across the picture."""
    edge = (_ramp(rng, canvas) + np.float32(rng.uniform(-0.6, 0.6))) * np.float32(
        rng.uniform(4, 40)
    )
    canvas *= (1 - np.clip(edge, 0, 1) * np.float32(rng.uniform(0.25, 0.65)))[..., None]
    return canvas


def _glare(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A bright spot of sun or headlight."""
    height, width = canvas.shape[:2]
    x, y, reach = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.2, 0.9) * height
    across = np.exp(-(((np.arange(width, dtype=np.float32) - x) / reach) ** 2))
    down = np.exp(-(((np.arange(height, dtype=np.float32) - y) / reach) ** 2))
    canvas += np.outer(down, across).astype(np.float32)[..., None] * np.float32(
        rng.uniform(40, 150) * min(strength, 1.5)
    )
    return canvas


def _dirt(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Blobs of mud or snow of a soft outline."""
    height, width = canvas.shape[:2]
    coarse = rng.random((int(rng.integers(3, 9)), int(rng.integers(5, 20))), dtype=np.float32)
    cover = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cover - np.float32(rng.uniform(0.6, 0.85))) * 5, 0, 1)
    share = cover[..., None] * np.float32(rng.uniform(0.2, 0.7) * min(strength, 1.3))
    mud = rng.uniform((30, 45, 60), (90, 110, 130)) if rng.random() < 0.8 else np.full(3, 225.0)
    canvas += (mud.astype(np.float32) - canvas) * share
    return canvas


def _rain(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Short bright streaks, all in nearly one direction."""
    height, width = canvas.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    slant, length = rng.normal(0, 0.25), height * rng.uniform(0.08, 0.3)
    for x, y, reach in rng.random((int(rng.integers(8, 40)), 3)):
        start = (int(x * width), int(y * height))
        end = (int(start[0] + slant * length * reach), int(start[1] + length * (0.4 + reach)))
        cv2.line(streaks, start, end, int(60 + 140 * reach), 1, cv2.LINE_AA)
    streaks = cv2.blur(streaks, (2, 3)).astype(np.uint8)
    canvas += streaks[..., None].astype(np.float32) * np.float32(rng.uniform(0.3, 0.8))
    return canvas


def _defocus(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A lens out of focus; sigma in pixels."""
    sigma = rng.uniform(0.4, 1.5) * strength
    return cv2.GaussianBlur(canvas, (0, 0), sigma).astype(np.float32)


def _motion(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A straight smear, mostly along the road: near the horizontal."""
    length = max(3, int(rng.uniform(3, 9) * strength))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), rng.normal(0, 25), 1)
    kernel = cv2.warpAffine(kernel, turn, (length, length)).astype(np.float32)
    return cv2.filter2D(canvas, -1, kernel / kernel.sum()).astype(np.float32)


def _low_resolution(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Fewer pixels, then scaled up again."""
    share = max(0.12, 1 - rng.uniform(0.25, 0.68) * min(strength, 1.25))
    height, width = canvas.shape[:2]
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


def _jpeg(rng: np.random.Generator, picture: Picture, strength: float) -> Picture:
    """The traces of JPEG at a quality of 92 down to 20."""
    quality = int(92 - rng.uniform(0, 62) * min(strength, 1.15))
    _, packed = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


# In the order in which light meets them: plate, weather, lens, sensor, camera.
EFFECTS: tuple[tuple[float, Effect], ...] = (
    (0.2, _dirt),
    (0.9, _exposure),
    (0.35, _gradient),
    (0.15, _shadow),
    (0.33, _darkness),
    (0.2, _haze),
    (0.12, _glare),
    (0.07, _rain),
    (0.45, _defocus),
    (0.22, _motion),
    (0.4, _low_resolution),
    (0.2, _sharpen),
    (0.65, _noise),
)
