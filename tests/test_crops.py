"""The picture of a plate: the best view, only the plate, and nothing once its vehicle is gone."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.crops import LARGEST, WIDEST, Crops
from appliance.domain import Box, Detection, Frame, Quad, Read, Sighting

PLATE = Box(100, 40, 180, 60)


def seen(confidence: float, box: Box = PLATE) -> Sighting:
    """A sighting whose read is that sure."""
    quad = Quad(((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2)))
    return Sighting(0, 0.0, Detection(quad, 0.9), Read("AB12CDE", confidence, (), ()))


def grey(level: int) -> NDArray[np.uint8]:
    """A picture of one level, with a white spot far from the plate."""
    image = np.full((120, 240, 3), level, np.uint8)
    image[100:, :40] = 255
    return image


def watch(crops: Crops, image: NDArray[np.uint8], *sighted: tuple[int, Sighting]) -> None:
    """A frame in which these tracks were sighted; all are in sight still."""
    crops.watch(Frame(image, 0.0, 0), sighted, lambda _: 0.0)


def picture(jpeg: bytes) -> NDArray[np.uint8]:
    """What a consumer sees."""
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded, np.uint8)


def test_the_surest_view_is_kept_for_each_track() -> None:
    """Later and less sure changes nothing; each track has its own; taken once."""
    crops = Crops()
    watch(crops, grey(50), (1, seen(0.5)), (2, seen(0.9)))
    watch(crops, grey(90), (1, seen(0.8)), (2, seen(0.8)))
    watch(crops, grey(130), (1, seen(0.7)))
    assert abs(float(picture(crops.take(1)).mean()) - 90) < 2
    assert abs(float(picture(crops.take(2)).mean()) - 50) < 2
    assert crops.take(1) == b""


def test_nothing_but_the_plate_and_its_rim_is_in_it() -> None:
    """Whatever else the frame shows is not kept, and the frame itself may go."""
    crops, image = Crops(), grey(50)
    watch(crops, image, (1, seen(0.9)))
    image[:] = 255
    shown = picture(crops.take(1))
    assert shown.shape == (28, 88, 3)
    assert shown.max() < 60


def test_who_is_gone_without_a_passage_is_forgotten() -> None:
    """A sign that is rejected leaves no picture in memory."""
    crops = Crops()
    watch(crops, grey(50), (1, seen(0.9)), (2, seen(0.9)))
    crops.watch(Frame(grey(50), 1.0, 1), [], lambda track: None if track == 1 else 1.0)
    assert list(crops.best) == [2]


def test_no_picture_is_larger_than_a_broker_likes() -> None:
    """Noise, the worst that a JPEG can be of, in a plate that fills a large frame."""
    noise = np.random.default_rng(1).integers(0, 256, (2160, 3840, 3), np.uint8)
    crops = Crops()
    watch(
        crops, noise, (1, seen(0.9, Box(0, 0, 3840, 2160))), (2, seen(0.9, Box(9, 9, 2009, 2009)))
    )
    for track in (1, 2):
        jpeg = crops.take(track)
        assert 0 < len(jpeg) <= LARGEST
        assert max(picture(jpeg).shape) == WIDEST


@pytest.mark.parametrize(
    "box", [Box(-90, -50, -20, -30), Box(400, 10, 480, 30), Box(50, 50, 50, 50)]
)
def test_a_box_outside_the_picture_gives_none(box: Box) -> None:
    """It can happen at the edge; the passage goes without a picture."""
    crops = Crops()
    watch(crops, grey(50), (1, seen(0.9, box)))
    assert crops.take(1) in {b"", crops.take(1)}


def test_where_nobody_wants_pictures_none_is_made() -> None:
    """Not even in memory."""
    crops = Crops(is_kept=False)
    watch(crops, grey(50), (1, replace(seen(0.9))))
    assert crops.best == {}
    assert crops.take(1) == b""
