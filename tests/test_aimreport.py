"""The aiming figures for a person."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from appliance import aimreport
from appliance.aim import LIMITS, Aim, aim_of
from appliance.domain import Quad
from tests.test_aim import GOOD

NOT_SHOWN = {"ready", "because", "vehicles", "read", "longest_ms"}


def test_ready_stands_first() -> None:
    """And what it rests on; each figure with what is expected of it."""
    first, *lines = aimreport.text(aim_of([GOOD] * 6, 0.2, 0.0018)).splitlines()
    assert first == "ready (6 vehicles, 6 of them read)"
    assert "  pixels a character               14  10 or more" in lines
    assert "  exposure, ms                      1  1.8 or less" in lines


def test_not_ready_is_followed_by_why() -> None:
    """One reason a line."""
    first, *lines = aimreport.text(aim_of([replace(GOOD, px_per_char=5.0)] * 6)).splitlines()
    assert first == "not ready (6 vehicles, 6 of them read), because"
    assert lines[0].startswith("  characters are 5.0 px apart")


def test_no_verdict_says_what_it_waits_for() -> None:
    """Rather than that all is well."""
    assert aimreport.text(Aim()) == "no verdict yet: 0 of 5 vehicles seen"


def test_every_figure_and_every_limit_is_shown() -> None:
    """One that is added later must not stay in the dark."""
    assert set(aimreport.ROWS) == {field.name for field in fields(Aim)} - NOT_SHOWN
    assert {limit.figure for limit in LIMITS} <= set(aimreport.ROWS)


def test_a_vehicle_has_a_line() -> None:
    """For who stands on the ladder."""
    assert aimreport.line(3, GOOD) == (
        "   3: 12 reads, 14.0 px a character, sharpness 0.80, inclined by +2.0 degrees"
    )
    unread = replace(GOOD, is_read=False, reads=0, tilt_deg=None)
    assert aimreport.line(4, unread) == "   4: not read, 14.0 px a character, sharpness 0.80"


@pytest.mark.parametrize("size", [(720, 1280), (1080, 1920), (120, 160)])
@pytest.mark.parametrize("vehicles", [0, 1, 9])
def test_the_drawing_is_the_picture_with_a_panel(size: tuple[int, int], vehicles: int) -> None:
    """Outlines in the picture, which itself stays as it was; words beside it."""
    image = np.zeros((*size, 3), np.uint8)
    seen = [replace(GOOD, quad=Quad(((20, 20), (80, 20), (80, 40), (20, 40))))] * vehicles
    drawn = aimreport.drawing(image, seen, aim_of(seen))
    assert drawn.shape[0] == size[0]
    assert drawn.shape[1] > size[1]
    assert not image.any()
    assert bool(drawn[:, : size[1]].any()) == bool(vehicles)
    assert drawn[:, size[1] :].max() > 100


def test_corners_that_are_none_are_drawn_without_a_fault() -> None:
    """Far outside, or not a number."""
    bad = Quad(((np.nan, 0), (np.inf, 5), (-1e9, 1e9), (0, 0)))
    image = np.zeros((200, 300, 3), np.uint8)
    assert aimreport.drawing(image, [replace(GOOD, quad=bad)], Aim()).shape[0] == 200
