"""Vehicles and whatever else passes, painted into a lane as the camera sees them.

The rule to know: what is farther is painted first, and the same parts at the same time give the
same frame. World coordinates are as in `vehicles`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.train import warp
from tools.train.scenery import (
    CREST,
    CREST_ROW,
    FOCAL,
    HEIGHT,
    WIDTH,
    glow,
    ground,
    lay,
    project,
)
from tools.train.vehicles import Model, Solid

Picture = NDArray[np.uint8]
Layer = NDArray[np.float32]

# Seconds; as short as plate cameras have it, so that the blur near the camera is about 2 px.
EXPOSURE = 1 / 800
OVERSAMPLING = 3
NO_PLATE: Picture = np.zeros((0, 0, 3), np.uint8)


class Passer(Protocol):
    """Whatever moves through the lane: where it is at a time in seconds, in metres.

    `text` is its plate's, or a name of its own where it has none.
    """

    @property
    def text(self) -> str:
        """What tells it from the others."""
        ...

    def across(self, time: float) -> float:
        """To the right of the camera; negative to its left."""
        ...

    def distance(self, time: float) -> float:
        """From the camera to the end that faces it."""
        ...


Actor = tuple[Passer, Model, Picture]
"""What passes, its form, and its plate's picture, (H, W, 3) BGR; NO_PLATE where it has none."""


@dataclass(frozen=True, slots=True)
class Sprite:
    """What was drawn: BGRA layers premultiplied by alpha whose top left is at `corner` (x, y).

    `plate` holds the plate alone, which shines at night; `quad` its corners in the frame, (4, 2),
    all at the origin where there is none.
    """

    body: Layer
    plate: Layer
    corner: tuple[int, int]
    quad: Solid
    lamps: Solid
    distance: float


def place(passer: Passer, time: float) -> Solid:
    """What moves a model's points to where the passer is, (3,) metres."""
    distance = passer.distance(time)
    return np.array([passer.across(time), -0.006 * max(0.0, distance - CREST) ** 2, distance])


def draw(actor: Actor, time: float) -> Sprite | None:
    """The actor as it is seen at `time`; None where nothing of it is in the picture."""
    passer, model, plate = actor
    offset = place(passer, time)
    every = project(np.concatenate([face.points for face in model.faces]) + offset)
    bottom = CREST_ROW if offset[2] > CREST else HEIGHT
    low = np.maximum(np.floor(every.min(0)) - 8, 0).astype(int)
    high = np.minimum(np.ceil(every.max(0)) + 8, (WIDTH, bottom)).astype(int)
    behind = -max(6.0, model.footprint[1] + 1)
    if offset[2] > CREST + 25 or (high - low).min() < 2 or offset[2] < behind:
        return None
    size = high - low
    canvas = _painted(model, every, low, size)
    lights = project(model.lamps + offset)
    corner = (int(low[0]), int(low[1]))
    if not plate.size:
        body = _expose(canvas, size, np.zeros(2), offset[2])
        return Sprite(body, np.zeros_like(body), corner, np.zeros((4, 2)), lights, float(offset[2]))
    quad = project(model.plate + offset)
    inner = np.asarray((quad - low) * OVERSAMPLING, np.float32)
    opaque = cv2.cvtColor(plate, cv2.COLOR_BGR2BGRA).astype(np.uint8)
    travel = project(model.plate + place(passer, time + EXPOSURE)).mean(0) - quad.mean(0)
    body = _expose(warp.paste(canvas, opaque, inner), size, travel, offset[2])
    alone = _alone(opaque, quad - low, size, travel, offset[2])
    return Sprite(body, alone, corner, quad, lights, float(offset[2]))


def _alone(
    plate: Picture, quad: Solid, size: NDArray[np.int_], travel: Solid, distance: float
) -> Layer:
    """A layer of the given (width, height) with nothing but the plate on it."""
    layer = np.zeros((*size[::-1], 4), np.float32)
    room = 8 + np.abs(travel)
    low = np.clip(np.floor(quad.min(0) - room), 0, size).astype(int)
    high = np.clip(np.ceil(quad.max(0) + room), 0, size).astype(int)
    part = high - low
    if part.min() > 0:
        canvas = np.zeros((*(part[::-1] * OVERSAMPLING), 4), np.uint8)
        inner = np.asarray((quad - low) * OVERSAMPLING, np.float32)
        shown = _expose(warp.paste(canvas, plate, inner), part, travel, distance)
        layer[low[1] : high[1], low[0] : high[0]] = shown
    return layer


def _painted(model: Model, points: Solid, low: NDArray[np.int_], size: NDArray[np.int_]) -> Picture:
    """The faces, whose `points` follow one another, on a canvas that is OVERSAMPLING as large."""
    canvas = np.zeros((*(size[::-1] * OVERSAMPLING), 4), np.uint8)
    fixed = np.round((points - low) * OVERSAMPLING * 16).astype(np.int32)
    begin = 0
    for face in model.faces:
        end = begin + len(face.points)
        cv2.fillConvexPoly(canvas, fixed[begin:end], (*face.colour, 255), cv2.LINE_8, 4)
        begin = end
    return canvas


def _expose(layer: Picture, size: NDArray[np.int_], travel: Solid, distance: float) -> Layer:
    """The layer at the frame's scale, out of focus when far and smeared along its `travel`."""
    small = cv2.resize(layer, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small.astype(np.float32), (0, 0), 0.35 + 0.012 * min(distance, 45.0))
    if np.linalg.norm(travel) < 0.5:
        return np.asarray(small, np.float32)
    smear = np.zeros_like(small)
    for share in (-0.5, -0.25, 0.0, 0.25, 0.5):
        shift = np.array([[1, 0, travel[0] * share], [0, 1, travel[1] * share]])
        moved = cv2.warpAffine(small, shift, (int(size[0]), int(size[1])))
        cv2.scaleAdd(moved, 0.2, smear, dst=smear)
    return np.asarray(smear, np.float32)


def shadow(frame: Layer, actor: Actor, time: float) -> None:
    """Darkens the road below an actor, in place."""
    passer, model, _ = actor
    x, _, z = place(passer, time)
    width, length = model.footprint
    if not 0.5 - length < z < CREST:
        return
    left, right = x - 0.58 * width, x + 0.52 * width
    near, far = max(z - 0.1, 0.4), max(z + length, 0.5)
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), np.float32)
    corners = ground([(left, near), (right, near), (right, far), (left, far)]) / 2
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 0.62, cv2.LINE_8, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), float(np.clip(45 / max(z, 2.0), 1.0, 12.0)))
    wide = cv2.resize(soft, (WIDTH, HEIGHT))[..., None].astype(np.float32)
    top = int(wide.any((1, 2)).argmax())
    frame[top:] *= 1 - wide[top:]


def darken(frame: Layer, sprites: list[Sprite]) -> Layer:
    """The frame as infra-red shows it at night: plates shine, head-lamps glare."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    pool = np.exp(-(((columns - 560) / 520) ** 2) - ((rows - 560) / 300) ** 2)
    grey = frame @ np.array([0.2, 0.45, 0.35], np.float32) * (0.14 + 0.3 * pool)
    shine = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    for sprite in sprites:
        gain = float(np.clip(1.15 - sprite.distance / 60, 0.3, 0.98))
        (x, y), size = sprite.corner, sprite.body.shape
        shine[y : y + size[0], x : x + size[1]] *= 1 - sprite.body[..., 3:] / 255
        lay(shine, sprite.plate * np.array([gain, gain, gain, 1], np.float32), sprite.corner)
    grey = grey * (1 - shine[..., 3] / 255) + shine[..., :3].mean(2)
    for lamp in lamps(sprites):
        grey += glow(*lamp)
    return np.repeat(np.minimum(grey, 255)[..., None], 3, axis=2)


def lamps(sprites: Sequence[Sprite]) -> Iterator[tuple[float, float, float]]:
    """The head-lamps before the camera that nothing nearer hides: x, y, and pixels a metre there.

    `sprites` are far to near.
    """
    for i, sprite in enumerate(sprites):
        for x, y in sprite.lamps if sprite.distance > 0.6 else ():
            if not any(_covers(nearer, x, y) for nearer in sprites[i + 1 :]):
                yield x, y, FOCAL / sprite.distance


def _covers(sprite: Sprite, x: float, y: float) -> bool:
    column, row = int(x) - sprite.corner[0], int(y) - sprite.corner[1]
    height, width = sprite.body.shape[:2]
    inside = 0 <= column < width and 0 <= row < height
    return inside and bool(sprite.body[row, column, 3] > 127)


def wholly_visible(sprite: Sprite, nearer: list[Sprite]) -> bool:
    """Whether the plate is inside the picture, before the crest and behind no other vehicle."""
    (left, top), (right, bottom) = sprite.quad.min(0), sprite.quad.max(0)
    limit = CREST_ROW if sprite.distance > CREST else HEIGHT
    if sprite.distance < 1 or left < 0 or top < 0 or right > WIDTH - 1 or bottom > limit - 1:
        return False
    for other in nearer:
        x, y = other.corner
        rows = slice(max(0, int(top) - y), max(0, int(bottom) + 2 - y))
        columns = slice(max(0, int(left) - x), max(0, int(right) + 2 - x))
        if other.body[rows, columns, 3].any():
            return False
    return True


def stage(frame: Layer, actors: Sequence[Actor], time: float) -> dict[str, Sprite]:
    """Paints the actors into the frame, in place; what was painted by text, far to near."""
    sprites = {}
    for actor in sorted(actors, key=lambda actor: -actor[0].distance(time)):
        sprite = draw(actor, time)
        if sprite is not None:
            shadow(frame, actor, time)
            lay(frame, sprite.body, sprite.corner)
            sprites[actor[0].text] = sprite
    return sprites
