"""Detector and reader together, with known answers and with the models that ship."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.domain import Detection, Frame, Quad
from appliance.recognize.detect import CELL, Detector, encode_corners
from appliance.recognize.model import FakeModel, LiteModel
from appliance.recognize.read import Reader
from appliance.recognize.recognizer import DOUBT, Recognizer, read_plate
from appliance.recognize.regions import load_regions
from tests.recognize.conftest import CHARACTERS, MODELS, drawn_scene, reading

REGIONS = load_regions(MODELS / "regions")
PICTURE = np.full((64, 64, 3), 90, np.uint8)
WEAK, STRONG = 0.5, 0.9


class Steady(Detector):
    """A detector whose second look shows what the first did."""

    def look_closer(self, _image: NDArray[np.uint8], found: Detection) -> Detection:
        """The same again."""
        return found


def two_plates() -> Detector:
    """A detector that sees a weak plate at the left and a strong one at the right."""
    scores = np.zeros((8, 8, 1), np.float32)
    corners = np.zeros((8, 8, 8), np.float32)
    for column, score in ((1, WEAK), (5, STRONG)):
        x, y = column * CELL, 3 * CELL
        quad = np.array([(x, y), (x + 16, y), (x + 16, y + 6), (x, y + 6)], np.float32)
        corners[3, column] = encode_corners(quad, np.array([(column, 3)]))[:, 0]
        scores[3, column] = score
    return Steady(FakeModel((64, 64, 3), (scores, corners)), 0.3)


def recognizer(*rows: str, sure: float = 0.9) -> Recognizer:
    """Sees two plates on every picture, and reads the same on both."""
    return Recognizer(two_plates(), Reader(reading(*rows, sure=sure), CHARACTERS, REGIONS), 0.2)


def test_every_plate_is_read_and_the_best_comes_first() -> None:
    """With how long finding and reading took."""
    examined = recognizer("KX53PXF").examine(PICTURE)
    assert [plate.read.text for plate in examined.plates] == ["KX53PXF"] * 2
    assert [round(plate.detection.confidence, 2) for plate in examined.plates] == [STRONG, WEAK]
    assert examined.detect_ms > 0
    assert examined.read_ms > 0


def test_a_plate_that_cannot_be_read_stays_in_sight() -> None:
    """The tracker must know that it is there: a read may come from the next frame."""
    assert [p.read.text for p in recognizer("", sure=0.99).examine(PICTURE).plates] == ["", ""]


def test_what_cannot_be_read_must_look_more_like_a_plate() -> None:
    """Signs and vents read as nothing: the weak one of two is left out, the strong one stays."""
    reader = Reader(reading("", sure=0.99), CHARACTERS, REGIONS)
    least = WEAK - DOUBT / 2
    plates = Recognizer(two_plates(), reader, least).examine(PICTURE).plates
    assert [round(plate.detection.confidence, 2) for plate in plates] == [STRONG]


def test_sightings_have_number_and_time_of_their_frame() -> None:
    """All of them."""
    sightings = recognizer("KX53PXF").sightings(Frame(PICTURE, at=12.5, number=40))
    assert [(s.frame, s.at, s.read.text) for s in sightings] == [(40, 12.5, "KX53PXF")] * 2


def unseen_at_first(looks: list[int]) -> Detector:
    """A detector that sees nothing on its first look and a plate on every later one."""
    (scores, corners) = two_plates()._models[0].run(PICTURE)

    class Model:
        input_shape = PICTURE.shape

        def run(self, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
            looks.append(picture.shape[0])
            return [scores if len(looks) > 1 else np.zeros_like(scores), corners]

    return Steady(Model(), 0.7)


def test_a_large_photograph_without_a_legible_plate_is_looked_at_in_tiles() -> None:
    """Each plate of a tile is read, and one that two tiles share is there once."""
    looks: list[int] = []
    reader = Reader(reading("KX53PXF"), CHARACTERS, REGIONS)
    large = np.full((128, 128, 3), 90, np.uint8)
    plates = Recognizer(unseen_at_first(looks), reader, 0.2).examine(large).plates
    assert 1 <= len(plates) <= 4 + 1, "one of each tile, and one from farther away"
    assert {plate.read.text for plate in plates} == {"KX53PXF"}
    boxes = [plate.detection.box for plate in plates]
    assert all(a.overlap(b) < 0.35 for a in boxes for b in boxes if a is not b)


def test_a_photograph_with_a_legible_plate_is_not_looked_at_in_tiles() -> None:
    """The one that was found was near enough: tiles cost four looks and find signs."""
    large = np.full((128, 128, 3), 90, np.uint8)
    seen = recognizer("KX53PXF")
    assert seen.examine(large).plates == seen._examine(large, thorough=False).plates


def test_a_frame_is_not_looked_at_in_tiles() -> None:
    """The lane's next frame comes at once; only the first look is made where it shows nothing."""
    looks: list[int] = []
    reader = Reader(reading("KX53PXF"), CHARACTERS, REGIONS)
    large = np.full((128, 128, 3), 90, np.uint8)
    assert Recognizer(unseen_at_first(looks), reader, 0.2).sightings(Frame(large, 0.0, 0)) == []
    assert len(looks) == 1


@pytest.mark.parametrize(("sure", "crops"), [(0.999, 1), (0.8, 1 + 4 + 1)])
def test_only_where_one_crop_leaves_doubt_are_others_read(sure: float, crops: int) -> None:
    """A clear plate costs one look of the reader; a doubtful one its views and the first look's."""
    seen: list[int] = []

    class Counting:
        input_shape = (48, 160, 1)

        def run(self, crop: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
            seen.append(crop.shape[1])
            return reading("KX53PXF", sure=sure).run(crop)

    quad = Quad(((8, 24), (24, 24), (24, 30), (8, 30)))
    reader = Reader(Counting(), CHARACTERS, REGIONS)
    assert read_plate(reader, PICTURE, quad, quad).text == "KX53PXF"
    assert len(seen) == crops


def test_a_picture_without_a_plate_gives_nothing() -> None:
    """An empty examination and no sighting."""
    blank = FakeModel(
        (64, 64, 3), (np.zeros((8, 8, 1), np.float32), np.zeros((8, 8, 8), np.float32))
    )
    nobody = Recognizer(Detector(blank, 0.3), Reader(reading("A"), CHARACTERS, REGIONS), 0.2)
    assert nobody.examine(PICTURE).plates == ()
    assert nobody.sightings(Frame(PICTURE, 0.0, 0)) == []


def test_the_models_that_ship_find_and_read_a_drawn_plate(
    detect_model: LiteModel, read_model: LiteModel
) -> None:
    """At its place, with a text; which one is the business of `tools/train/evaluate`."""
    reader = Reader(read_model, read_model.manifest.characters, REGIONS)
    examined = Recognizer(Detector(detect_model, 0.2), reader, 0.2).examine(
        drawn_scene(at=(100, 220))
    )
    best = examined.plates[0]
    x, y = best.detection.box.centre
    assert 150 < x < 250
    assert 222 < y < 262
    assert best.read.text
    assert len(best.read.characters) == len(best.read.text)


def test_the_models_that_ship_give_the_same_twice(
    detect_model: LiteModel, read_model: LiteModel
) -> None:
    """A replay is repeatable only if inference is."""
    reader = Reader(read_model, read_model.manifest.characters, REGIONS)
    shipped = Recognizer(Detector(detect_model, 0.2), reader, 0.2)
    assert shipped.examine(drawn_scene()).plates == shipped.examine(drawn_scene()).plates
