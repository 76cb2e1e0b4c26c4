"""What weather and light do to a picture of a plate: the first half of `degrade`.

The rule to know: an effect takes and gives a (H, W, 3) float32 BGR canvas, 0 to 255, may overwrite
what it was given, and takes all chance from the generator.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Canvas = NDArray[np.float32]


def exposure(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Brightness, contrast and white balance of an ordinary day."""
    gain = rng.uniform(1 - 0.5 * min(strength, 1.6), 1 + 0.25 * strength)
    canvas *= (gain * (1 + rng.normal(0, 0.05, 3) * strength)).astype(np.float32)
    return canvas


def darkness(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """One kind of night, never two: together they left nothing to read."""
    lot = rng.random()
    for chance, effect in ((0.45, infrared), (0.65, retroreflection), (0.88, night)):
        if lot < chance:
            return effect(rng, canvas, strength)
    return headlights(rng, canvas, strength)


def infrared(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Grey: either a bright plate on black, or hardly any contrast."""
    grey = canvas @ rng.dirichlet((2, 2, 2)).astype(np.float32)
    if rng.random() < 0.6:
        grey = 255 * (np.clip(grey, 0, 255) / 255) ** np.float32(rng.uniform(0.9, 2.2))
        grey *= np.float32(rng.uniform(0.8, 1.5))
    else:
        grey = grey * np.float32(rng.uniform(0.35, 0.7)) + np.float32(rng.uniform(20, 110))
    return np.repeat(grey[..., None], 3, axis=2)


def retroreflection(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """850 nm light thrown back by the sheeting: the ground saturates and bleeds into the ink."""
    grey = canvas @ rng.dirichlet((1, 2, 3)).astype(np.float32)
    low, high = np.percentile(grey[::3, ::3], (10, 70))
    level = np.clip((grey - low) / max(30.0, high - low), 0, 1)
    if level.mean() < 0.25:  # light letters on a dark ground do not shine that way
        return infrared(rng, canvas, strength)
    shine = level * np.float32(rng.uniform(255, 380))
    halo = cv2.GaussianBlur(np.minimum(shine, 300), (0, 0), rng.uniform(0.02, 0.07) * len(grey) + 1)
    share = np.float32(rng.uniform(0.1, 0.34) * min(strength, 1.2))
    grey = shine * (1 - share) + halo * share + np.float32(rng.uniform(2, 40))
    return np.repeat(grey[..., None].astype(np.float32), 3, axis=2)


def night(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Dusk or night: little light of one tint over a dark offset."""
    canvas *= (rng.uniform(0.22, 0.6) * rng.uniform(0.75, 1.15, 3)).astype(np.float32)
    canvas += np.float32(rng.uniform(0, 25))
    return canvas


def headlights(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Night with a lamp on one or both sides of the plate: bloom, and a streak across it."""
    height, width = canvas.shape[:2]
    canvas *= (rng.uniform(0.3, 0.6) * rng.uniform(0.85, 1.1, 3)).astype(np.float32)
    warm = np.array((0.8, 0.95, 1.0) if rng.random() < 0.5 else (1.0, 0.97, 0.92), np.float32)
    for x in (-0.1, 1.1)[int(rng.integers(2)) :]:
        centre = (width * (x + rng.normal(0, 0.06)), height * rng.uniform(0.1, 0.7))
        bloom = _spot(canvas, centre, rng.uniform(0.5, 1.3) * height)
        streak = _spot(canvas, centre, width * 0.5, height * rng.uniform(0.04, 0.12))
        light = bloom * rng.uniform(120, 300) + streak * rng.uniform(10, 60)
        canvas += light.astype(np.float32)[..., None] * warm * np.float32(min(strength, 1.3))
    return canvas


def _spot(
    canvas: Canvas, centre: tuple[float, float], reach: float, tall: float | None = None
) -> Canvas:
    """A bell of light, (H, W), 1 at its centre, `reach` wide and `tall` high (as wide if None)."""
    height, width = canvas.shape[:2]
    across = np.exp(-(((np.arange(width, dtype=np.float32) - centre[0]) / reach) ** 2))
    down = np.exp(-(((np.arange(height, dtype=np.float32) - centre[1]) / (tall or reach)) ** 2))
    return np.asarray(np.outer(down, across), np.float32)


def haze(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
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


def gradient(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Light that falls off towards one side."""
    canvas *= (1 + _ramp(rng, canvas) * np.float32(rng.uniform(0.1, 0.4)))[..., None]
    return canvas


def shadow(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """The edge of a shadow across the picture, or the two edges of a bar's, soft or hard."""
    ramp, hardness = _ramp(rng, canvas), np.float32(rng.uniform(4, 60))
    start = np.float32(rng.uniform(-0.6, 0.6))
    cover = np.clip((ramp - start) * hardness, 0, 1)
    if rng.random() < 0.35:
        cover *= np.clip((start + np.float32(rng.uniform(0.15, 0.6)) - ramp) * hardness, 0, 1)
    canvas *= (1 - cover * np.float32(rng.uniform(0.25, 0.65)))[..., None]
    return canvas


def glare(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A bright spot of sun."""
    height, width = canvas.shape[:2]
    centre = (rng.uniform(0, width), rng.uniform(0, height))
    spot = _spot(canvas, centre, rng.uniform(0.2, 0.9) * height)
    canvas += spot[..., None] * np.float32(rng.uniform(40, 150) * min(strength, 1.5))
    return canvas


def dirt(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """Blobs of mud or snow of a soft outline, sometimes thicker towards the lower edge."""
    height, width = canvas.shape[:2]
    coarse = rng.random((int(rng.integers(3, 9)), int(rng.integers(5, 20))), dtype=np.float32)
    if rng.random() < 0.4:
        coarse += np.linspace(-0.25, 0.2, len(coarse), dtype=np.float32)[:, None]
    cover = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    cover = np.clip((cover - np.float32(rng.uniform(0.6, 0.85))) * 5, 0, 1)
    share = cover[..., None] * np.float32(rng.uniform(0.2, 0.7) * min(strength, 1.3))
    mud = rng.uniform((30, 45, 60), (90, 110, 130)) if rng.random() < 0.7 else np.full(3, 228.0)
    canvas += (mud.astype(np.float32) - canvas) * share
    return canvas


def snow(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
    """A white rim along the lower or upper edge, with falling flakes before it."""
    height, width = canvas.shape[:2]
    edge = rng.uniform(0.02, 0.13) * height * min(strength, 1.3)
    coarse = rng.random((1, int(rng.integers(4, 10))), dtype=np.float32)
    rim = edge * (0.3 + cv2.resize(coarse, (width, 1), interpolation=cv2.INTER_CUBIC)[0])
    depth = np.arange(height, dtype=np.float32)
    depth = depth if rng.random() < 0.3 else depth[::-1]
    cover = np.clip(rim[None] - depth[:, None] + 0.5, 0, 1)
    for x, y, size in rng.random((int(rng.integers(0, 30)), 3)):
        radius = max(1, round(height * 0.025 * size * strength))
        cv2.circle(cover, (int(x * width), int(y * height)), radius, 0.8, -1, cv2.LINE_AA)
    canvas += (np.float32(rng.uniform(190, 245)) - canvas) * cover[..., None]
    return canvas


def rain(rng: np.random.Generator, canvas: Canvas, strength: float) -> Canvas:
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
