"""The camera port: who gives frames, and the rule that all of them keep.

Newest frame wins: a live camera drops what nobody came for and counts it in `Frame.number`; a
recording gives every frame.  A camera that falls silent raises StalledError; it never waits for
ever.  What shall be blacked out is black in every frame that it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from appliance.capture.mask import Places, blackout
from appliance.domain import Frame
from appliance.errors import PictureError
from appliance.exposure import Settings

Told = Callable[[str, str | None], None]
"""Hears under a key what is wrong, or with None that nothing is."""


class Camera(Protocol):
    """A source of frames.

    Attributes:
        fault: why a recording ended early, or what was left out of it; None where all is well.
    """

    @property
    def fault(self) -> PictureError | None:
        """Known once `frames` has ended."""

    def frames(self) -> Iterator[Frame]:
        """Frames in the order of their time, until the camera is closed or the recording ends.

        Raises:
            PictureError: the source cannot be opened or its content is damaged.
            StalledError: a live source gave no frame in time.
        """

    def close(self) -> None:
        """End `frames` soon; may be called from another thread, and twice."""


@runtime_checkable
class Adjustable(Camera, Protocol):
    """A camera whose sensor does as it is told."""

    def adjust(self, settings: Settings) -> None:
        """Ask for it, from any thread; the `shot` of a later frame says that it holds."""


def unheard(_key: str, _text: str | None) -> None:
    """Nobody asks what is wrong."""


def read_only(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same pixels, not writable: a frame is shared by all who look at it."""
    image.flags.writeable = False
    return image


class FakeCamera:
    """Gives prepared pictures at a fixed rate of frame time, without waiting.

    Args:
        pictures: (H, W, 3) BGR uint8 each.
        rate: frames per second of `Frame.at`.
        hidden: what is blacked out.
    """

    def __init__(
        self, pictures: Sequence[NDArray[np.uint8]], rate: float = 25.0, hidden: Places = ()
    ) -> None:
        self._pictures = pictures
        self._rate = rate
        self._hidden = hidden
        self._closed = False
        self.fault: PictureError | None = None

    def frames(self) -> Iterator[Frame]:
        """The pictures in order."""
        for number, picture in enumerate(self._pictures):
            if self._closed:
                return
            image = read_only(blackout(picture, self._hidden).copy())
            yield Frame(image, number / self._rate, number)

    def close(self) -> None:
        """End `frames` before its next picture."""
        self._closed = True
