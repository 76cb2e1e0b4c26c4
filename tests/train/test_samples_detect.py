"""The detector's samples: the targets say where the plate is, and nothing where nobody knows.

A plate with a colour of its own in each corner stands in a grey photograph.
"""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.recognize.detect import CELL, decode_corners
from tools.train import samples_detect
from tools.train.labels import Box, LabelledPlate, Photograph
from tools.train.recipe import DetectMix
from tools.train.samples_detect import (
    LEAST_WIDTH,
    MOSTLY_CUT,
    SIDE,
    WHOLE,
    DetectSample,
    DetectSamples,
    Placed,
)
from tools.train.warp import Points, rectangle, seen_through

PLAIN = DetectMix(mosaic=0.0, replated=0.0)
MOSAIC = DetectMix(mosaic=1.0, replated=0.0)
NEAR = DetectMix(near=1.0, replated=0.0)
COLOURS = np.array([[0, 0, 255], [0, 255, 0], [255, 0, 0], [0, 255, 255]], np.uint8)
NAMES = "RGBY"
GREY = 114
SIZE = (640, 480)
LONG: Box = (220.0, 200.0, 410.0, 240.0)
TALL: Box = (220.0, 200.0, 320.0, 270.0)


@pytest.fixture(autouse=True)
def _afresh() -> None:
    """Pictures are kept by path: forget those of the test before."""
    samples_detect.cached_load.cache_clear()


@pytest.fixture
def as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """No changes of colour: only the geometry of a view is looked at."""
    monkeypatch.setattr(samples_detect, "_photometry", lambda _rng, image: image)


def coloured(box: Box) -> NDArray[np.uint8]:
    """A grey picture with a plate of four coloured quarters on `box`."""
    picture = np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8)
    x1, y1, x2, y2 = (round(v) for v in box)
    x, y = (x1 + x2) // 2, (y1 + y2) // 2
    quarters = [(x1, y1, x, y), (x, y1, x2, y), (x, y, x2, y2), (x1, y, x, y2)]
    for (left, top, right, bottom), colour in zip(quarters, COLOURS, strict=True):
        picture[top:bottom, left:right] = colour
    return picture


def photograph(folder: Path, *plates: LabelledPlate, unsure: tuple[Box, ...] = ()) -> Photograph:
    """A picture in a file, a plate on each box, with its labels."""
    picture = np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8)
    for plate in plates:
        assert plate.box is not None
        picture = np.where(coloured(plate.box) == GREY, picture, coloured(plate.box))
    folder.mkdir(exist_ok=True)
    path = folder / "photograph.png"
    cv2.imwrite(str(path), picture)
    return Photograph(path, "drawn here", "Apache-2.0", "eu", plates, unsure)


def known(box: Box) -> LabelledPlate:
    """A plate whose four corners are labelled."""
    return LabelledPlate(box, rectangle(*box), None)


def drawn(picture: Photograph, mix: DetectMix, count: int = 60) -> list[DetectSample]:
    """Samples of a photograph."""
    samples = DetectSamples([picture], mix)
    return [samples.draw(np.random.default_rng(seed)) for seed in range(count)]


def told(sample: DetectSample) -> list[Points]:
    """The corners that the targets give at the centres of plates, (4, 2) each."""
    cells = np.argwhere(sample.heat == 1)[:, ::-1]
    codes = sample.corners[:, cells[:, 1], cells[:, 0]]
    return list(decode_corners(codes, cells.astype(np.int64)))


def colours_at(image: NDArray[np.uint8], quad: Points, towards: float) -> str:
    """The colour near each corner, `towards` the centre (or away, below 0); "-" for another."""
    seen = ""
    for x, y in quad + towards * (quad.mean(0) - quad):
        pixel = image[int(np.clip(y, 0, SIDE - 1)), int(np.clip(x, 0, SIDE - 1))]
        near = np.abs(COLOURS.astype(int) - pixel).max(1) < 60
        seen += NAMES[int(near.argmax())] if near.any() else "-"
    return seen


@pytest.mark.usefixtures("as_they_are")
@pytest.mark.parametrize("mix", [PLAIN, MOSAIC, NEAR], ids=["one view", "four views", "near"])
def test_the_corners_stay_on_the_plate(tmp_path: Path, mix: DetectMix) -> None:
    """Turned, tilted or mirrored: each corner is where it was drawn, the top left one first."""
    met: list[str] = []
    for sample in drawn(photograph(tmp_path, known(TALL)), mix):
        for quad in told(sample):
            if min(np.ptp(quad, 0)) < 24:
                continue  # too small to look for a quarter of it
            met.append(colours_at(sample.image, quad, 0.25))
            assert colours_at(sample.image, quad, -0.25) == "----", "the plate ends at its corners"
    assert len(met) > 15
    assert set(met) == {"RGBY", "GRYB"}, "as it is, and mirrored"


@pytest.mark.usefixtures("as_they_are")
def test_what_is_strewn_leaves_the_plate_free(tmp_path: Path) -> None:
    """Things that are no plates lie beside the plates, and give no targets of their own."""
    strewn = PLAIN.model_copy(update={"strewn": 1.0})
    plain, full = (drawn(photograph(tmp_path, known(TALL)), d, 25) for d in (PLAIN, strewn))
    assert any(not np.array_equal(a.image, b.image) for a, b in zip(plain, full, strict=True))
    for sample in full:
        quads = told(sample)
        assert len(quads) <= 1
        for quad in quads:
            if min(np.ptp(quad, 0)) >= 24:
                assert colours_at(sample.image, quad, 0.25) in {"RGBY", "GRYB"}


@pytest.mark.usefixtures("as_they_are")
def test_known_corners_are_tilted(tmp_path: Path) -> None:
    """A photograph with known corners is seen from the side too: its plates are no rectangles."""
    quads = [q for s in drawn(photograph(tmp_path, known(TALL)), PLAIN) for q in told(s)]
    lean = [abs((q[1] - q[0]) - (q[2] - q[3])).max() / np.ptp(q[:, 0]) for q in quads]
    assert max(lean) > 0.05, "opposite sides differ"


@pytest.mark.usefixtures("as_they_are")
def test_a_box_is_not_tilted(tmp_path: Path) -> None:
    """Of a box only the extents are known, and a tilt would falsify them: it stays a rectangle."""
    boxed = LabelledPlate(TALL, None, None)
    samples = drawn(photograph(tmp_path, boxed), PLAIN)
    assert not any(sample.exact.any() for sample in samples)
    for quad in (q for sample in samples for q in told(sample)):
        assert np.allclose(quad[1] - quad[0], quad[2] - quad[3], atol=1e-2)


def test_the_corners_of_a_flat_box_are_known(tmp_path: Path) -> None:
    """A box as flat as a level plate has the plate's corners."""
    boxed = LabelledPlate(LONG, None, None)
    samples = drawn(photograph(tmp_path, boxed), PLAIN, 20)
    met = [sample for sample in samples if told(sample)]
    assert met
    assert all(sample.exact[sample.heat == 1].all() for sample in met)


def placed(quad: Points, seen: float = 1.0, sure: bool = True) -> DetectSample:
    """The targets of one plate in an empty view."""
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    return samples_detect._targets(image, [Placed(quad, True, seen, sure)])


MIDDLE = rectangle(100, 120, 180, 140)


def test_a_whole_plate_is_a_hit_at_its_centre() -> None:
    """The heat is 1 in one cell, that of the centre, and the corners are said there exactly."""
    sample = placed(MIDDLE)
    assert np.argwhere(sample.heat == 1).tolist() == [[130 // CELL, 140 // CELL]]
    assert np.allclose(told(sample)[0], MIDDLE, atol=1e-3)
    assert sample.weight.all()


def test_corners_are_asked_for_only_near_the_centre() -> None:
    """Where the corners have a weight they are the plate's, wherever in it the cell lies."""
    sample = placed(MIDDLE)
    cells = np.argwhere(sample.strength > 0)[:, ::-1]
    said = decode_corners(sample.corners[:, cells[:, 1], cells[:, 0]], cells.astype(np.int64))
    assert 1 < len(cells) < 20
    assert np.allclose(said, MIDDLE, atol=1e-3)


@pytest.mark.parametrize(
    ("quad", "seen", "sure", "weight"),
    [
        (MIDDLE, (WHOLE + MOSTLY_CUT) / 2, True, 0),
        (MIDDLE, MOSTLY_CUT - 0.1, True, 1),
        (MIDDLE, 1.0, False, 0),
        (MIDDLE, MOSTLY_CUT - 0.1, False, 1),
        (rectangle(138, 128, 138 + LEAST_WIDTH - 1, 132), 1.0, True, 0),
    ],
    ids=["cut", "mostly cut", "unsure", "unsure and mostly cut", "tiny"],
)
def test_what_is_no_clear_plate_is_no_hit(
    quad: Points, seen: float, sure: bool, weight: float
) -> None:
    """Cut, unsure and tiny plates count for nothing; what is hardly seen is background."""
    sample = placed(quad, seen, sure)
    assert sample.heat.max() == 0
    assert sample.strength.max() == 0
    assert sample.weight[130 // CELL, 140 // CELL] == weight
    assert sample.weight[0, 0] == 1, "the rest of the picture counts"


def test_a_plate_at_the_edge_is_masked_there() -> None:
    """The share that is seen is that of the plate's area, and the mask ends at the edge."""

    def seen(quad: Points) -> float:
        return samples_detect._placed(quad, (SIDE, SIDE), exact=True, sure=True).seen

    cut = rectangle(-20, 100, 60, 120)
    assert seen(MIDDLE) == pytest.approx(1.0)
    assert seen(cut) == pytest.approx(0.75)
    assert seen(rectangle(-80, 100, -10, 120)) == 0
    sample = placed(cut, 0.75)
    assert np.argwhere(sample.weight == 0)[:, 1].max() == 60 // CELL
    assert sample.weight[110 // CELL, 0] == 0


@pytest.mark.usefixtures("as_they_are")
@pytest.mark.parametrize("mix", [PLAIN, MOSAIC, NEAR], ids=["one view", "four views", "near"])
def test_an_unsure_place_counts_for_nothing(tmp_path: Path, mix: DetectMix) -> None:
    """It is neither a plate nor background, wherever the view has brought it."""
    picture = photograph(tmp_path, unsure=(TALL,))
    cv2.imwrite(str(picture.path), coloured(TALL))
    masked = 0
    for sample in drawn(picture, mix, 30):
        assert sample.heat.max() == 0
        for name in range(4):  # the pixels of each quarter lie in cells of weight 0
            there = (np.abs(sample.image.astype(int) - COLOURS[name]).max(2) < 30).nonzero()
            weights = sample.weight[there[0] // CELL, there[1] // CELL]
            if sample.weight.min() == 0 and mix is PLAIN:
                assert (weights == 0).all()
            masked += int((weights == 0).sum() > 50)
    assert masked > 40


def test_a_new_plate_lies_on_its_corners() -> None:
    """A rendered plate covers what the targets say, and little besides."""
    rng = np.random.default_rng(2)
    picture = np.full((SIZE[1], SIZE[0], 3), 1, np.uint8)
    for box in (LONG, TALL) * 5:
        made, plates = samples_detect._replate(rng, picture, (LabelledPlate(box, None, None),))
        assert plates[0].quad is not None
        changed = (made != picture).any(2)
        said = np.zeros(changed.shape, np.uint8)
        cv2.fillPoly(said, [np.rint(plates[0].quad).astype(np.int32)], 1)
        assert (changed & (said > 0)).sum() > 0.93 * (changed | (said > 0)).sum()


def test_known_corners_are_kept_by_a_new_plate() -> None:
    """Where the old plate's corners are known, the new one lies exactly there."""
    quad = np.array([[200, 210], [300, 200], [310, 240], [205, 250]], np.float32)
    picture = np.full((SIZE[1], SIZE[0], 3), 1, np.uint8)
    plate = LabelledPlate(None, quad, "AB12")
    made, plates = samples_detect._replate(np.random.default_rng(1), picture, (plate,))
    assert plates[0].quad is not None
    assert np.array_equal(plates[0].quad, quad)
    assert (picture == 1).all(), "the photograph itself is kept"
    assert (made != 1).any()


def test_a_seed_gives_the_same_sample_again(tmp_path: Path) -> None:
    """All chance comes from the generator that is passed in; another seed, another sample."""
    picture = photograph(tmp_path, known(TALL))
    mix = DetectMix(mosaic=0.5, replated=0.5)
    first, again = drawn(picture, mix, 6), drawn(picture, mix, 6)
    for one, same in zip(first, again, strict=True):
        for a, b in zip(astuple(one), astuple(same), strict=True):
            assert np.array_equal(a, b)
    assert not np.array_equal(first[0].image, first[1].image)


def test_the_shapes_and_ranges_are_those_of_the_network(tmp_path: Path) -> None:
    """Each part has the shape, the type and the range that `DetectSample` promises."""
    grid = (SIDE // CELL, SIDE // CELL)
    for sample in drawn(photograph(tmp_path, known(TALL)), DetectMix(), 8):
        assert (sample.image.shape, sample.image.dtype) == ((SIDE, SIDE, 3), np.uint8)
        assert (sample.heat.shape, sample.heat.dtype) == (grid, np.float32)
        assert (sample.corners.shape, sample.corners.dtype) == ((8, *grid), np.float32)
        assert (sample.exact.shape, sample.exact.dtype) == (grid, np.bool_)
        assert 0 <= sample.heat.min() <= sample.heat.max() <= 1
        assert set(np.unique(sample.weight)) <= {0, 1}
        assert 0 <= sample.strength.min() <= sample.strength.max() <= 1


def test_a_picture_that_is_shrunk_is_averaged() -> None:
    """A chequered board at a quarter of its size is grey, and lies where it should."""
    board = np.indices((256, 256)).sum(0) % 2 * np.uint8(255)
    image = np.repeat(board[..., None].astype(np.uint8), 3, 2)
    matrix = np.array([[0.25, 0, 8], [0, 0.25, 16], [0, 0, 1]])
    view = seen_through(image, matrix, (96, 96), 0)
    assert np.ptp(view[20:76, 12:68]) <= 8
    assert abs(int(view[48, 40, 0]) - 127) <= 4
    assert view[4, 40].max() == 0
    assert view[90, 40].max() == 0


@pytest.mark.usefixtures("as_they_are")
def test_a_second_look_shows_a_plate_and_its_surroundings(tmp_path: Path) -> None:
    """The plate is about as wide as the unit wants it, whole, and what is not cut out is grey."""
    low, high = samples_detect.NEAR_WIDTHS
    for sample in drawn(photograph(tmp_path, known(LONG)), NEAR):
        rows, columns = np.nonzero(sample.heat == 1)
        assert len(rows) == 1
        codes = sample.corners[:, rows, columns]
        quad = decode_corners(codes, np.stack([columns, rows], 1))[0]
        assert 0.7 * low <= np.ptp(quad[:, 0]) <= 1.4 * high
        assert quad.min() >= 0
        assert quad.max() <= SIDE
        assert (sample.image[-1, -1] == GREY).all()


@pytest.mark.usefixtures("as_they_are")
def test_a_decoy_is_looked_at_and_is_no_plate(tmp_path: Path) -> None:
    """Of second looks without a plate in the picture, about DECOYED are at the decoy."""
    picture = photograph(tmp_path)
    image = samples_detect.cached_load(picture.path).copy()
    image[100:140, 300:420] = (0, 0, 255)
    cv2.imwrite(str(picture.path), image)
    samples_detect.cached_load.cache_clear()
    decoy = samples_detect.Decoy(picture, (300.0, 100.0, 420.0, 140.0))
    plate = photograph(tmp_path / "plate", known(LONG))
    rng = np.random.default_rng(4)
    looks = [DetectSamples([plate], NEAR, [decoy]).draw(rng) for _ in range(200)]
    at_decoy = [s for s in looks if s.heat.max() == 0]
    assert all((s.image[..., 2] > 200).any() for s in at_decoy)
    assert len(at_decoy) / len(looks) == pytest.approx(samples_detect.DECOYED, abs=0.1)
