"""The reader's samples: the text is what the picture shows, and the shares are the recipe's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.recognize.rectify import MARGIN_X, MARGIN_Y
from tests.recognize.conftest import drawn_plate
from tools.train import samples_read
from tools.train.alphabet import CHARACTERS, encode_text
from tools.train.labels import PlateCrop
from tools.train.recipe import ReadMix
from tools.train.samples_read import HEIGHT, WIDTH, ReadSample, ReadSamples
from tools.train.splice import Splicer
from tools.train.warp import rectangle

REAL = ReadMix(rendered=0.0, degraded=0.0)


class Marked(Splicer):
    """A splicer whose every picture is black and says SPLICED."""

    def __init__(self) -> None:
        """It needs no crops."""

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], str]:
        """The same again."""
        del rng
        return np.zeros((44, 200, 3), np.uint8), "SPLICED"


@pytest.fixture
def crops(tmp_path: Path) -> list[PlateCrop]:
    """Three drawn crops in files."""
    samples_read.cached_load.cache_clear()
    found = []
    for number, text in enumerate(("AB12CD", "EF34GH", "JK56LM")):
        path = tmp_path / f"eu_{number:04}.png"
        cv2.imwrite(str(path), drawn_plate(text))
        found.append(PlateCrop(path, "drawn here", "Apache-2.0", "eu", text, 1))
    return found


def drawn(samples: ReadSamples, count: int, hardness: float = 1.0) -> list[ReadSample]:
    """That many samples."""
    rng = np.random.default_rng(4)
    return [samples.draw(rng, hardness) for _ in range(count)]


def test_a_sample_fits_the_reader(crops: list[PlateCrop]) -> None:
    """Grey, of the reader's size, with a text that it can say."""
    for sample in drawn(ReadSamples(crops, ReadMix()), 20):
        assert (sample.image.shape, sample.image.dtype) == ((HEIGHT, WIDTH), np.uint8)
        assert 1 <= len(encode_text(sample.text)) <= 10


def test_a_sample_shows_the_crop_whose_text_it_has(crops: list[PlateCrop]) -> None:
    """Set crookedly, it is still more like its own plate than like any other."""
    plates = {crop.text: samples_read.cached_load(crop.path) for crop in crops}
    views = {
        text: cv2.resize(cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), (WIDTH, HEIGHT))
        for text, p in plates.items()
    }
    samples = drawn(ReadSamples(crops, REAL), 40)
    assert {sample.text for sample in samples} == set(plates)
    right = 0
    for sample in samples:
        upright = np.asarray(cv2.GaussianBlur(sample.image, (0, 0), 1.5), np.uint8)
        best = max(views, key=lambda text: _best_likeness(upright, views[text]))
        right += best == sample.text
    assert right >= 36


def _best_likeness(image: NDArray[np.uint8], view: NDArray[np.uint8]) -> float:
    """The likeness at the best of some shifts and sizes."""
    best = 0.0
    for scale in (0.9, 0.95, 1.0):
        small = cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        part = np.asarray(small[4:-4, 10:-10], np.uint8)
        found = cv2.matchTemplate(image, part, cv2.TM_CCOEFF_NORMED)
        best = max(best, float(np.abs(found).max()))
    return best


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_share_of_rendered_plates_is_the_recipes(crops: list[PlateCrop], share: float) -> None:
    """So many samples are rendered; the rest are real crops."""
    mix = ReadMix(rendered=share, degraded=0.0)
    own = {crop.text for crop in crops}
    count = 80
    rendered = sum(s.text not in own for s in drawn(ReadSamples(crops, mix), count)) / count
    assert abs(rendered - share) < (0.15 if 0 < share < 1 else 1e-9)


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
def test_the_share_of_spliced_crops_is_the_recipes(crops: list[PlateCrop], share: float) -> None:
    """So many of the real crops are put together of two."""
    samples = ReadSamples(crops, REAL.model_copy(update={"spliced": share}), Marked())
    count = 200
    spliced = sum(s.text == "SPLICED" for s in drawn(samples, count)) / count
    assert abs(spliced - share) < (0.1 if 0 < share < 1 else 1e-9)


def test_easy_samples_are_not_degraded(
    crops: list[PlateCrop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At hardness 0 nothing is made worse, at 1 the recipe's share of the real crops is."""
    called = []

    def noted(_rng: object, image: NDArray[np.uint8], _strength: float) -> NDArray[np.uint8]:
        called.append(1)
        return image

    monkeypatch.setattr(samples_read, "degrade", noted)
    samples = ReadSamples(crops, ReadMix(rendered=0.0, degraded=0.5))
    drawn(samples, 50, hardness=0.0)
    assert not called
    drawn(samples, 200, hardness=1.0)
    assert 70 < len(called) < 130


@pytest.mark.parametrize("has_margin", [False, True], ids=["a crop", "in its surroundings"])
def test_the_cut_out_is_the_plate_with_the_units_margin(has_margin: bool) -> None:
    """On the average the corners are where `rectify` puts them round a plate: margins and all."""
    plate = np.zeros((100, 400, 3), np.uint8)
    rng = np.random.default_rng(1)
    picture = samples_read._in_surroundings(rng, plate) if has_margin else plate
    margin = (picture.shape[0] - 100) // 2
    quads = [samples_read._corners(rng, picture.shape[:2], has_margin) for _ in range(800)]
    x, y = MARGIN_X * 400, MARGIN_Y * 100
    expected = margin + rectangle(-x, -y, 400 + x, 100 + y)
    assert np.allclose(np.mean(quads, 0), expected, atol=1.5)
    assert (np.std(quads, 0) > [3, 2]).all(), "and crooked"


def test_surroundings_leave_the_plate_as_it_is() -> None:
    """The plate stands in the middle of what is put round it."""
    rng = np.random.default_rng(1)
    for height in (10, 44, 90):
        plate = rng.integers(0, 256, (height, 120, 3)).astype(np.uint8)
        around = samples_read._in_surroundings(rng, plate)
        margin = (around.shape[0] - height) // 2
        assert margin >= 4
        assert np.array_equal(around[margin:-margin, margin:-margin], plate)


def test_a_seed_gives_the_same_sample_again(crops: list[PlateCrop]) -> None:
    """All chance comes from the generator that is passed in."""
    samples = ReadSamples(crops, ReadMix())
    for one, same in zip(drawn(samples, 12), drawn(samples, 12), strict=True):
        assert one.text == same.text
        assert np.array_equal(one.image, same.image)


def test_classes_are_numbered_from_the_blank() -> None:
    """Class 0 is CTC's blank; a character outside the alphabet is named."""
    assert encode_text(CHARACTERS) == list(range(1, 37))
    with pytest.raises(KeyError, match="-"):
        encode_text("AB-1")
