"""A network camera behind a real RTSP server that is killed, frozen and started again."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pytest

from appliance.capture import live
from appliance.capture.camera import Told, unheard
from appliance.capture.live import LiveCamera
from appliance.domain import Frame
from appliance.errors import PictureError, StalledError
from tests.conftest import until
from tests.netcam import NetworkCamera
from tests.test_delivery import CLIP

RATE = 15
ENOUGH = 20


@pytest.fixture
def server() -> Iterator[NetworkCamera]:
    """The bundled clip; nothing listens yet."""
    server = NetworkCamera(CLIP, ".mp4v")
    yield server
    server.kill()


def frames_of(
    server: NetworkCamera, silent_s: float = 8.0, told: Told = unheard
) -> Iterator[Frame]:
    """What the port gives of it."""
    return LiveCamera(server.url, silent_s, told=told).frames()


def test_frames_have_the_times_of_the_stream(server: NetworkCamera) -> None:
    """Whenever they were looked at: multiples of the time between two frames apart, never ahead."""
    server.show()
    seen = []
    for frame in islice(frames_of(server), 3 * ENOUGH):
        assert frame.at <= time.monotonic()
        seen.append(frame)
    steps = np.diff([frame.at for frame in seen[ENOUGH:]]) * RATE
    numbers = np.diff([frame.number for frame in seen[ENOUGH:]])
    assert np.median(np.abs(steps - numbers)) < 0.2
    assert min(steps) > 0


def test_a_stream_that_breaks_off_goes_on_with_a_cut(
    server: NetworkCamera, caplog: pytest.LogCaptureFixture
) -> None:
    """One frame says so; numbers and times go on; what is told has no password in it."""
    caplog.set_level(logging.INFO)
    told: list[str] = []
    server.show(0, 2)
    frames = frames_of(server, told=lambda *problem: told.append(str(problem)))
    before = list(islice(frames, ENOUGH))
    server.wait()
    server.show(2)
    after = list(islice(frames, ENOUGH))
    cuts = [frame.number for frame in [*before, *after] if frame.cut]
    assert len(cuts) == 1
    times = [frame.at for frame in [*before, *after]]
    assert times == sorted(set(times))
    assert any("back after" in line for line in caplog.messages)
    assert "the camera's stream has broken off: rtsp://***@" in told[0]
    assert "secret" not in caplog.text + str(told)


def test_a_camera_that_plays_dead_is_asked_again(server: NetworkCamera) -> None:
    """Its connections stay, as behind a cable that is pulled; whoever answers later is taken."""
    told: list[str | None] = []
    server.show(0, 1, then_freeze=True)

    def revive() -> None:
        until(lambda: server.is_frozen, "the camera plays dead")
        until(lambda: told, "that is noticed")
        server.show(2)

    with ThreadPoolExecutor() as pool:
        revived = pool.submit(revive)
        frames = frames_of(server, told=lambda _, text: told.append(text))
        assert next(frame for frame in frames if frame.cut).number > 0
        revived.result()


@pytest.mark.parametrize("then_freeze", [False, True])
def test_a_camera_that_stays_away_is_stalled(server: NetworkCamera, then_freeze: bool) -> None:
    """Killed or frozen, within its time and one wait for an answer; nothing of it is secret."""
    server.show(0, 1, then_freeze=then_freeze)
    seen: deque[Frame] = deque(maxlen=1)
    with pytest.raises(StalledError, match=r"rtsp://\*\*\*@127.*: no frame for [34] s"):
        seen.extend(frames_of(server, silent_s=3.0))
    assert 3.0 < time.monotonic() - seen[-1].at < 6.0


def test_frames_that_come_too_late_are_no_frames(
    server: NetworkCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream is opened anew, and told; where that never helps the unit ends."""
    told: list[str | None] = []
    monkeypatch.setattr(live, "BEHIND_S", 0.0)
    server.show()
    with pytest.raises(StalledError, match=r"no frame for [234] s"):
        next(frames_of(server, silent_s=2.0, told=lambda _, text: told.append(text)))
    assert "has broken off" in str(told[0])


def test_a_camera_that_stays_away_from_the_start_is_a_fault(server: NetworkCamera) -> None:
    """After its time: an address may be wrong; nothing of it is secret."""
    begun = time.monotonic()
    with pytest.raises(PictureError, match=r"rtsp://\*\*\*@.*: cannot be opened as a video"):
        next(frames_of(server, silent_s=2.0))
    assert 2.0 <= time.monotonic() - begun < 5.0


def test_a_camera_that_starts_later_than_the_unit_is_waited_for(server: NetworkCamera) -> None:
    """As after a power cut; that is no cut."""
    frames = frames_of(server, silent_s=20.0)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(next, frames)
        server.show()
        assert not first.result().cut


def test_who_waits_for_a_camera_can_be_stopped(server: NetworkCamera) -> None:
    """Soon."""
    camera = LiveCamera(server.url, 60.0)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(list, camera.frames())
        begun = time.monotonic()
        camera.close()
        assert waiting.result() == []
    assert time.monotonic() - begun < 5
