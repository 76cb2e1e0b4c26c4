"""What the unit's camera sees: the vehicles of the bundled clip, as a recording of its own.

The rule to know: a recording has every picture looked at, with its own times, however slow the
processor is; an emulated one needs seconds for a plate.  So each vehicle is shown in a few pictures
in which it can be read, and then an empty lane lets the unit do something else.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CLIP = Path(__file__).parents[2] / "tests/data/lane.mp4"
SIZE = (640, 360)
"""Pixels: its six plates are read as from 1280x720 (`gatepost replay` on the scaled pictures)."""
SIGN = (slice(128, 166), slice(120, 208))
"""Rows and columns of a sign that would be read in every picture."""
VEHICLES = ((28, 4), (73, 4), (97, 4), (145, 4), (187, 2), (215, 4))
"""Where in the clip each begins to be legible, and how far apart its pictures are."""
SHOWN, EMPTY = 3, (54, 12)
"""Pictures of each vehicle; one of the empty lane, and how often it is shown after each."""
RATE = 0.25
"""Pictures a second: so many take most of an emulated processor (176 of 277 s were the unit's, its
start among them), and boards have other work to do.  A vehicle comes by each minute."""
GONE_S = 8.0
"""After which a vehicle is gone: longer than two pictures are apart."""
ROUNDS = 12
"""72 minutes; then the unit ends, and is started again after 30 s."""


def film(out: Path) -> Path:
    """Make the recording, unless it is there."""
    if out.exists():
        return out
    images, (empty, pause) = _images(), EMPTY
    part = out.with_name(f"part-{out.name}")
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter.fourcc(*"mp4v"), RATE, SIZE)
    for number in [
        number
        for _ in range(ROUNDS)
        for begin, step in VEHICLES
        for number in [*range(begin, begin + SHOWN * step, step), *[empty] * pause]
    ]:
        writer.write(images[number])
    writer.release()
    return part.rename(out)


def _images() -> list[NDArray[np.uint8]]:
    """The clip, smaller and without the sign."""
    images: list[NDArray[np.uint8]] = []
    clip = cv2.VideoCapture(str(CLIP))
    while True:
        found, image = clip.read()
        if not found:
            return images
        small = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
        small[SIGN] = 128
        images.append(np.asarray(small, np.uint8))
