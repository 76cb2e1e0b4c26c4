"""What one picture with one plate costs, ours beside the favourite's shapes: `tools/bench`.

Both run in turn on one core, so that whatever else the machine does hits both; what counts is
processor time.  The table goes to stdout and, with every figure, to out/bench/bench.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.video import RecordedCamera, load_picture
from appliance.config import MODELS, Config, Recognition
from appliance.domain import Detection
from appliance.errors import GatepostError
from appliance.recognize.recognizer import Recognizer
from appliance.recognize.rectify import rectify
from appliance.sight import build_detector, build_reader, model_pair
from tools.benchmark import favourite, peers
from tools.benchmark.stopwatch import WHOLE, Steps, Times, measure, ratio, table

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "bench"
CLIP, FRAME = ROOT / "tests" / "data" / "lane.mp4", 38
SIGN, GRASS = np.s_[262:328, 240:415], np.s_[402:468, 140:315]
"""The clip's yellow sign, which looks like a plate, and what is painted over it."""
SIZE = (1280, 720)
GOAL = 1 / 3
PACKAGES = ("ai-edge-litert", "onnxruntime", "torch", "numpy", "opencv-python-headless")


def main() -> int:
    """Parse the arguments, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of detect and read")
    parser.add_argument("--picture", type=Path, help="with one plate; it is scaled to 720p")
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args()
    config = Config(recognition=Recognition(models=asked.models, threads=1))
    try:
        image = scaled(load_picture(asked.picture)) if asked.picture else drawn_lane()
        times = compare(config, image, asked.rounds)
    except GatepostError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    print(table(times))
    print(f"\nours / theirs: {ratio(times):.3f} (goal: at most {GOAL:.3f}); {processor()}")
    print(f"written: {write(OUT / 'bench.json', times, config)}")
    return 0


def compare(config: Config, image: NDArray[np.uint8], rounds: int) -> Times:
    """Processor milliseconds of every step of both, on one core."""
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ours, found = our_steps(config, image)
    return measure({"ours": ours, "theirs": their_steps(image, found)}, rounds)


def our_steps(config: Config, image: NDArray[np.uint8]) -> tuple[Steps, Detection]:
    """What the unit does with the picture, as a whole and part by part, and the plate in it.

    The parts are those of the plate; what else was looked at closer is in the whole.
    """
    detector, reader = build_detector(config), build_reader(config)
    recognizer = Recognizer(detector, reader, config.recognition.least_detection)
    plates = recognizer.examine(image).plates
    if len(plates) != 1:
        raise GatepostError(f"{len(plates)} plates are found in the picture; one is measured")
    found = detector.detect(image)[0]
    closer = detector.look_closer(image, found)
    crop = rectify(image, closer.quad, reader.crop_size)
    steps: Steps = {
        WHOLE: lambda: recognizer.examine(image),
        "find: resize, network, peaks": lambda: detector.detect(image),
        "look closer: the same again": lambda: detector.look_closer(image, found),
        "rectify": lambda: rectify(image, closer.quad, reader.crop_size),
        "read: network, CTC, regions": lambda: reader.read(crop),
    }
    return steps, closer


def their_steps(image: NDArray[np.uint8], found: Detection) -> Steps:
    """What the favourite does with the picture, as a whole and part by part."""
    detector, reader = map(peers.open_network, peers.export(OUT / "peers"))
    canvas = favourite.letterbox(image)
    answer = favourite.pretend(peers.run(detector, canvas))
    crop = favourite.cut(image, found.box)

    def whole() -> None:
        favourite.suppress(favourite.pretend(peers.run(detector, favourite.letterbox(image))))
        favourite.spell(peers.run(reader, favourite.cut(image, found.box)))

    return {
        WHOLE: whole,
        "letterbox": lambda: favourite.letterbox(image),
        "detector (YOLOv9-t, 384)": lambda: peers.run(detector, canvas),
        "suppression": lambda: favourite.suppress(answer),
        "crop": lambda: favourite.cut(image, found.box),
        "reader (CCT-XS), slots": lambda: favourite.spell(peers.run(reader, crop)),
    }


def drawn_lane() -> NDArray[np.uint8]:
    """A frame of the bundled clip, drawn by us, with one plate of 180 px."""
    frames = RecordedCamera(CLIP).frames()
    image = next(frame.image for frame in frames if frame.number == FRAME).copy()
    image[SIGN] = image[GRASS]
    return scaled(image)


def scaled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture at 1280 x 720."""
    return np.asarray(cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def write(path: Path, times: Times, config: Config) -> Path:
    """All figures as JSON at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "ratio": round(ratio(times), 4),
        "goal": round(GOAL, 4),
        "unit": "processor milliseconds a picture of 1280 x 720 with one plate",
        "models": model_pair(config),
        "rounds": len(times["ours"][WHOLE]),
        "processor": processor(),
        "threads": 1,
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "median": {who: {s: round(float(np.median(t)), 3) for s, t in steps.items()}
                   for who, steps in times.items()},
        "p90": {who: {s: round(float(np.percentile(t, 90)), 3) for s, t in steps.items()}
                for who, steps in times.items()},
    }  # fmt: skip
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def processor() -> str:
    """The processor's name, as far as the system tells."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main())
