"""The pictures that synthesize writes: the form of the real ones, true corners, repeatable."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.train import lanes
from tools.train.synthesize import lane_scene, plate_crop, sheet, write


def test_plates_have_the_form_of_the_real_crops(tmp_path: Path) -> None:
    """What reads plates/read reads these: the fields, the sizes, a picture for each row."""
    shown = write("plates", 6, 1, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert len(rows) == len(shown) == 6
    for row in rows:
        assert {"image", "source", "licence", "region", "text", "raw", "lines", "split"} <= set(row)
        height, width = cv2.imread(str(tmp_path / row["image"])).shape[:2]
        assert height <= 96
        assert width <= 320
        quad = np.array(row["quad"])
        assert (quad >= 0).all()
        assert (quad <= (width, height)).all()
    assert sheet(shown).shape[2] == 3


def test_a_longer_run_begins_as_a_shorter_one(tmp_path: Path) -> None:
    """A picture depends on the seed and its number alone."""
    write("plates", 2, 5, tmp_path / "short")
    write("plates", 3, 5, tmp_path / "long")
    short, long = ((tmp_path / n / "labels.jsonl").read_text() for n in ("short", "long"))
    assert long.startswith(short)


def test_labels_are_never_overwritten(tmp_path: Path) -> None:
    """Hours of pictures are not lost to a repeated command."""
    write("plates", 1, 1, tmp_path)
    with pytest.raises(FileExistsError):
        write("plates", 1, 1, tmp_path)


def test_a_scene_lists_plates_that_are_whole_in_it() -> None:
    """Each box is the extent of its corners and lies inside; cut plates are not listed."""
    found = 0
    for number in range(6):
        picture, row = lane_scene(np.random.default_rng((1, number)))
        assert picture.shape == (row["height"], row["width"], 3)
        plates = row["plates"]
        assert isinstance(plates, list)
        for plate in plates:
            quad = np.array(plate["quad"])
            extent = [*quad.min(0), *(quad.max(0) - quad.min(0))]
            assert np.allclose(plate["box"], extent, atol=0.25)
            assert (quad >= 0).all()
            assert (quad <= (row["width"], row["height"])).all()
            found += 1
    assert found >= 3


def test_corners_are_where_the_plate_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plate painted in one colour that nothing else has fills its corners and no more."""
    drawn = lanes.render_plate

    def pure(rng: np.random.Generator) -> lanes.RenderedPlate:
        plate = drawn(rng)
        red = np.zeros_like(plate.image)
        red[..., 2] = 255
        return lanes.RenderedPlate(red, plate.text, plate.lines, plate.region)

    monkeypatch.setattr(lanes, "render_plate", pure)
    monkeypatch.setattr(lanes, "degrade", lambda _rng, picture, _strength: picture)
    monkeypatch.setattr(lanes, "strew", lambda _rng, picture, _taken: picture)
    monkeypatch.setattr(lanes, "SHARES", (1.0, 0.0, 0.0, 0.0, 0.0))
    seen = 0
    for seed in range(6):
        scene = lanes.render_scene(np.random.default_rng(seed))
        blue, green, red = (scene.image[..., i].astype(int) for i in range(3))
        mask = (red > 200) & (green < 60) & (blue < 60)
        for _, quad in scene.plates:
            inside = np.zeros(mask.shape, np.uint8)
            cv2.fillConvexPoly(inside, np.round(quad).astype(np.int32), 1)
            assert mask[inside > 0].mean() > 0.6
            seen += 1
    assert seen >= 3


def test_a_crop_is_said_to_be_what_it_shows() -> None:
    """Text, region and lines are the rendered plate's."""
    picture, row = plate_crop(np.random.default_rng(4))
    assert row["raw"] == row["text"]
    assert row["lines"] in (1, 2)
    assert picture.dtype == np.uint8
