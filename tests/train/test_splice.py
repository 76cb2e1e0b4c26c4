"""Spliced crops: the picture shows the text, and what the reader doubts is left whole.

The plates here are stripes: a character is a stripe in its own grey on white, so that the true text
of any picture can be seen from its pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.domain import Quad
from appliance.recognize.rectify import rectify
from tools.train.alphabet import CHARACTERS, encode_text
from tools.train.labels import PlateCrop
from tools.train.splice import Splicer

SIZE = (160, 48)
STEPS = 40
STRIPE, GAP = 24, 16
WHITE, DARKEST, APART = 250, 20, 6

Picture = NDArray[np.uint8]


def striped(upper: str, lower: str = "", scale: float = 1.0) -> Picture:
    """A plate of stripes, one line high, or two where `lower` is given."""
    wide = (STRIPE + GAP) * max(len(upper), len(lower)) + GAP
    rows = []
    for text in (upper, lower or upper):
        row = np.full((40, wide), WHITE, np.uint8)
        for place, code in enumerate(encode_text(text)):
            left = GAP + place * (STRIPE + GAP)
            row[:, left : left + STRIPE] = DARKEST + APART * code
        rows.append(row)
    grey = np.vstack(rows)
    sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST)
    return np.asarray(np.repeat(sized[..., None], 3, 2), np.uint8)


def codes_of(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The class of each grey level; 0 for white and for the blur between two stripes."""
    code = np.rint((levels.astype(float) - DARKEST) / APART).astype(np.int64)
    clear = np.abs(levels - (DARKEST + APART * code)) <= 2.0
    return np.where(clear & (code >= 1) & (code <= len(CHARACTERS)), code, 0)


def columns(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A reader that knows the stripes: (2, STEPS, classes) for a (48, 160, 1) crop."""
    centres = (np.arange(STEPS) * 4) + 2
    upper, lower = (codes_of(crop[row, centres, 0]) for row in (12, 36))
    if np.array_equal(upper, lower):
        lower = np.zeros_like(upper)  # one line high
    said = np.full((2, STEPS, len(CHARACTERS) + 1), 0.001, np.float32)
    for row, spoken in enumerate((upper, lower)):
        for step, code in enumerate(spoken):
            calm = 0 < step < STEPS - 1 and spoken[step - 1] == code == spoken[step + 1]
            said[row, step, code if calm else 0] = 0.9
    return said


def shown(picture: Picture) -> str:
    """The text that stripes of at least two thirds of their width show, upper line then lower."""
    lines = [_line(picture[len(picture) * part // 4, :, 0]) for part in (1, 3)]
    return lines[0] if lines[0] == lines[1] else "".join(lines)


def _line(levels: NDArray[np.uint8]) -> str:
    codes = codes_of(levels)
    edges = np.flatnonzero(np.diff(codes, prepend=0, append=0))
    runs = pairwise(edges)
    wide = [codes[a] for a, b in runs if codes[a] and b - a >= STRIPE * 2 / 3]
    return "".join(CHARACTERS[code - 1] for code in wide)


def crop(number: int, text: str, set_name: str = "eu1") -> PlateCrop:
    """A labelled crop whose path is a name only."""
    path = Path(f"{set_name}_{number:04}.jpg")
    return PlateCrop(path, "drawn here", "Apache-2.0", "eu", text, 0)


def splicer(
    pictures: dict[str, Picture],
    said: Callable[[NDArray[np.uint8]], NDArray[np.float32]] = columns,
    sets: tuple[str, ...] = ("eu1",),
    avoid: frozenset[str] = frozenset(),
) -> Splicer:
    """A splicer of some pictures by text; their sets follow each other in turn."""
    crops = [crop(n, text, sets[n % len(sets)]) for n, text in enumerate(pictures)]
    return Splicer(crops, said, SIZE, lambda one: pictures[one.text], avoid)


def drawn(some: Splicer, count: int = 60) -> list[tuple[Picture, str]]:
    """That many draws."""
    rng = np.random.default_rng(5)
    return [some.draw(rng) for _ in range(count)]


def one_line(*texts: str) -> dict[str, Picture]:
    """One-line pictures of some texts."""
    return {text: striped(text) for text in texts}


def test_the_stripes_can_be_read() -> None:
    """The reader and the eye of these tests agree about whole plates."""
    assert shown(striped("A1B2")) == "A1B2"
    assert shown(striped("A1", "B2C")) == "A1B2C"
    assert len(splicer(one_line("A1B2", "B2A1"))) == 2


def test_a_spliced_picture_shows_its_text() -> None:
    """Whatever two plates are put together, the text is what the pixels show."""
    made = drawn(splicer(one_line("A1B2", "B2A1", "2B1A", "1A2B")))
    assert all(shown(picture) == text for picture, text in made)


def test_most_draws_are_new_texts() -> None:
    """Plates that can be cut are cut: new texts arise, of the length of the old ones."""
    old = {"A1B2", "B2A1", "2B1A", "1A2B"}
    texts = {text for _, text in drawn(splicer(one_line(*old)))}
    assert len(texts - old) > 10
    assert {len(text) for text in texts} == {4}


def test_a_text_to_avoid_is_never_made() -> None:
    """What is measured on is not trained on, though its parts are; the others are still made."""
    old = one_line("A1B2", "B2A1")
    made = {text for _, text in drawn(splicer(old))}
    avoided = frozenset({"A1A1"})
    assert avoided < made
    assert {text for _, text in drawn(splicer(old, avoid=avoided))} == made - avoided


def test_a_new_text_is_the_left_of_one_and_the_right_of_another() -> None:
    """No character changes its place."""
    old = ["A1B2", "B2A1"]
    for _, text in drawn(splicer(one_line(*old))):
        assert any(text == a[:n] + b[n:] for a in old for b in old for n in range(5)), text


def test_a_larger_crop_is_brought_to_the_height_of_the_left_one() -> None:
    """Crops differ in size: the cuts move with it, and the stripes show the text all the same."""
    pictures = {"A1B2": striped("A1B2"), "B2A1": striped("B2A1", scale=1.5)}
    texts = set()
    for picture, text in drawn(splicer(pictures)):
        scaled = (
            picture if len(picture) == 80 else cv2.resize(picture, None, fx=1 / 1.5, fy=1 / 1.5)
        )
        assert len(scaled) == 80
        assert shown(np.asarray(scaled, np.uint8)) == text
        texts.add(text)
    assert len(texts) > 2


def test_a_two_line_plate_is_cut_between_its_lines() -> None:
    """The upper line of one on the lower line of another."""
    pictures = {"ABCD": striped("AB", "CD"), "BADC": striped("BA", "DC")}
    made = drawn(splicer(pictures))
    assert {text for _, text in made} == {"ABCD", "BADC", "ABDC", "BACD"}
    for picture, text in made:
        assert shown(picture[: len(picture) // 2]) == text[:2]
        assert shown(picture[len(picture) // 2 :]) == text[2:]


@pytest.mark.parametrize(
    ("pictures", "sets"),
    [
        (one_line("A1B2", "B2A1"), ("eu1", "br1")),
        (one_line("A1B2", "B2A11"), ("eu1",)),
        ({"A1B2": striped("A1", "B2"), "B2A1": striped("B2A1")}, ("eu1",)),
        ({"A1B2": striped("A1", "B2"), "B2A1": striped("B2A", "1")}, ("eu1",)),
    ],
    ids=["of two sets", "of two lengths", "of one and two lines", "of other upper lines"],
)
def test_plates_of_different_kinds_are_not_put_together(
    pictures: dict[str, Picture], sets: tuple[str, ...]
) -> None:
    """A new text follows the syntax of both, or it is not made: alone, neither can be used."""
    assert len(splicer(pictures, sets=sets)) == 0


def test_a_cut_lies_in_the_gap_between_two_characters() -> None:
    """From the first gap to the last: the reader's margin round the crop is reckoned with."""
    cuts = splicer(one_line("A1B2C3", "ABCDEF"))._all[0].cuts
    gaps = (STRIPE + GAP) * np.arange(1, 6) + GAP / 2
    assert np.allclose(cuts, gaps, atol=GAP / 3)


def test_a_crop_that_is_not_read_as_labelled_is_not_cut() -> None:
    """Where its characters stand is unknown."""
    pictures = one_line("A1B2", "B2A1") | {"1AB2": striped("1AB8")}
    assert len(splicer(pictures)) == 2


def test_what_the_reader_does_not_see_is_not_made() -> None:
    """A splice that reads otherwise than its text is dropped: a whole crop comes with its own."""
    pictures = one_line("A1B2", "B2A1")
    known = {columns(_rectified(picture)).tobytes() for picture in pictures.values()}

    def doubting(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        said = columns(picture)
        return said if said.tobytes() in known else said[::-1, ::-1]

    for picture, text in drawn(splicer(pictures, doubting)):
        assert text in pictures
        assert shown(picture) == text


def _rectified(picture: Picture) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    return rectify(picture, Quad(((0, 0), (width, 0), (width, height), (0, height))), SIZE)


def test_the_right_part_takes_on_the_tone_of_the_left() -> None:
    """A darker plate is lightened to its neighbour: no step of brightness tells of the cut."""
    dark = (striped("B2A1") * 0.5).astype(np.uint8)
    pictures = {"A1B2": striped("A1B2"), "B2A1": dark}

    def bright(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        return columns(crop if crop.max() > 200 else np.clip(crop * 2.0, 0, 255).astype(np.uint8))

    made = drawn(splicer(pictures, bright))
    assert {text for _, text in made} - set(pictures)
    for picture, text in made:
        ends = picture[40, [3, -3], 0].astype(int)
        assert abs(ends[0] - ends[1]) <= 8, text


def test_a_seed_gives_the_same_pictures_again() -> None:
    """All chance comes from the generator that is passed in."""
    some = splicer(one_line("A1B2", "B2A1", "2B1A"))
    for (first, one), (second, other) in zip(drawn(some, 8), drawn(some, 8), strict=True):
        assert one == other
        assert np.array_equal(first, second)
