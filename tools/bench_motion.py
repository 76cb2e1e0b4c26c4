"""Which frames of rendered lanes a CSI camera's motion would pass over: legible ones must not be.

Before each lane 20 s of its first picture, so that the lane has long been idle when somebody comes;
all with the noise of a sensor.  Plates are noticed where they are legible in a frame that was
looked at; `alone` is without that, when only motion keeps the unit looking.

    python3 -m tools.bench_motion
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.motion import Motion
from tools.train.traffic import Lane, load, shots

LANES = Path("tests/data/drive.toml")
IDLE_S = 20
NOISE = 4.0
SIZE = (320, 240)


def small(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """What the second stream shows of a (H, W, 3) BGR picture, grey, with noise."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), SIZE, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(grey + rng.normal(0, NOISE, grey.shape), 0, 255), np.uint8)


def looked_at(lane: Lane) -> tuple[int, int, int, int, int]:
    """Frames, legible ones, of these looked at by motion alone, and with plates noticed; idle."""
    rng, alone, whole = np.random.default_rng(2), Motion(), Motion()
    frames = legible = by_motion = by_both = idle = 0
    for shot in shots(lane, 0):
        image, at = shot.frame.image, shot.frame.at
        for before in range(IDLE_S * int(lane.rate) if not frames else 0):
            seen = small(image, rng)
            alone.wants(seen, at - IDLE_S + before / lane.rate)
            idle += whole.wants(seen, at - IDLE_S + before / lane.rate)
        seen = small(image, rng)
        wanted, looked = alone.wants(seen, at), whole.wants(seen, at)
        if looked and shot.legible:
            whole.notice(at)
        frames += 1
        legible += bool(shot.legible)
        by_motion += bool(shot.legible) and wanted
        by_both += bool(shot.legible) and looked
    return frames, legible, by_motion, by_both, idle


def main() -> None:
    """A line a lane, and the sum."""
    total = np.zeros(5, int)
    print(f"{'':44} frames legible alone looked idle")
    for lane in load(LANES):
        found = looked_at(lane)
        total += found
        print(f"{lane.name:44} " + " ".join(f"{figure:6}" for figure in found), flush=True)
    print(f"{'all':44} " + " ".join(f"{figure:6}" for figure in total))


if __name__ == "__main__":
    main()
