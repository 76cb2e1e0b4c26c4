"""The rules that every source of frames keeps, held against each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.capture.camera import Camera, FakeCamera
from appliance.capture.live import LiveCamera
from appliance.capture.mask import Places
from appliance.capture.video import RecordedCamera

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
COUNT = 5
GREYS = [40 * (number + 1) for number in range(COUNT)]
PICTURES = [np.full((48, 64, 3), grey, np.uint8) for grey in GREYS]


def folder_of(pictures: list[NDArray[np.uint8]], folder: Path) -> Path:
    """A folder with the pictures as files."""
    folder.mkdir()
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:04}.png"), picture)
    return folder


def clip_of(pictures: list[NDArray[np.uint8]], path: Path, rate: float = 25.0) -> Path:
    """A clip of the pictures, each a whole JPEG, so that a cut loses no more than what is cut."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
    for picture in pictures:
        writer.write(picture)
    writer.release()
    return path


CAMERAS: dict[str, Callable[[Path, Places], Camera]] = {
    "fake": lambda _, hidden: FakeCamera(PICTURES, hidden=hidden),
    "folder": lambda path, hidden: RecordedCamera(
        folder_of(PICTURES, path / "pictures"), hidden=hidden
    ),
    "clip": lambda path, hidden: RecordedCamera(
        clip_of(PICTURES, path / "clip.avi"), hidden=hidden
    ),
    "clip in real time": lambda path, hidden: RecordedCamera(
        clip_of(PICTURES, path / "clip.avi", 200), real_time=True, hidden=hidden
    ),
    "live": lambda path, hidden: LiveCamera(
        str(clip_of(PICTURES, path / "clip.avi")), silent_s=0.2, hidden=hidden
    ),
}
RECORDINGS = [name for name in CAMERAS if name != "live"]


@pytest.fixture(params=RECORDINGS)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Camera:
    """Each camera with the same five grey pictures."""
    return CAMERAS[request.param](tmp_path, ())


def test_a_recording_gives_every_frame_in_order(camera: Camera) -> None:
    """Numbered from 0 without a gap, each with the picture that was put there."""
    frames = list(camera.frames())
    assert [frame.number for frame in frames] == list(range(COUNT))
    assert [float(frame.image.mean()) for frame in frames] == pytest.approx(GREYS, abs=3)


def test_time_goes_forward(camera: Camera) -> None:
    """No frame is of the time of the one before."""
    times = [frame.at for frame in camera.frames()]
    assert times == sorted(set(times))


def test_an_image_is_bgr_and_cannot_be_written(camera: Camera) -> None:
    """All who look at a frame share it."""
    for frame in camera.frames():
        assert (frame.image.shape, frame.image.dtype) == ((48, 64, 3), np.uint8)
        with pytest.raises(ValueError, match="read-only"):
            frame.image[0, 0] = 0


@pytest.mark.parametrize("name", CAMERAS)
def test_what_is_hidden_is_black_in_every_frame(name: str, tmp_path: Path) -> None:
    """Whoever gives the frames: nobody behind a camera can see it, and the rest is as it was."""
    image = next(CAMERAS[name](tmp_path, [LEFT]).frames()).image
    assert not image[:, :32].any()
    assert (image[:, 40:] > 30).all()  # 40, or a later picture where old ones are dropped
    assert not image.flags.writeable


def test_closing_ends_the_frames(camera: Camera) -> None:
    """Before the next picture; the loop that takes them simply ends."""
    frames = camera.frames()
    next(frames)
    camera.close()
    assert list(frames) == []


def test_closing_twice_does_no_harm(camera: Camera) -> None:
    """Who stops does not know who stopped before; a closed camera gives nothing."""
    camera.close()
    camera.close()
    assert list(camera.frames()) == []


def test_a_fake_keeps_its_pictures_writable() -> None:
    """It gives copies: the test that made the pictures may still draw into them."""
    picture = np.zeros((16, 16, 3), np.uint8)
    assert not next(FakeCamera([picture]).frames()).image.flags.writeable
    picture[0, 0] = 255


def test_a_fake_has_the_rate_that_it_was_given() -> None:
    """In frame time; nobody waits."""
    assert [frame.at for frame in FakeCamera(PICTURES, 10).frames()] == [0, 0.1, 0.2, 0.3, 0.4]
