"""Whole scenes of a lane with vehicles, their plates' true corners, and things that are no plates.

The rule to know: a scene is one frame of the clip's world (`scenery`, `vehicles`, `stage`) with a
random cast, seen through a random window; a plate is listed only where it is whole in the window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import light, vehicles
from tools.train.clip import Entry
from tools.train.degrade import degrade
from tools.train.distractors import strew
from tools.train.render import RenderedPlate, render_plate
from tools.train.scenery import FAR_LANE, HEIGHT, NEAR_LANE, WIDTH, glow, lay, scene
from tools.train.stage import Actor, Layer, Sprite, darken, lamps, stage, wholly_visible

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

SKIES = ("day", "dusk", "night", "infra-red", "rain")
SHARES = (0.4, 0.15, 0.12, 0.2, 0.13)
# Strength of `degrade`: what is dark already must not be darkened again.
WEAR = {"day": 0.45, "dusk": 0.2, "night": 0.15, "infra-red": 0.15, "rain": 0.3}
# Long side of a scene, as of the real photographs; a plate narrower than this is not listed.
LONG_SIDE, LEAST_WIDTH = 720, 14.0
ROOM = {NEAR_LANE: (4.0, 24.0), FAR_LANE: (6.5, 26.0)}


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture (405, 720, 3) BGR, its plates with corners (4, 2) in it, and its light."""

    image: Picture
    plates: tuple[tuple[RenderedPlate, Points], ...]
    sky: str


def render_scene(rng: np.random.Generator) -> Scene:
    """A lane with none to three vehicles, up to three distractors, in one of `SKIES`.

    Raises:
        FileNotFoundError: a font is not installed; names the Debian package.
    """
    sky = SKIES[int(rng.choice(len(SKIES), p=SHARES))]
    frame = scene(rng).astype(np.float32)
    plates, actors = _cast(rng)
    sprites = stage(frame, actors, 0.0)
    taken = [_box(sprite.quad) for sprite in sprites.values()]
    lit_with_it = rng.random() < 0.7  # the others shine by themselves, or the camera writes them
    if lit_with_it:
        frame = strew(rng, _whole(frame), taken).astype(np.float32)
    frame = _lit(rng, frame, list(sprites.values()), sky)
    if not lit_with_it:
        frame = strew(rng, _whole(frame), taken).astype(np.float32)
    matrix, size = _window(rng)
    view = cv2.warpAffine(_whole(frame), matrix, size, flags=cv2.INTER_AREA)
    seen = _seen(plates, sprites, matrix, size)
    return Scene(degrade(rng, np.asarray(view, np.uint8), WEAR[sky]), tuple(seen), sky)


def _whole(frame: Layer) -> Picture:
    return np.clip(frame, 0, 255).astype(np.uint8)


def _cast(rng: np.random.Generator) -> tuple[dict[str, RenderedPlate], list[Actor]]:
    """One vehicle in a lane at most: behind it another would only show its roof."""
    plates: dict[str, RenderedPlate] = {}
    actors: list[Actor] = []
    for lane in (NEAR_LANE, FAR_LANE):
        if rng.random() < 0.2:
            continue
        plate = render_plate(rng)
        entry = _entry(rng, plate, lane)
        if plate.text not in plates:
            plates[plate.text] = plate
            actors.append((entry, _vehicle(entry, plate), plate.image))
    return plates, actors


def _entry(rng: np.random.Generator, plate: RenderedPlate, lane: float) -> Entry:
    """Where a vehicle with this plate is, and which one; in the far lane it leaves."""
    leaves = lane == FAR_LANE
    square = plate.image.shape[1] < 1.8 * plate.image.shape[0]
    kinds = ("estate", "motorcycle") if leaves else ("saloon", "hatch", "pickup")
    kind = kinds[int(rng.integers(len(kinds)))]
    if kind == "motorcycle" and not square:
        kind = "estate"
    wide = 0.19 if kind == "motorcycle" else width_of(plate)
    blue, green, red = np.clip(rng.uniform(25, 225) + rng.normal(0, 28, 3), 5, 245).tolist()
    near, far = ROOM[lane]
    distance = float(np.exp(rng.uniform(np.log(near), np.log(far))))
    place = lane + float(rng.normal(0, 0.12))
    return Entry(
        plate.region, plate.text, 0, wide, kind, (blue, green, red), 0.0, distance,
        float(rng.uniform(0, 9)), 0.0, place, leaves,
    )  # fmt: skip


def width_of(plate: RenderedPlate) -> float:
    """A car plate's width in metres, by its form."""
    aspect = plate.image.shape[1] / plate.image.shape[0]
    return 0.52 if aspect > 3.2 else 0.4 if aspect > 2.4 else 0.305


def _vehicle(entry: Entry, plate: RenderedPlate) -> vehicles.Model:
    size = (entry.plate_width, entry.plate_width * plate.image.shape[0] / plate.image.shape[1])
    if entry.kind == "motorcycle":
        return vehicles.motorcycle(entry.paint, size)
    return vehicles.car(entry.kind, entry.paint, size)


def _lit(rng: np.random.Generator, frame: Layer, sprites: list[Sprite], sky: str) -> Layer:
    """The frame in the light of `sky`."""
    if sky == "infra-red":
        return darken(frame, sprites)
    if sky == "rain":
        return light.rain(rng, light.haze(rng, frame * np.float32(0.75), 0.8), 1.0)
    if sky == "day":
        return frame
    gain = rng.uniform(0.25, 0.5) if sky == "dusk" else rng.uniform(0.07, 0.18)
    frame = frame * (gain * np.array([1.15, 1.0, 0.88])).astype(np.float32)
    return lamplit(frame, sprites, [rng.uniform(max(gain, 0.35), 0.8) for _ in sprites])


def lamplit(frame: Layer, sprites: Sequence[Sprite], shines: Sequence[float]) -> Layer:
    """Lamps on, and each plate lit from behind the camera or by its own small lamp, 0 to 1."""
    warm = np.array([0.75, 0.92, 1.0], np.float32)
    lit = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for sprite, shine in zip(sprites, shines, strict=True):
        (x, y), size = sprite.corner, sprite.body.shape
        lit[y : y + size[0], x : x + size[1]] *= 1 - sprite.body[..., 3:] / 255
        lay(lit, sprite.plate * np.array([*warm * np.float32(shine), 1], np.float32), sprite.corner)
    lay(frame, lit, (0, 0))
    for lamp in lamps(sprites):
        frame += glow(*lamp)[..., None] * warm
    return frame


def _window(rng: np.random.Generator) -> tuple[Points, tuple[int, int]]:
    """The (2, 3) matrix of a random part of the frame onto the scene, and the scene's size."""
    wide = rng.uniform(LONG_SIDE, WIDTH)
    scale = LONG_SIDE / wide
    left = rng.uniform(0, WIDTH - wide)
    top = rng.uniform(0, HEIGHT - wide * HEIGHT / WIDTH)
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return matrix, (LONG_SIDE, round(LONG_SIDE * HEIGHT / WIDTH))


def _moved(matrix: Points, quad: Points) -> Points:
    return np.asarray(quad @ matrix[:, :2].T + matrix[:, 2])


def _box(quad: Points) -> tuple[float, float, float, float]:
    (x1, y1), (x2, y2) = quad.min(0).tolist(), quad.max(0).tolist()
    return x1, y1, x2, y2


def _seen(
    plates: dict[str, RenderedPlate],
    sprites: dict[str, Sprite],
    matrix: Points,
    size: tuple[int, int],
) -> list[tuple[RenderedPlate, Points]]:
    """The plates that are whole in the window, behind nothing, and not too small."""
    found, order = [], list(sprites.items())
    for i, (text, sprite) in enumerate(order):
        quad = _moved(matrix, sprite.quad)
        inside = (quad >= 0).all() and (quad <= np.array(size) - 1).all()
        open_view = wholly_visible(sprite, [nearer for _, nearer in order[i + 1 :]])
        if inside and open_view and np.ptp(quad[:, 0]) >= LEAST_WIDTH:
            found.append((plates[text], quad))
    return found
