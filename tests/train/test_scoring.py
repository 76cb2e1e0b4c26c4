"""What counts as found, missed, false, and neither."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.recognize.read import Reader
from appliance.recognize.regions import load_regions
from tests.recognize.conftest import CHARACTERS, MODELS, reading
from tests.train.judged import (
    FAR,
    PLATE,
    BoxTuple,
    detected,
    examined,
    found,
    labelled,
    moved,
    photograph,
    said,
)
from tools.train import corrections
from tools.train.labels import LabelledPlate
from tools.train.scoring import (
    FALSE,
    NOTHING,
    UNSURE,
    Looks,
    appearance,
    best_overlap,
    best_read,
    box_of,
    judge,
    match,
    plates_folder,
    read_whole,
)

PIXELS = np.random.default_rng(3).integers(0, 255, (60, 200, 3), np.uint8)


@pytest.mark.parametrize(
    ("right", "expected"), [(0, 0), (33, 0), (34, FALSE), (200, FALSE)]
)  # 100 px wide: moved by a third the IoU is one half
def test_a_detection_is_the_plate_that_it_covers_by_half(right: float, expected: int) -> None:
    """IoU 0.5 and more; less is false."""
    seen = examined(found(moved(PLATE, right)))
    assert match(seen, photograph(labelled(PLATE))) == (expected,)


def test_a_plate_is_found_once() -> None:
    """A second detection of it is false, though it covers the plate as well."""
    seen = examined(found(moved(PLATE, 10)), found(PLATE))
    assert match(seen, photograph(labelled(PLATE))) == (0, FALSE)


def test_each_detection_takes_the_plate_that_it_covers_best() -> None:
    """Of two plates that overlap."""
    plates = labelled(moved(PLATE, 30)), labelled(PLATE)
    assert match(examined(found(PLATE), found(moved(PLATE, 30))), photograph(*plates)) == (1, 0)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (PLATE, UNSURE),
        (moved(PLATE, 70), UNSURE),
        (moved(PLATE, 71), FALSE),
        ((0.0, 0.0, 600.0, 400.0), UNSURE),
        ((110.0, 110.0, 130.0, 130.0), FALSE),
        (FAR, FALSE),
    ],
    ids=["same", "30 % in it", "29 % in it", "wholly in it", "larger than it", "elsewhere"],
)
def test_a_detection_in_an_unsure_place_counts_neither_way(place: BoxTuple, expected: int) -> None:
    """From 30 % of its own area; a large one that merely holds such a place stays false."""
    assert match(examined(found(PLATE)), photograph(unsure=(place,))) == (expected,)


def test_a_labelled_plate_in_an_unsure_place_is_still_found() -> None:
    """The label is the surer of the two."""
    labels = photograph(labelled(PLATE), unsure=(PLATE,))
    assert match(examined(found(PLATE)), labels) == (0,)


def test_missed_and_false_are_told_by_their_numbers() -> None:
    """The second plate is missed, the first detection is false, the third unsure."""
    labels = photograph(labelled(PLATE), labelled(FAR), unsure=((0.0, 0.0, 40.0, 20.0),))
    wrong, vague = found((600.0, 0.0, 640.0, 20.0)), found((0.0, 0.0, 40.0, 20.0))
    picture = detected(labels, wrong, found(PLATE), vague)
    assert picture.matched == (FALSE, 0, UNSURE)
    assert (picture.missed, picture.false) == ((1,), (0,))


def test_a_label_with_corners_only_has_the_box_round_them() -> None:
    """A tilted plate's."""
    corners = np.array([(10, 20), (60, 15), (62, 30), (12, 36)], np.float32)
    box = box_of(LabelledPlate(None, corners, None))
    assert (box.x1, box.y1, box.x2, box.y2) == (10, 15, 62, 36)


def test_the_best_overlap_tells_a_loose_label_from_a_missed_plate() -> None:
    """0 where nothing was found."""
    seen = [found(FAR).detection, found(moved(PLATE, 50)).detection]
    assert best_overlap(labelled(PLATE), seen) == pytest.approx(1 / 3)
    assert best_overlap(labelled(PLATE), []) == 0


def test_the_best_plate_speaks_for_a_scene() -> None:
    """NOTHING where there is none."""
    assert best_read(examined(found(PLATE, text="KX53PXF"), found(FAR))).text == "KX53PXF"
    assert best_read(examined()) == NOTHING


def test_a_crop_is_read_edge_to_edge() -> None:
    """Whatever its size, as the reader takes it."""
    reader = Reader(reading("KX53PXF"), CHARACTERS, load_regions(MODELS / "regions"))
    assert read_whole(reader, PIXELS).text == "KX53PXF"


def test_appearance_tells_sharp_from_blurred_and_dark_from_light() -> None:
    """Sharpness on a canvas does not depend on how large the picture was stored."""
    blurred = np.asarray(cv2.GaussianBlur(PIXELS, (0, 0), 2), np.uint8)
    assert appearance(PIXELS).sharpness > 5 * appearance(blurred).sharpness
    assert appearance(PIXELS // 2).light == pytest.approx(appearance(PIXELS).light / 2, abs=1)
    assert appearance(PIXELS // 2).contrast < appearance(PIXELS).contrast
    assert (appearance(PIXELS).width, appearance(PIXELS).height) == (200, 60)
    twice = np.asarray(cv2.resize(blurred, (400, 120)), np.uint8)
    one, other = (appearance(image, (160, 48)).sharpness for image in (blurred, twice))
    assert other == pytest.approx(one, rel=0.2)


def test_looks_are_judged_by_either_set_of_labels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same looks: a text that was mended makes a read right, a mended plate is found."""
    root = labelled_folder(tmp_path)
    mended = tmp_path / "corrections.csv"
    mended.write_text(
        "image,field,old,new\n"
        "read/images/eu1_0001.jpg,text,AB123,AB128\n"
        "detect/images/a.jpg,plate,,400 300 450 320\n"
    )
    rows = corrections.by_image(mended)
    monkeypatch.setattr("tools.train.corrections.by_image", lambda: rows)
    looks = Looks(
        ("d", "r"),
        {root / "detect/images/a.jpg": examined(found(PLATE), found(FAR))},
        {root / "scenes/images/b.jpg": examined(found(PLATE, text="ZG1"))},
        {root / "read/images/eu1_0001.jpg": said("AB128")},
        {},
        ("34A36837",),
        1.0,
    )
    came, better = (judge(looks, root, corrected) for corrected in (False, True))
    assert [came.detected[0].matched, better.detected[0].matched] == [(0, FALSE), (0, 1)]
    assert [came.read[0].right, better.read[0].right] == [False, True]
    assert (came.read[0].set_name, came.read[0].region, came.read[0].lines) == ("eu1", "eu", 2)
    assert came.scenes[0].right
    assert came.passages == ("34A36837",)


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    """With its path, before any model is opened."""
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(f"{tmp_path}: no labelled")):
        plates_folder(str(tmp_path))
    assert plates_folder(str(labelled_folder(tmp_path))) == tmp_path


def labelled_folder(root: Path) -> Path:
    """A photograph, a crop and a scene, all of them valid."""
    origin = {"source": "drawn", "licence": "Apache-2.0", "region": "eu", "split": "valid"}
    box = {"box": [100, 100, 100, 50], "quad": None, "text": None}
    text = {"box": None, "quad": None, "text": "ZG1"}
    rows = {
        "detect": {**origin, "image": "images/a.jpg", "plates": [box]},
        "read": {**origin, "image": "images/eu1_0001.jpg", "text": "AB123", "lines": 2},
        "scenes": {**origin, "image": "images/b.jpg", "plates": [text]},
    }
    for folder, row in rows.items():
        (root / folder).mkdir()
        (root / folder / "labels.jsonl").write_text(json.dumps(row) + "\n")
    return root
