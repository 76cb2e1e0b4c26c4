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
from tqdm import tqdm

from tools.train import vehicles
from tools.train.render import render_plate
from tools.train.scenery import FAR_LANE, HEIGHT, NEAR_LANE, WIDTH, scene
from tools.train.stage import Actor, Picture, darken, stage, wholly_visible

RATE, FRAMES = 15, 240
DUSK = (13.0, 14.0)
# Grey levels.
NOISE = 0.9
# OpenCV's writer takes no bit rate and made 4.2 MB of it; the repository bears 3.
ENCODE = (
    f"ffmpeg -v error -y -f rawvideo -pix_fmt bgr24 -s {WIDTH}x{HEIGHT} -r {RATE} -i - "
    "-c:v mpeg4 -b:v 1250k -g 30 -threads 1 -pix_fmt yuv420p -fflags +bitexact"
)


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

    def across(self, time: float) -> float:
        """Metres to the right of the camera, always the same."""
        return self.lane

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


def cast() -> list[Actor]:
    """Every vehicle with its model and its plate's picture."""
    actors: list[Actor] = []
    for entry in ENTRIES:
        plate = render_plate(np.random.default_rng(entry.look), entry.region, entry.text).image
        size = (entry.plate_width, entry.plate_width * plate.shape[0] / plate.shape[1])
        if entry.kind == "motorcycle":
            actors.append((entry, vehicles.motorcycle(entry.paint, size), plate))
        else:
            actors.append((entry, vehicles.car(entry.kind, entry.paint, size), plate))
    return actors


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
