"""Recordings and folders of pictures, through OpenCV."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.capture.address import unreadable
from appliance.capture.camera import read_only
from appliance.capture.cut import Cuts
from appliance.capture.mask import Places, blackout
from appliance.domain import Frame
from appliance.errors import PictureError

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
LEAST_SIDE, LARGEST_SIDE = 16, 8192
"""Pixels.  Below the least no character fits; a picture above the largest takes 200 MB decoded."""
SLOWEST, FASTEST = 0.1, 1000
"""Frames a second that a container can mean in earnest."""
TEXT = int.from_bytes(b"ansi", "little")
"""The codec of FFmpeg's terminal, which plays a text file as a film of typed letters."""
INDEXED = (".mp4", ".m4v", ".mov", ".mkv")
"""Containers that count their frames: less than a second may be missing."""
LEAST_PLAYED = 0.9
"""Share of the promised frames; the other containers estimate them from the bit rate."""
FOLDER_RATE = 10.0
"""Frames per second that a folder of pictures stands for, having no times of its own."""


def load_picture(path: Path) -> NDArray[np.uint8]:
    """A picture file as (H, W, 3) BGR.

    Raises:
        PictureError: missing, empty, cut off, not a picture, or of a size out of bounds.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise PictureError(f"{path}: cannot be read: {fault.strerror}") from fault
    if not content:
        raise PictureError(f"{path}: the file is empty, a picture was expected")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as fault:  # how it refuses more pixels than appliance/__init__ lets it decode
        most = f"{LARGEST_SIDE}x{LARGEST_SIDE} px"
        raise PictureError(f"{path}: OpenCV refuses it, more than {most}? ({fault.err})") from fault
    if image is None:
        raise PictureError(f"{path}: not a picture, or damaged ({len(content)} bytes)")
    height, width = image.shape[:2]
    if min(height, width) < LEAST_SIDE or max(height, width) > LARGEST_SIDE:
        raise PictureError(
            f"{path}: {width}x{height} px, expected {LEAST_SIDE} to {LARGEST_SIDE} px a side"
        )
    return np.asarray(image, np.uint8)


@dataclass(frozen=True, slots=True)
class Recording:
    """What is known of a recording before it is played.

    Attributes:
        frames: how many the file promises; 0 where it does not say.
        rate: frames per second.
        begun_ms: wall-clock time of the first frame, milliseconds since 1970, from the file's own
            date; 0 where that is earlier, as after unpacking an archive without dates.
    """

    frames: int
    rate: float
    begun_ms: int


class RecordedCamera:
    """A video file or a folder of pictures: every frame, in order, in the recording's own time.

    Args:
        source: file or folder.
        real_time: wait between frames as the recording did.
        hidden: what is blacked out.

    Attributes:
        recording: what its file promises.
        fault: why it ended before its time; None while it did not.

    Raises:
        PictureError: nothing there that OpenCV can play.
    """

    def __init__(self, source: Path, real_time: bool = False, hidden: Places = ()) -> None:
        self.source, self.real_time = source, real_time
        self._hidden = hidden
        self.fault: PictureError | None = None
        self._stop = threading.Event()
        self._pictures = _pictures(source)
        self.recording = _describe(source, self._pictures)

    def frames(self) -> Iterator[Frame]:
        """Every frame; a recording that is damaged or cut off ends early, and `fault` says so.

        The pictures of a folder are a sequence as long as they look alike: the pixels say where
        another scene begins, in a folder as in a film.
        """
        begun, cuts = time.monotonic(), Cuts()
        for number, picture in enumerate(self._images()):
            image = blackout(picture, self._hidden)
            at = number / self.recording.rate
            if self.real_time and self._stop.wait(max(0.0, begun + at - time.monotonic())):
                return
            if self._stop.is_set():
                return
            seen_at = begun + at if self.real_time else at
            yield Frame(read_only(image), seen_at, number, cut=cuts.is_cut(image))

    def close(self) -> None:
        """End `frames` before its next picture."""
        self._stop.set()

    def _images(self) -> Iterator[NDArray[np.uint8]]:
        try:
            yield from self._loaded() if self._pictures else self._played()
        except PictureError as fault:  # what came before it still counts
            self.fault = fault

    def _loaded(self) -> Iterator[NDArray[np.uint8]]:
        """The folder's pictures; a bad one is left out, and the first of them is the fault."""
        for path in self._pictures or ():
            try:
                yield load_picture(path)
            except PictureError as fault:
                self.fault = self.fault or fault

    def _played(self) -> Iterator[NDArray[np.uint8]]:
        seen, promised = 0, self.recording.frames
        with _Opened(str(self.source)) as video:
            while (image := video.next()) is not None:
                seen += 1
                yield image
        exact = self.source.suffix.lower() in INDEXED
        least = promised - self.recording.rate if exact else LEAST_PLAYED * promised
        if seen < least:
            raise PictureError(
                f"{self.source}: ends after {seen} of {promised} frames: damaged or cut off"
            )


class _Opened:
    """OpenCV's capture as a context: released however it ends."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> _Opened:  # noqa: PYI034  # typing.Self needs Python 3.11
        # of a file we say ourselves what is wrong; of a camera FFmpeg knows more, as of its login
        os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET, when first used
        self._capture = cv2.VideoCapture(self._source)
        if not self._capture.isOpened():
            why = unreadable(Path(self._source))
            told = f": {why}" if why else ""
            raise PictureError(f"{self._source}: cannot be opened as a video{told}")
        return self

    def __exit__(self, *_: object) -> None:
        self._capture.release()

    def next(self) -> NDArray[np.uint8] | None:
        """The next frame as (H, W, 3) BGR, or None where there is none (now)."""
        found, image = self._capture.read()
        return np.asarray(image, np.uint8) if found else None


def _pictures(folder: Path) -> list[Path] | None:
    """The pictures of a folder in the order of their names; None where it is none."""
    try:
        if not folder.is_dir():
            return None
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)
    except OSError as fault:
        raise PictureError(f"{folder}: cannot be read: {fault.strerror}") from fault
    if not found:
        raise PictureError(f"{folder}: no pictures in the folder ({', '.join(PICTURES)})")
    return found


def _describe(source: Path, pictures: list[Path] | None) -> Recording:
    try:
        written_ms = max(0, round(source.stat().st_mtime * 1000))
    except OSError as fault:
        raise PictureError(f"{source}: cannot be read: {fault.strerror}") from fault
    if pictures is not None:
        return Recording(len(pictures), FOLDER_RATE, written_ms)
    if source.stat().st_size == 0:
        raise PictureError(f"{source}: the file is empty, a video was expected")
    with _Opened(str(source)) as video:
        return _from_container(video, source, written_ms)


def _from_container(video: _Opened, source: Path, written_ms: int) -> Recording:
    """Length and rate from the container; the file's date is that of its last frame."""
    capture = video._capture  # noqa: SLF001  # one module, one owner
    if int(capture.get(cv2.CAP_PROP_FOURCC)) == TEXT:
        raise PictureError(f"{source}: a text file, a video was expected")
    frames = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
    rate = capture.get(cv2.CAP_PROP_FPS)
    if not SLOWEST <= rate <= FASTEST:
        raise PictureError(
            f"{source}: says {rate:g} frames a second, expected {SLOWEST} to {FASTEST}"
        )
    return Recording(frames, rate, max(0, written_ms - round(1000 * frames / rate)))
