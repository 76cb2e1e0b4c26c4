"""Renders a short clip of a lane with its truth: what a fresh clone is demonstrated with.

The rule to know: all is drawn, nothing is photographed, and the same seed gives the same frames.
The camera stands on the right verge: vehicles come nearer in the near lane and leave in the far
one. World coordinates are as in `vehicles`.

    python -m tools.train.clip --out tests/data/lane.mp4 --seed 1
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tools.train import vehicles, warp
from tools.train.render import render_plate
from tools.train.scenery import (
    CREST,
    CREST_ROW,
    FAR_LANE,
    FOCAL,
    HEIGHT,
    NEAR_LANE,
    WIDTH,
    glow,
    ground,
    lay,
    project,
    scene,
)
from tools.train.vehicles import Model, Solid

Picture = NDArray[np.uint8]
Layer = NDArray[np.float32]

RATE, FRAMES = 15, 240
# Seconds; as short as plate cameras have it, so that the blur near the camera is about 2 px.
EXPOSURE = 1 / 800
DUSK = (13.0, 14.0)
# Grey levels.
NOISE = 0.9
# OpenCV's writer takes no bit rate and made 4.2 MB of it; the repository bears 3.
ENCODE = (
    f"ffmpeg -v error -y -f rawvideo -pix_fmt bgr24 -s {WIDTH}x{HEIGHT} -r {RATE} -i - "
    "-c:v mpeg4 -b:v 1250k -g 30 -threads 1 -pix_fmt yuv420p -fflags +bitexact"
)
OVERSAMPLING = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One vehicle: its plate, its form and how it moves.

    `look` is the seed of the plate's variations, `plate_width` in metres. It is `nearest` metres
    away at `moment` seconds with `speed` m/s, and brakes or accelerates by `change` m/s2.
    """

    region: str
    text: str
    look: int
    plate_width: float
    kind: str
    paint: vehicles.Colour
    moment: float
    nearest: float
    speed: float
    change: float
    lane: float = NEAR_LANE
    leaves: bool = False

    def distance(self, time: float) -> float:
        """Metres from the camera to the end that faces it."""
        since = (time - self.moment) * (1 if self.leaves else -1)
        return self.nearest + self.speed * since + 0.5 * self.change * max(0.0, since) ** 2


ENTRIES: tuple[Entry, ...] = (
    Entry("hr", "ZG4827KT", 13, 0.52, "saloon", (52, 44, 150), 2.9, 4.3, 4.6, 4.0),
    Entry("gb", "LK63XNR", 1, 0.52, "estate", (168, 158, 150), 4.7, 7.4, 5.0, 3.0, FAR_LANE, True),
    Entry("us", "HKT4926", 5, 0.305, "pickup", (92, 58, 30), 7.55, 3.5, 3.6, 3.0),
    Entry("br", "RKM4E73", 5, 0.40, "hatch", (212, 214, 212), 10.65, 4.2, 4.4, 4.0),
    Entry("vn", "59X346728", 5, 0.19, "motorcycle", (60, 40, 170), 12.45, 4.9, 3.5, 2.5,
        -2.6, True),
    Entry("de", "HHKM3674", 14, 0.52, "saloon", (120, 112, 104), 15.6, 4.4, 4.6, 4.0),
)  # fmt: skip


Actor = tuple[Entry, Model, Picture]


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawn vehicle: BGRA layers premultiplied by alpha whose top left is at `corner` (x, y).

    `plate` holds the plate alone, which shines at night; `quad` its corners in the frame.
    """

    body: Layer
    plate: Layer
    corner: tuple[int, int]
    quad: Solid
    lamps: Solid
    distance: float


def place(entry: Entry, time: float) -> Solid:
    """What moves a model's points to where the vehicle is, (3,) metres."""
    distance = entry.distance(time)
    return np.array([entry.lane, -0.006 * max(0.0, distance - CREST) ** 2, distance])


def draw(entry: Entry, model: Model, plate: Picture, time: float) -> Sprite | None:
    """The vehicle as it is seen at `time`; None where nothing of it is in the picture."""
    offset = place(entry, time)
    corners = [project(face.points + offset) for face in model.faces]
    every = np.concatenate(corners)
    bottom = CREST_ROW if offset[2] > CREST else HEIGHT
    low = np.maximum(np.floor(every.min(0)) - 8, 0).astype(int)
    high = np.minimum(np.ceil(every.max(0)) + 8, (WIDTH, bottom)).astype(int)
    if offset[2] > CREST + 25 or (high - low).min() < 2 or offset[2] < -6:
        return None
    size = high - low
    canvas = np.zeros((*(size[::-1] * OVERSAMPLING), 4), np.uint8)
    for points, face in zip(corners, model.faces, strict=True):
        fixed = np.round((points - low) * OVERSAMPLING * 16).astype(np.int32)
        cv2.fillConvexPoly(canvas, fixed, (*face.colour, 255), cv2.LINE_8, 4)
    quad = project(model.plate + offset)
    inner = np.asarray((quad - low) * OVERSAMPLING, np.float32)
    opaque = cv2.cvtColor(plate, cv2.COLOR_BGR2BGRA).astype(np.uint8)
    travel = project(model.plate + place(entry, time + EXPOSURE)).mean(0) - quad.mean(0)
    body, alone = (
        _expose(warp.paste(layer, opaque, inner), size, travel, offset[2])
        for layer in (canvas, np.zeros_like(canvas))
    )
    lamps = project(model.lamps + offset)
    return Sprite(body, alone, (int(low[0]), int(low[1])), quad, lamps, float(offset[2]))


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


def shadow(frame: Layer, entry: Entry, model: Model, time: float) -> None:
    """Darkens the road below a vehicle, in place."""
    x, _, z = place(entry, time)
    width, length = model.footprint
    if not 0.5 - length < z < CREST:
        return
    left, right = x - 0.58 * width, x + 0.52 * width
    near, far = max(z - 0.1, 0.4), max(z + length, 0.5)
    mask = np.zeros((HEIGHT // 2, WIDTH // 2), np.float32)
    corners = ground([(left, near), (right, near), (right, far), (left, far)]) / 2
    cv2.fillConvexPoly(mask, np.round(corners * 16).astype(np.int32), 0.62, cv2.LINE_8, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), float(np.clip(45 / max(z, 2.0), 1.0, 12.0)))
    frame *= 1 - cv2.resize(soft, (WIDTH, HEIGHT))[..., None].astype(np.float32)


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
    for sprite in sprites:
        for x, y in sprite.lamps if sprite.distance > 0.6 else ():
            grey += glow(x, y, FOCAL / sprite.distance)
    return np.repeat(np.minimum(grey, 255)[..., None], 3, axis=2)


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


def cast() -> list[Actor]:
    """Every vehicle with its model and its plate's picture."""
    actors = []
    for entry in ENTRIES:
        plate = render_plate(np.random.default_rng(entry.look), entry.region, entry.text).image
        size = (entry.plate_width, entry.plate_width * plate.shape[0] / plate.shape[1])
        if entry.kind == "motorcycle":
            actors.append((entry, vehicles.motorcycle(entry.paint, size), plate))
        else:
            actors.append((entry, vehicles.car(entry.kind, entry.paint, size), plate))
    return actors


def stage(frame: Layer, actors: list[Actor], time: float) -> dict[str, Sprite]:
    """Paints the vehicles into the frame, in place; what was painted by text, far to near."""
    sprites = {}
    for entry, model, plate in sorted(actors, key=lambda actor: -actor[0].distance(time)):
        sprite = draw(entry, model, plate, time)
        if sprite is not None:
            shadow(frame, entry, model, time)
            lay(frame, sprite.body, sprite.corner)
            sprites[entry.text] = sprite
    return sprites


def frames(seed: int) -> Iterator[tuple[Picture, set[str]]]:
    """The frames (720, 1280, 3) BGR, each with the texts that are wholly visible in it."""
    rng = np.random.default_rng(seed)
    empty, actors = scene(rng).astype(np.float32), cast()
    for time in np.arange(FRAMES) / RATE:
        frame = empty.copy()
        sprites = stage(frame, actors, time)
        order = list(sprites.values())
        seen = {
            text
            for i, (text, sprite) in enumerate(sprites.items())
            if wholly_visible(sprite, order[i + 1 :])
        }
        night = float(np.clip((time - DUSK[0]) / (DUSK[1] - DUSK[0]), 0, 1))
        if night > 0:
            frame += (darken(frame, order) - frame) * night
        noise = rng.normal(0, NOISE, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
        frame += cv2.resize(noise, (WIDTH, HEIGHT))[..., None]
        yield np.clip(frame, 0, 255).astype(np.uint8), seen


def truth(visible: list[set[str]]) -> list[dict[str, str | int | bool]]:
    """A row per vehicle; of several runs of frames in which its plate shows, the longest counts."""
    rows: list[dict[str, str | int | bool]] = []
    for entry in ENTRIES:
        shown = np.array([entry.text in texts for texts in visible], np.int8)
        edges = np.flatnonzero(np.diff(shown, prepend=0, append=0)).reshape(-1, 2)
        first, end = max(edges, key=lambda run: int(run[1] - run[0])).tolist()
        row = {"text": entry.text, "region": entry.region, "first": first, "last": end - 1}
        rows.append({**row, "night": entry.moment > DUSK[1]})
    return rows


def write(path: Path, seed: int) -> None:
    """Writes the clip at `path` and its truth beside it.

    Raises:
        FileNotFoundError: ffmpeg is not installed.
        subprocess.CalledProcessError: ffmpeg could not write the clip.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [*ENCODE.split(), str(path)]
    visible = []
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:  # noqa: S603
        assert encoder.stdin is not None
        for frame, seen in tqdm(frames(seed), total=FRAMES, unit="frame", disable=None):
            encoder.stdin.write(frame.tobytes())
            visible.append(seen)
    if encoder.returncode:
        raise subprocess.CalledProcessError(encoder.returncode, command)
    facts = {"rate": RATE, "frames": FRAMES, "seed": seed, "vehicles": truth(visible)}
    path.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")


def main() -> None:
    """Writes the clip and its truth."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="mp4 file to write")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.out, options.seed)


if __name__ == "__main__":
    main()
