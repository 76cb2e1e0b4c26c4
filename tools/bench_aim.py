"""What aiming costs the lane, on one core: `python -m tools.bench_aim`."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median

import cv2

from appliance.aiming import Aiming
from appliance.capture.video import RecordedCamera
from appliance.domain import Box, Detection, Frame, Quad, Read, Sighting
from appliance.recognize.shake import Shake
from appliance.vehicle import vehicle

CLIP = Path(__file__).parents[1] / "tests/data/lane.mp4"
RATE, MINUTES = 15, 10


def main() -> None:
    """Print milliseconds of the processor."""
    cv2.setNumThreads(1)
    frames = list(islice(RecordedCamera(CLIP).frames(), 12))
    print(f"nobody in sight, {RATE} frames a second: {1e3 * idle(frames):.3f} ms a frame")
    print(f"a frame of a look at the shake: {1e3 * looking(frames):.2f} ms")
    seen = [sighting(n) for n in range(160)]
    left = typical(lambda: vehicle(seen, (1280, 720)))
    print(f"a vehicle of 160 sightings that leaves: {1e3 * left:.2f} ms")


def idle(frames: list[Frame]) -> float:
    """Seconds a frame, the looks among them."""
    aiming, count = Aiming(0.002), RATE * 60 * MINUTES
    begun = time.process_time()
    for number in range(count):
        frame = Frame(frames[number % len(frames)].image, number / RATE, number)
        aiming.watch(frame, [], lambda _: None)
    return (time.process_time() - begun) / count


def looking(frames: list[Frame]) -> float:
    """Seconds a frame that is compared with the first of its look."""
    spent = []
    for _ in range(40):
        shake = Shake()
        shake.watch(frames[0])
        for number, frame in enumerate(frames[1:6], 1):
            begun = time.process_time()
            shake.watch(Frame(frame.image, number / RATE, number))
            spent.append(time.process_time() - begun)
    return median(spent)


def typical(turn: Callable[[], object]) -> float:
    """The median of a hundred turns, seconds of the processor."""
    spent = []
    for _ in range(100):
        begun = time.process_time()
        turn()
        spent.append(time.process_time() - begun)
    return median(spent)


def sighting(number: int) -> Sighting:
    """Of a plate that comes down the picture."""
    box = Box(500, 100 + 3 * number, 598, 120 + 3 * number)
    corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
    read = Read("AB12CDE", 0.99, (0.99,) * 7, ())
    return Sighting(number, number / RATE, Detection(Quad(corners), 0.9), read, 0.8)


if __name__ == "__main__":
    main()
