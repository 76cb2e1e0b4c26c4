"""Photographs and recordings from disk: what is taken, what is refused and in which words."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.capture.live import LiveCamera
from appliance.capture.video import RecordedCamera, Recording, load_picture
from appliance.errors import PictureError, StalledError
from tests.capture.test_camera import PICTURES, clip_of, folder_of

NOISE = np.random.default_rng(1).integers(0, 255, (96, 128, 3), np.uint8)
COLOURS = np.full((32, 48, 3), (200, 30, 90), np.uint8)


def encoded(suffix: str, image: NDArray[np.uint8] = NOISE) -> bytes:
    """A picture as a file's content."""
    return cv2.imencode(suffix, image)[1].tobytes()


def with_thumbnail() -> bytes:
    """A JPEG whose header holds another JPEG, end marker and all, as cameras write it."""
    inner, outer = encoded(".jpg", COLOURS), encoded(".jpg")
    exif = b"Exif\0\0" + inner
    return outer[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + outer[2:]


def half(content: bytes) -> bytes:
    """The first half."""
    return content[: len(content) // 2]


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty.jpg": (b"", "the file is empty"),
    "text.jpg": (b"no picture at all\n" * 50, "not a picture"),
    "one_byte.png": (b"\x89", "not a picture"),
    "only_the_magic.jpg": (b"\xff\xd8\xff", "not a picture"),
    "cut.jpg": (half(encoded(".jpg")), "not a picture, or damaged|cut off"),
    "last_byte_lost.jpg": (encoded(".jpg")[:-1], "not a picture, or damaged|cut off"),
    "cut_behind_the_thumbnail.jpg": (
        with_thumbnail()[:-2000],
        "not a picture, or damaged|cut off",
    ),
    "cut.png": (half(encoded(".png")), "not a picture, or damaged"),
    "cut.webp": (half(encoded(".webp")), "not a picture, or damaged"),
    "pixel.png": (encoded(".png", NOISE[:1, :1]), r"1x1 px, expected 16 to 8192 px a side"),
    "strip.png": (encoded(".png", NOISE[:15]), "128x15 px, expected 16"),
    "wide.png": (encoded(".png", np.zeros((16, 8193, 3), np.uint8)), "8193x16 px, expected 16"),
}
ACCEPTED = {
    "smallest": ((16, 16), ".png"),
    "widest": ((16, 8192), ".png"),
    "jpeg": ((96, 128), ".jpg"),
    "webp": ((96, 128), ".webp"),
    "tiff": ((96, 128), ".tiff"),
    "bmp": ((96, 128), ".bmp"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_picture_comes_in_its_own_size(name: str, tmp_path: Path) -> None:
    """In each format, up to both bounds."""
    shape, suffix = ACCEPTED[name]
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encoded(suffix, np.full((*shape, 3), 90, np.uint8)))
    image = load_picture(path)
    assert (image.shape, image.dtype) == ((*shape, 3), np.uint8)


@pytest.mark.parametrize("depth", ["grey", "transparent", "sixteen bits"])
def test_every_picture_becomes_eight_bit_bgr(depth: str, tmp_path: Path) -> None:
    """The recognizer knows nothing else."""
    given = {
        "grey": np.full((20, 20), 100, np.uint8),
        "transparent": np.full((20, 20, 4), 100, np.uint8),
        "sixteen bits": np.full((20, 20, 3), 100 * 257, np.uint16),
    }[depth]
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), given)
    assert np.array_equal(load_picture(path), np.full((20, 20, 3), 100, np.uint8))


def test_colours_are_blue_green_red(tmp_path: Path) -> None:
    """In that order."""
    path = tmp_path / "picture.png"
    path.write_bytes(encoded(".png", COLOURS))
    assert load_picture(path)[0, 0].tolist() == [200, 30, 90]


def test_a_jpeg_with_a_thumbnail_is_whole(tmp_path: Path) -> None:
    """And its size is that of the picture itself."""
    path = tmp_path / "camera.jpg"
    path.write_bytes(with_thumbnail())
    assert load_picture(path).shape == (96, 128, 3)


def test_a_jpeg_with_fill_bytes_is_whole(tmp_path: Path) -> None:
    """The standard allows any number of them before a marker (ITU-T T.81, B.1.1.2)."""
    content, path = encoded(".jpg"), tmp_path / "filled.jpg"
    path.write_bytes(content[:2] + b"\xff\xff" + content[2:])
    assert load_picture(path).shape == (96, 128, 3)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_picture_is_refused_with_its_name_and_the_reason(name: str, tmp_path: Path) -> None:
    """Never half read, never a traceback of the codec."""
    content, reason = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(PictureError, match=reason) as caught:
        load_picture(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_huge_picture_is_refused(tmp_path: Path) -> None:
    """10000 pixels a side would take more memory than the unit has to spare."""
    path = tmp_path / "huge.png"
    path.write_bytes(encoded(".png", np.zeros((10000, 10000, 3), np.uint8)))
    with pytest.raises(PictureError, match="more than 8192x8192 px"):
        load_picture(path)


def test_a_picture_that_opencv_will_not_decode_is_refused(tmp_path: Path) -> None:
    """A header that promises 2^31 pixels makes OpenCV throw."""
    content = bytearray(encoded(".bmp"))
    content[18:26] = (65536).to_bytes(4, "little") + (32768).to_bytes(4, "little")
    path = tmp_path / "bomb.bmp"
    path.write_bytes(bytes(content))
    with pytest.raises(PictureError, match=r"bomb\.bmp: "):
        load_picture(path)


def test_a_missing_picture_and_a_folder_are_refused(tmp_path: Path) -> None:
    """With what the system says about them."""
    with pytest.raises(PictureError, match=r"none\.jpg: cannot be read: No such file"):
        load_picture(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match="cannot be read: Is a directory"):
        load_picture(tmp_path)


def test_a_folder_is_played_in_the_order_of_names(tmp_path: Path) -> None:
    """What is no picture by its name is passed over; ten frames a second."""
    folder = folder_of(PICTURES, tmp_path / "pictures")
    (folder / "notes.txt").write_text("not a picture")
    (folder / "0000.png").rename(folder / "zzzz.PNG")
    camera = RecordedCamera(folder)
    frames = list(camera.frames())
    assert (camera.recording.frames, camera.recording.rate) == (5, 10)
    assert [frame.at for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [80, 120, 160, 200, 40]
    assert camera.fault is None


def test_a_clip_has_the_rate_of_its_container(tmp_path: Path) -> None:
    """Frame times follow from it, however fast it is played."""
    camera = RecordedCamera(clip_of(PICTURES, tmp_path / "clip.avi", rate=8))
    assert [frame.at for frame in camera.frames()] == [0, 0.125, 0.25, 0.375, 0.5]
    assert (camera.recording.frames, camera.recording.rate) == (5, 8)
    assert camera.fault is None


def test_a_recording_begins_its_length_before_the_date_of_its_file(tmp_path: Path) -> None:
    """A file is dated when its last frame was written."""
    path = clip_of(PICTURES * 4, tmp_path / "clip.avi", rate=10)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    assert RecordedCamera(path).recording.begun_ms == 1_700_000_000_000 - 2000


def test_a_file_without_a_date_begins_at_zero(tmp_path: Path) -> None:
    """Archives and units without a clock date it 1970; an id cannot hold what is before."""
    path = clip_of(PICTURES, tmp_path / "clip.avi")
    os.utime(path, (0, 0))
    assert RecordedCamera(path).recording.begun_ms == 0


def test_a_recording_can_be_played_again(tmp_path: Path) -> None:
    """And gives the same frames."""
    camera = RecordedCamera(clip_of(PICTURES, tmp_path / "clip.avi"))
    first, second = list(camera.frames()), list(camera.frames())
    assert [frame.at for frame in first] == [frame.at for frame in second]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, second, strict=True))


def test_in_real_time_no_frame_comes_before_its_time(tmp_path: Path) -> None:
    """Times are monotonic ones, spaced as the recording was."""
    camera = RecordedCamera(clip_of(PICTURES, tmp_path / "clip.avi", 50), real_time=True)
    begun = time.monotonic()
    arrived = [(time.monotonic(), frame.at) for frame in camera.frames()]
    times = [at for _, at in arrived]
    assert begun <= times[0]
    assert np.diff(times) == pytest.approx(0.02)
    assert all(now >= at for now, at in arrived)


def test_closing_does_not_wait_for_the_next_frame(tmp_path: Path) -> None:
    """Of a recording whose next frame is ten seconds away."""
    camera = RecordedCamera(clip_of(PICTURES, tmp_path / "clip.avi"), real_time=True)
    camera.recording = Recording(frames=5, rate=0.1, begun_ms=0)
    frames = camera.frames()
    next(frames)
    camera.close()
    begun = time.monotonic()
    assert list(frames) == []
    assert time.monotonic() - begun < 5


def cut_clip(path: Path) -> Path:
    """A clip of 25 noisy frames of which the file ends after half."""
    whole = clip_of([NOISE] * 25, path)
    whole.write_bytes(half(whole.read_bytes()))
    return whole


def test_a_cut_clip_gives_what_is_there_and_then_its_fault(tmp_path: Path) -> None:
    """The frames before the end count; the fault names file, frames and what was promised."""
    camera = RecordedCamera(cut_clip(tmp_path / "cut.avi"))
    assert camera.fault is None
    frames = list(camera.frames())
    assert 10 <= len(frames) <= 13
    message = f"cut.avi: ends after {len(frames)} of 25 frames: damaged or cut off"
    assert message in str(camera.fault)


def test_a_damaged_picture_in_a_folder_is_left_out_and_told(tmp_path: Path) -> None:
    """The others are frames; the fault names the first that was none."""
    folder = folder_of(PICTURES, tmp_path / "pictures")
    (folder / "0003.png").write_bytes(half(encoded(".png")))
    camera = RecordedCamera(folder)
    assert len(list(camera.frames())) == len(PICTURES) - 1
    assert "0003.png: not a picture, or damaged" in str(camera.fault)


def cut_mp4(path: Path) -> None:
    """An mp4 keeps its index at the end: cut off, nothing of it can be found."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (128, 96))
    for _ in range(10):
        writer.write(NOISE)
    writer.release()
    path.write_bytes(half(path.read_bytes()))


UNPLAYABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "none.mp4": (lambda _: None, "cannot be read: No such file or directory"),
    "empty.mp4": (lambda path: path.touch(), "the file is empty, a video was expected"),
    "text.mp4": (lambda path: path.write_text("no film\n" * 99), "cannot be opened as a video"),
    "text.txt": (lambda path: path.write_text("no film\n" * 99), "a text file, a video was"),
    "noise.avi": (lambda path: path.write_bytes(NOISE.tobytes()), "cannot be opened as a video"),
    "cut.mp4": (cut_mp4, "cannot be opened as a video"),
    "folder": (lambda path: path.mkdir(), r"no pictures in the folder \(\.jpg, "),
}


@pytest.mark.parametrize("name", UNPLAYABLE)
def test_what_cannot_be_played_is_refused_at_once(name: str, tmp_path: Path) -> None:
    """With its name and the reason, before anything else starts."""
    make, reason = UNPLAYABLE[name]
    path = tmp_path / name
    make(path)
    with pytest.raises(PictureError, match=reason) as caught:
        RecordedCamera(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_live_camera_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """At once, with the name from the configuration."""
    source = str(tmp_path / "video9")
    with pytest.raises(PictureError, match="video9: cannot be opened as a video"):
        next(LiveCamera(source, silent_s=1).frames())


def test_a_live_camera_that_falls_silent_raises(tmp_path: Path) -> None:
    """After its last frame and the time that it was allowed; it never waits for ever."""
    camera = LiveCamera(str(clip_of(PICTURES, tmp_path / "clip.avi")), silent_s=0.2)
    with pytest.raises(StalledError, match=r"clip\.avi: no frame for"):
        list(camera.frames())


def test_a_live_camera_drops_what_waited_and_counts_it(tmp_path: Path) -> None:
    """Of frames that come at once, as a buffer's do, only the newest is seen."""
    camera = LiveCamera(str(clip_of(PICTURES * 5, tmp_path / "clip.avi")), silent_s=5)
    frames = camera.frames()
    begun = time.monotonic()
    first, second = next(frames), next(frames)
    camera.close()
    assert list(frames) == []
    assert begun <= first.at <= second.at <= time.monotonic()
    assert 0 <= first.number < second.number <= 9
    assert not first.image.flags.writeable
