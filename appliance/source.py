"""Where the frames come from, and how their passages get ids and times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.capture.address import address, is_live
from appliance.capture.argus import JetsonCamera
from appliance.capture.camera import Camera
from appliance.capture.live import LiveCamera
from appliance.capture.motion import Motion, Notice, unnoticed
from appliance.capture.pi import PiCamera
from appliance.capture.video import RecordedCamera
from appliance.config import Config
from appliance.health import Health
from appliance.places import corners_of
from appliance.stamp import LiveStamp, RecordedStamp, Stamp


@dataclass(frozen=True, slots=True)
class Source:
    """A camera, and how its passages get their ids and times.

    Attributes:
        camera: gives the frames.
        stamp: gives the ids and the times.
        recording: no vehicle is there, whatever the stamp says, and nothing may be switched.
        notice: to be told the time of each frame in which there is a plate.
    """

    camera: Camera
    stamp: Stamp
    recording: bool
    notice: Notice = unnoticed


def live_source(config: Config, health: Health) -> Source:
    """The configured camera; a file or a folder plays at its own speed, as if seen now.

    What is no device and no address is a recording too, such as a numbered sequence of pictures.

    Raises:
        ConfigurationError: the kind of camera cannot be had here, or its login.
    """
    source, hidden = address(config.camera), corners_of(config.zone, "blackout")
    stamp = LiveStamp(health.clock)
    if config.camera.kind == "pi":
        motion = Motion()
        pi = PiCamera(config.camera, hidden, motion, health.problem)
        return Source(pi, stamp, recording=False, notice=motion.notice)
    if config.camera.kind == "jetson":
        motion = Motion()
        jetson = JetsonCamera(config.camera, hidden, motion, health.problem)
        return Source(jetson, stamp, recording=False, notice=motion.notice)
    if _lies_there(source):
        return Source(RecordedCamera(Path(source), True, hidden), stamp, recording=True)
    return Source(
        LiveCamera(source, config.camera.silent_s, hidden, health.problem),
        stamp,
        recording=not is_live(source),
    )


def _lies_there(source: str) -> bool:
    """Whether it is a file or a folder; not where nobody lets us look, nor an address too long."""
    try:
        return Path(source).is_file() or Path(source).is_dir()
    except OSError:
        return False


def replay_source(
    config: Config, recorded: RecordedCamera, camera: Camera, health: Health
) -> Source:
    """A recording as a source: played in real time it counts as a live camera.

    Args:
        config: names the unit.
        recorded: the recording.
        camera: gives its frames.
        health: knows the clock.
    """
    if recorded.real_time:
        return Source(camera, LiveStamp(health.clock), recording=True)
    stamp = RecordedStamp(recorded.source, recorded.recording.begun_ms, config.unit.id)
    return Source(camera, stamp, recording=True)
