"""Decoys: what the first look takes for a plate where none is labelled."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.recognize.conftest import drawn_plate
from tools.train import samples_detect
from tools.train.decoys import find_decoys
from tools.train.labels import LabelledPlate, Photograph
from tools.train.samples_detect import Box

PLATE: Box = (60.0, 120.0, 260.0, 164.0)


@pytest.mark.parametrize(
    ("plates", "unsure", "count"),
    [
        ((), (), 1),
        ((LabelledPlate(PLATE, None, None),), (), 0),
        ((), (PLATE,), 0),
    ],
    ids=["nobody labelled it", "it is a plate", "nobody can tell"],
)
def test_only_what_is_no_plate_is_a_decoy(
    tmp_path: Path, plates: tuple[LabelledPlate, ...], unsure: tuple[Box, ...], count: int
) -> None:
    """A thing that looks like a plate counts unless it is one, or may be one."""
    samples_detect.cached_load.cache_clear()
    picture = np.full((300, 400, 3), 90, np.uint8)
    picture[120:164, 60:260] = drawn_plate("AB12CD")
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), picture)
    found = find_decoys([Photograph(path, "drawn here", "Apache-2.0", "eu", plates, unsure)])
    near = [d for d in found if abs(d.box[0] - PLATE[0]) < 30 and abs(d.box[1] - PLATE[1]) < 30]
    assert len(near) == count
