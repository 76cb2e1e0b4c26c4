"""The whole unit behind a Pi's camera that stalls, breaks frames and is late, as real ones are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance import app
from appliance.camerasection import Camera
from appliance.capture.fakepi import fake_library
from appliance.capture.fakesensor import FakeSensor
from appliance.capture.motion import Motion
from appliance.capture.pi import PiCamera
from appliance.config import Config, Recognition, Store
from appliance.domain import Frame, Passage
from appliance.errors import ConfigurationError, StalledError
from appliance.exposure import Settings
from appliance.health import Health
from appliance.source import Source, live_source
from appliance.stamp import LiveStamp
from tests.conftest import until
from tests.test_delivery import CLIP, SLOW_S, TRUTH

CAMERA = Path(__file__).parent / "standin" / "camera"
RATE = 15.0
SIZE = (1280, 720)
EMPTY = 240  # frames of an empty lane before and behind the clip
BRIGHTER = Settings("day", 1 / 400, 4.5, colour=True, filtered=True, lit=False)


@pytest.fixture(scope="module")
def pictures() -> list[NDArray[np.uint8]]:
    """The bundled clip."""
    clip, found = cv2.VideoCapture(str(CLIP)), []
    while (read := clip.read())[0]:
        found.append(np.asarray(read[1], np.uint8))
    return found


class Restless(PiCamera):
    """A camera of which somebody keeps asking something else, as daylight does."""

    def frames(self) -> Iterator[Frame]:
        """The same; new settings with each fiftieth frame, which show some frames later."""
        usual = self._wish
        for count, frame in enumerate(super().frames()):
            if count % 50 == 49:
                self.adjust(BRIGHTER if self._wish is usual else usual)
            yield frame


class Listening(Health):
    """Health that remembers every problem: on a busy machine one is over before the unit is."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def problem(self, key: str, text: str | None) -> None:
        """Note it."""
        self.heard.append(text or "")
        super().problem(key, text)


def run(sensor: FakeSensor, folder: Path, passages: list[Passage]) -> Listening:
    """The unit with that sensor, its own models and a store, until the camera ends it."""
    camera = Camera.model_validate({"kind": "pi", "silent_s": 1, "rate": RATE})
    config = Config(
        camera=camera,
        store=Store(folder=folder),
        recognition=Recognition(threads=1),
    )
    health, motion = Listening(), Motion()
    library = fake_library(sensor)
    pi = Restless(camera, (), motion, health.problem, library, sensor.clocks)
    source = Source(pi, LiveStamp(health.clock), recording=False, notice=motion.notice)
    with pytest.raises(StalledError, match="camera 0: no frame for 1 s"):
        app.run_unit(config, health, source, lambda passage, _: passages.append(passage))
    return health


def test_the_unit_reads_who_goes_by_whatever_the_camera_does(
    pictures: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    """From YUV with padded rows: each vehicle once, with frames broken and settings late.

    An empty lane is hardly looked at; and when no frame comes any more the unit ends.
    """
    empty = np.full((SIZE[1], SIZE[0], 3), 114, np.uint8)
    lane = [empty] * EMPTY + pictures + [empty] * EMPTY
    wrong = ("SensorTimestamp", "shape", "empty", "late", "AnalogueGain")
    sensor = FakeSensor(
        lane.__getitem__,
        SIZE,
        RATE,
        broken={number: wrong[number % len(wrong)] for number in range(245, 480, 7)},
        stalls_at=len(lane),
    )
    passages: list[Passage] = []
    health = run(sensor, tmp_path, passages)
    assert [passage.settled.read.text for passage in passages] == TRUTH
    assert health._plate_at > health._began_at, "a plate was in sight"
    assert sensor.held == 0
    assert ("close", 0) not in sensor.history
    assert any("cannot be used" in problem for problem in health.heard)
    assert len(pictures) / 2 < health.snapshot().frames < len(lane) - EMPTY / 2


def test_a_configuration_names_the_camera() -> None:
    """It is live, so it may open a gate, and without its library it says so where it is opened."""
    config = Config(camera=Camera(kind="pi"))
    source = live_source(config, Health())
    assert not source.recording
    assert isinstance(source.camera, PiCamera)
    assert source.camera._motion is not None
    assert source.notice == source.camera._motion.notice
    with pytest.raises(ConfigurationError, match="picamera2"):
        next(source.camera.frames())


def start_unit(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """`gatepost run` as a process that finds the stand-ins where the libraries would be."""
    config = folder / "pi.toml"
    keys = 'kind = "pi"\nsilent_s = 1'
    config.write_text(f'[camera]\n{keys}\n[store]\nfolder = "{folder}/store"\n')
    path = os.pathsep.join([str(CAMERA), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "appliance", "-v", "run", "--config", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path} | environment,
    )


def test_a_process_whose_camera_stalls_ends_with_the_code_of_a_stall(tmp_path: Path) -> None:
    """Although the library would wait for the camera at the exit, for ever: systemd counts them."""
    unit = start_unit(tmp_path, STALLS_AT="20")
    _, told = unit.communicate(timeout=SLOW_S)
    assert unit.returncode == StalledError.exit_code
    assert "camera 0: 640x480" in told
    assert told.rstrip().endswith("camera 0: no frame for 1 s")
    assert "Traceback" not in told


def test_a_process_that_is_stopped_lets_the_camera_go(tmp_path: Path) -> None:
    """At once, with its buffers; nothing of the library is left for the exit."""
    unit = start_unit(tmp_path)
    assert unit.stderr is not None
    until(lambda: "camera 0:" in (unit.stderr.readline() if unit.stderr else ""), "it has begun")
    unit.send_signal(signal.SIGTERM)
    _, told = unit.communicate(timeout=SLOW_S)
    assert unit.returncode == 0
    assert "Traceback" not in told


def asked(tmp_path: Path, *words: str, library: Path | None) -> tuple[int, str]:
    """The exit code and the complaint of a command on a configuration with a Pi's camera."""
    config = tmp_path / "pi.toml"
    config.write_text('[camera]\nkind = "pi"\n[store]\nfolder = "store"\n')
    path = os.pathsep.join([*([str(library)] if library else []), os.environ.get("PYTHONPATH", "")])
    named = () if words == ("cameras",) else ("--config", str(config))
    done = subprocess.run(
        [sys.executable, "-m", "appliance", *words, *named],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=SLOW_S,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_check_finds_the_library(tmp_path: Path) -> None:
    """And names it where it is not there."""
    assert asked(tmp_path, "check", library=CAMERA)[0] == 0
    code, told = asked(tmp_path, "check", library=None)
    assert code == ConfigurationError.exit_code
    assert "apt install python3-picamera2" in told


@pytest.mark.parametrize(
    ("words", "raised"),
    [
        ("check", "ValueError('numpy.dtype size changed, may indicate binary incompatibility')"),
        ("run", "ImportError('numpy.core.multiarray failed to import\\nA page of advice')"),
        ("aim", "RuntimeError('module was compiled against NumPy C-API version 0x10')"),
        ("cameras", "AttributeError('_ARRAY_API not found')"),
        ("check", "OSError()"),
    ],
)
def test_a_library_that_does_not_fit_is_told_in_one_line(
    tmp_path: Path, raised: str, words: str
) -> None:
    """What Raspberry Pi OS 12 builds for numpy 1: no traceback, and no restart would help."""
    (tmp_path / "libcamera.py").touch()
    (tmp_path / "picamera2.py").write_text(f"raise {raised}\n")
    code, told = asked(tmp_path, words, library=tmp_path)
    (line,) = [each for each in told.splitlines() if "cannot be imported here" in each]
    assert f"{raised.partition('(')[0]}: " in line
    assert "Raspberry Pi OS 13" in line
    assert "Traceback" not in told
    assert code == (66 if words == "cameras" else 78)  # there is no camera of another kind either
