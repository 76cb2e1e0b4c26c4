"""Rendered plates: the text is what is seen, by the region's own rules."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tools.train import arts, designs, furniture, looks, setting, strokes, texts
from tools.train.render import REGIONS, render_plate

# Region, a design's place in its table, a pattern, and how many of its marks are read.
STACKED = [("us", "=ddddd", 5), ("us", "aaaa=", 4), ("us", "~dddd", 4), ("us", "dadd^a", 5)]


def a_design(region: str, pattern: str) -> looks.Design:
    """The first design of a region with that pattern."""
    return next(d for d in designs.DESIGNS if d.region == region and pattern in d.patterns)


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_renders_a_readable_size(region: str) -> None:
    """1 to 10 characters, at most 340 px wide, one or two lines."""
    rng = np.random.default_rng(3)
    for _ in range(6):
        plate = render_plate(rng, region)
        assert re.fullmatch("[A-Z0-9]{1,10}", plate.text)
        assert plate.image.shape[1] <= 340
        assert plate.lines in (1, 2)
        assert plate.region == region


def test_a_seed_gives_the_same_plate_again() -> None:
    """Training is repeatable from its seed."""
    one, other = (render_plate(np.random.default_rng(11)) for _ in range(2))
    assert one.text == other.text
    assert np.array_equal(one.image, other.image)


@pytest.mark.parametrize(("region", "pattern", "length"), STACKED)
def test_small_stacked_letters_are_not_in_the_text(region: str, pattern: str, length: int) -> None:
    """The labels of the real crops leave them out; a small suffix is in."""
    layout = designs.fill(np.random.default_rng(1), a_design(region, pattern), pattern)
    assert len("".join(c for c in layout if c.isalnum())) == length


def test_stacked_letters_are_drawn_all_the_same() -> None:
    """What is not in the text is still in the picture: the reader must learn to skip it."""
    design = a_design("us", "=ddddd")
    pictures = []
    for layout in ("=12345", " 12345"):
        canvas = np.full((152, 305, 3), 255, np.float32)
        setting.letters(np.random.default_rng(2), canvas, design, layout)
        pictures.append(canvas)
    left = [picture[40:112, :60].mean() for picture in pictures]
    assert left[0] < left[1] - 4


def test_a_design_names_an_art_a_family_and_fonts_that_exist() -> None:
    """A misspelt key would only show when chance draws that design."""
    for design in designs.DESIGNS:
        assert design.art in arts.ARTS
        assert all(f in looks.FONTS or f in strokes.STYLES for f in looks.FAMILIES[design.family])
        assert design.region in designs.REGION_WEIGHTS


@pytest.mark.parametrize(("region", "never"), [("fr", "IOU"), ("cn", "IO"), ("es", "AEIOUQ")])
def test_a_region_without_a_letter_never_shows_it(region: str, never: str) -> None:
    """O/0 and I/1 follow each region's rule, in texts without a syntax too."""
    rng = np.random.default_rng(4)
    said = "".join(render_plate(rng, region).text for _ in range(60))
    assert not set(said) & set(never)


def test_where_the_type_cannot_tell_figures_from_letters_the_syntax_does() -> None:
    """A British text without a syntax has no I and no O: nobody could say which it is."""
    rng = np.random.default_rng(5)
    design = next(d for d in designs.DESIGNS if d.region == "gb")
    free = "".join(texts.random_text(rng, design.letters.replace("O", "")) for _ in range(50))
    assert not set(free) & set("IO")
    assert "0" in free


def test_vanity_plates_are_a_real_share_of_the_american_ones() -> None:
    """Two to seven characters that no serial has, such as K5EYEMD."""
    rng = np.random.default_rng(6)
    words = [texts.vanity(rng) for _ in range(300)]
    assert all(2 <= len(w.replace(" ", "")) <= 7 for w in words)
    assert len(set(words)) > 200
    assert any(set(w) & set("0345") and set(w) & set("AEIOU") for w in words)


def test_a_given_text_is_set_as_it_is() -> None:
    """The clip and the scenes choose their texts."""
    assert render_plate(np.random.default_rng(1), "gb", "LK63XNR").text == "LK63XNR"
    with pytest.raises(ValueError, match="1 to 10"):
        render_plate(np.random.default_rng(1), "gb", "lower")


def test_a_frame_keeps_the_letters_of_a_plate_without_slogans() -> None:
    """Its bars stand beside such a plate, not on it: the text stays decidable."""
    design = a_design("cz", "nad|dddd")
    canvas = np.full((200, 280, 3), 255, np.float32)
    canvas[0], canvas[-1] = 100, 100  # the outermost rows, unlike any frame's tone
    for seed in range(20):
        framed = furniture.frame(np.random.default_rng(seed), canvas.copy(), design)
        white = (framed[:, 140] > 240).all(1).sum()
        assert white > 0.9 * 200 * 280 / (280 + 8) * 0.97


def test_the_second_line_of_a_chinese_truck_is_the_higher_one() -> None:
    """`upper` makes the first row lower, in its own share of the plate."""
    design = a_design("cn", "#a|ddddd")
    canvas = np.full((170, 340, 3), 255, np.float32)
    setting.letters(np.random.default_rng(8), canvas, design, "A|88888")
    inked = np.flatnonzero((canvas.mean(2) < 120).any(1))
    gap = int(np.argmax(np.diff(inked)))
    upper, lower = inked[gap] - inked[0], inked[-1] - inked[gap + 1]
    assert upper < 0.75 * lower
