"""What is blacked out is gone."""

from __future__ import annotations

import numpy as np

from appliance.capture.mask import blacked_out
from appliance.domain import Frame

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_a_polygon_is_black_and_the_rest_is_as_it_was() -> None:
    """In any resolution; the frame that came in is left alone."""
    for width, height in ((64, 48), (320, 200)):
        frame = Frame(np.full((height, width, 3), 200, np.uint8), 1.5, 7)
        dark = blacked_out(frame, [LEFT])
        assert not dark.image[:, : width // 2].any()
        assert (dark.image[:, width // 2 + 1 :] == 200).all()
        assert (frame.image == 200).all()
        assert (dark.at, dark.number) == (1.5, 7)
        assert not dark.image.flags.writeable


def test_without_a_polygon_nothing_is_copied() -> None:
    """It is the frame itself."""
    frame = Frame(np.zeros((8, 8, 3), np.uint8), 0.0, 0)
    assert blacked_out(frame, ()) is frame
