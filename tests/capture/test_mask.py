"""What is blacked out is gone."""

from __future__ import annotations

import numpy as np

from appliance.capture.mask import blackout

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_a_place_is_black_and_the_rest_is_as_it_was() -> None:
    """In any resolution; the picture that came in is left alone."""
    for width, height in ((64, 48), (320, 200)):
        image = np.full((height, width, 3), 200, np.uint8)
        dark = blackout(image, [LEFT])
        assert not dark[:, : width // 2].any()
        assert (dark[:, width // 2 + 1 :] == 200).all()
        assert (image == 200).all()


def test_without_a_place_nothing_is_copied() -> None:
    """It is the picture itself."""
    image = np.zeros((8, 8, 3), np.uint8)
    assert blackout(image, ()) is image
