"""How a plate hangs in the picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import Quad
from appliance.pose import FORMAT, LONG_PLATES, pose, view

CORNERS = st.floats(-1e4, 1e4) | st.sampled_from([0.0, 1.0, math.inf, -math.inf, math.nan])
QUADS = st.lists(st.tuples(CORNERS, CORNERS), min_size=4, max_size=4).map(
    lambda corners: Quad(tuple(corners))
)


def seen(
    roll: float, yaw: float, pitch: float, ratio: float = FORMAT, distance_m: float = 6.0
) -> Quad:
    """The corners of a plate half a metre wide that a pinhole camera of 2000 px sees.

    Not by the formula of the module: with true perspective, by turning points in space.
    """
    a, b, c = np.radians((roll, yaw, pitch))
    width, height = 0.52, 0.52 / ratio
    flat = np.array([(-1, -1, 0), (1, -1, 0), (1, 1, 0), (-1, 1, 0)]) * (width / 2, height / 2, 0)
    aside = np.array([(math.cos(b), 0, math.sin(b)), (0, 1, 0), (-math.sin(b), 0, math.cos(b))])
    above = np.array([(1, 0, 0), (0, math.cos(c), -math.sin(c)), (0, math.sin(c), math.cos(c))])
    turned = np.array([(math.cos(a), -math.sin(a), 0), (math.sin(a), math.cos(a), 0), (0, 0, 1)])
    x, y, z = (turned @ above @ aside @ flat.T) + np.array([[0.0], [0.0], [distance_m]])
    return Quad(tuple(zip(960 + 2000 * x / z, 540 + 2000 * y / z, strict=True)))


@pytest.mark.parametrize("roll", [-20.0, 0.0, 7.0])
@pytest.mark.parametrize("pitch", [0.0, 30.0])
def test_a_tilted_camera_tilts_the_plate(roll: float, pitch: float) -> None:
    """To 0.1 degrees, seen from ahead."""
    found = pose(seen(roll, 0, pitch))
    assert found is not None
    assert found.tilt_deg == pytest.approx(roll, abs=0.1)


@pytest.mark.parametrize(("yaw", "pitch"), [(25.0, 0.0), (30.0, 20.0), (-30.0, 20.0)])
def test_a_camera_above_and_aside_tilts_it_too(yaw: float, pitch: float) -> None:
    """By atan(tan yaw sin pitch), as the module says; to 0.3 degrees."""
    found = pose(seen(0, yaw, pitch))
    tilt = math.atan(math.tan(math.radians(yaw)) * math.sin(math.radians(pitch)))
    assert found is not None
    assert abs(found.tilt_deg) == pytest.approx(abs(math.degrees(tilt)), abs=0.3)


def test_the_direction_of_the_upright_edges_does_not_matter() -> None:
    """The detector's come out square to the long ones, whatever the view."""
    quad = seen(0, 30, 20)
    a, b, c, d = quad.corners
    sheared = Quad((a, b, (c[0] + 9, c[1] + 9 * slope(quad)), (d[0] + 9, d[1] + 9 * slope(quad))))
    one, other = pose(quad), pose(sheared)
    assert one is not None
    assert other is not None
    assert other.tilt_deg == pytest.approx(one.tilt_deg, abs=0.2)
    assert other.ratio == pytest.approx(one.ratio, rel=0.01)


def slope(quad: Quad) -> float:
    """Of the lower edge."""
    _, _, (x1, y1), (x2, y2) = quad.corners
    return (y1 - y2) / (x1 - x2)


@pytest.mark.parametrize(
    ("yaw", "pitch"), [(0, 0), (10, 15), (25, 15), (40, 20), (0, 30), (30, 30), (15, 5)]
)
def test_yaw_and_pitch_are_found_where_the_format_is_known(yaw: float, pitch: float) -> None:
    """To 3 degrees, with corners that are right, six metres away."""
    hangs = pose(seen(0, yaw, pitch))
    assert hangs is not None
    found = view(hangs, "de")
    assert found is not None
    assert (abs(found.yaw_deg), found.pitch_deg) == pytest.approx((yaw, pitch), abs=3)


def test_the_sign_says_the_side() -> None:
    """Seen from above, the long edges sink towards one side or the other."""
    for yaw in (-30, 30):
        hangs = pose(seen(0, yaw, 20))
        assert hangs is not None
        found = view(hangs, "de")
        assert found is not None
        assert math.copysign(1, found.yaw_deg) == math.copysign(1, hangs.tilt_deg)


@pytest.mark.parametrize("region", [None, "", "us-ny", "ch"])
def test_without_a_format_yaw_is_not_told(region: str | None) -> None:
    """A short plate from the front and a long one from the side are the same four corners."""
    hangs = pose(seen(0, 20, 20))
    assert hangs is not None
    assert view(hangs, region) is None


def test_a_plate_of_another_format_has_no_yaw() -> None:
    """One of two rows in a country of long ones must not seem to be seen from 70 degrees."""
    hangs = pose(seen(0, 0, 10, ratio=340 / 220))
    assert hangs is not None
    assert view(hangs, "de") is None


@given(QUADS, st.sampled_from([None, *LONG_PLATES]))
def test_corners_that_are_no_plate_raise_nothing(quad: Quad, region: str | None) -> None:
    """No pose, or one of finite figures within what angles can be."""
    found = pose(quad)
    if found is None:
        return
    assert -180 <= found.tilt_deg <= 180
    assert 0 <= found.ratio < math.inf
    aside = view(found, region)
    if aside is not None:
        assert -90 <= aside.yaw_deg <= 90
        assert 0 <= aside.pitch_deg <= 90


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param(((5, 5), (5, 5), (5, 5), (5, 5)), id="a point"),
        pytest.param(((0, 0), (10, 0), (20, 0), (30, 0)), id="on a line"),
        pytest.param(((10, 0), (0, 0), (0, 5), (10, 5)), id="mirrored"),
        pytest.param(((0, 0), (math.nan, 0), (10, 5), (0, 5)), id="not a number"),
    ],
)
def test_such_corners_have_no_pose(
    corners: tuple[tuple[float, float], ...],
) -> None:
    """They are no plate's."""
    assert pose(Quad(corners)) is None  # type: ignore[arg-type]


@given(st.floats(-30, 30))
def test_turning_the_camera_changes_tilt_alone(roll: float) -> None:
    """By as much; the plate is as wide as it was."""
    level, turned = pose(seen(0, 0, 15)), pose(seen(roll, 0, 15))
    assert level is not None
    assert turned is not None
    assert turned.tilt_deg - level.tilt_deg == pytest.approx(roll, abs=0.01)
    assert turned.width == pytest.approx(level.width, rel=1e-6)
