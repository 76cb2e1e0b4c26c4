"""The models on tflite-runtime, the runtime's old name, in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.capture.video import RecordedCamera
from appliance.config import MODELS
from appliance.recognize.model import LiteModel

ROOT = Path(__file__).resolve().parents[2]
PLATE_AT = 38
PLATE_BOX = (565, 532, 768, 593)
RUN = """
import sys
from pathlib import Path
import numpy as np
from appliance.recognize import model
assert model.Interpreter.__module__.startswith("tflite_runtime")
lite = model.LiteModel(Path(sys.argv[1]), 1)
np.savez(sys.argv[2], *lite.run(np.load(sys.argv[3])))
"""


@pytest.fixture(scope="session")
def old_python() -> Path:
    """A Python that has tflite-runtime and not its successor; made once, about 20 s."""
    if sys.version_info >= (3, 12):
        pytest.skip("tflite-runtime has no wheels for Python 3.12 and later")
    command = [str(ROOT / "tools" / "venv"), "tflite", "requirements/tflite-runtime.txt"]
    made = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Path(made.stdout.strip()) / "bin" / "python"


def vehicle(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """The first vehicle of the bundled clip: the whole frame, or for the reader its plate."""
    frames = RecordedCamera(ROOT / "tests" / "data" / "lane.mp4").frames()
    image = next(frame.image for frame in frames if frame.number == PLATE_AT)
    if shape[2] == 1:
        x1, y1, x2, y2 = PLATE_BOX
        image = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
    resized = cv2.resize(image, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8).reshape(shape)


@pytest.mark.parametrize("network", ["detect", "read"])
def test_the_old_runtime_says_the_same(network: str, old_python: Path, tmp_path: Path) -> None:
    """Both runtimes agree to within two steps of eight bits on the average: kernels round."""
    manifest, given, found = MODELS / f"{network}.toml", tmp_path / "a.npy", tmp_path / "b.npz"
    lite = LiteModel(manifest, 1)
    picture = vehicle(lite.input_shape)
    np.save(given, picture)
    command = [str(old_python), "-c", RUN, str(manifest), str(found), str(given)]
    subprocess.run(command, check=True, cwd=ROOT)
    old = list(np.load(found).values())
    for ours, theirs, tensor in zip(lite.run(picture), old, lite.manifest.outputs, strict=True):
        assert ours.std() > tensor.scale, "the picture shows something"
        assert np.abs(ours - theirs).mean() <= 2 * tensor.scale
