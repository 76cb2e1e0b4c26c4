"""One vehicle's figures, from plates that are drawn with known ones."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from appliance.domain import Detection, Quad, Read, Sighting
from appliance.exposure import Shot
from appliance.pose import FORMAT
from appliance.recognize.rectify import rectify
from appliance.recognize.sharpness import sharpness
from appliance.recognize.tones import tones
from appliance.vehicle import Vehicle, alone, vehicle
from tests.test_pose import QUADS, seen

SIZE = (1920, 1080)
TEXT = "AB12CDE"


def placed(px: float, roll: float = 0, yaw: float = 0, pitch: float = 0) -> Quad:
    """The corners of a plate in the middle, so many pixels a character from ahead."""
    return seen(roll, yaw, pitch, distance_m=0.52 * 2000 / (px * len(TEXT)))


def drawn(quad: Quad, smear: int = 1, gain: float = 1.0) -> NDArray[np.uint8]:
    """A frame with a plate there, smeared to the side by so many pixels, so much brighter."""
    flat = np.full((110, 520, 3), 190, np.uint8)
    for number, letter in enumerate(TEXT):
        place = (18 + 71 * number, 88)
        cv2.putText(flat, letter, place, cv2.FONT_HERSHEY_SIMPLEX, 2.9, (40,) * 3, 9, cv2.LINE_AA)
    source = np.array([(0, 0), (520, 0), (520, 110), (0, 110)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(quad.corners, np.float32))
    ground = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    flat = np.asarray(cv2.GaussianBlur(flat, (0, 0), 1.5), np.uint8)
    cv2.warpPerspective(
        flat, matrix, SIZE, ground, cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    lit = np.clip(ground.astype(np.float32) * gain, 0, 255).astype(np.uint8)
    return np.asarray(cv2.blur(lit, (smear, 1)), np.uint8)


def sighted(quad: Quad, image: NDArray[np.uint8] | None = None, at: float = 0.0) -> Sighting:
    """As the recognizer would give it."""
    crop = rectify(image if image is not None else drawn(quad), quad, (160, 48))
    read = Read(TEXT, 0.99, (0.99,) * 7, (), region="de")
    return Sighting(0, at, Detection(quad, 0.9), read, sharpness(crop), tones(crop))


def moved(sighting: Sighting, dx: float, dy: float, at: float) -> Sighting:
    """The same plate elsewhere and later."""
    corners = sighting.detection.quad.corners
    quad = Quad(tuple((x + dx, y + dy) for x, y in corners))  # type: ignore[arg-type]
    return replace(sighting, detection=Detection(quad, 0.9), at=at)


@pytest.mark.parametrize("px", [6.0, 10.0, 25.0])
@pytest.mark.parametrize("roll", [0.0, 20.0])
def test_pixels_a_character(px: float, roll: float) -> None:
    """To 3 %, inclined or not: the plate's own width counts, not that of the box round it."""
    found = alone(sighted(placed(px, roll)), SIZE)
    assert found.px_per_char == pytest.approx(px, rel=0.03)


def test_a_plate_from_aside_has_fewer_pixels() -> None:
    """What counts is what the reader gets: half of them from 60 degrees."""
    ahead, aside = (alone(sighted(placed(12, yaw=yaw)), SIZE) for yaw in (0, 60))
    assert aside.px_per_char == pytest.approx(ahead.px_per_char / 2, rel=0.05)


@pytest.mark.parametrize("roll", [-20.0, -4.0, 0.0, 4.0, 20.0])
def test_tilt(roll: float) -> None:
    """To 0.1 degrees where the corners are right."""
    found = alone(sighted(placed(14, roll)), SIZE)
    assert found.tilt_deg == pytest.approx(roll, abs=0.1)


def test_yaw_and_pitch() -> None:
    """To 3 degrees where the corners are right and the region's plates are of one format."""
    found = alone(sighted(placed(14, yaw=-30, pitch=15)), SIZE)
    assert (found.yaw_deg, found.pitch_deg) == pytest.approx((30, 15), abs=3)


def test_sharpness_falls_with_the_smear() -> None:
    """At twelve pixels a character: 2 px are crisp enough, 9 px are not."""
    quad = placed(12)
    levels = [alone(sighted(quad, drawn(quad, n)), SIZE).sharpness for n in (1, 2, 3, 5, 9)]
    assert levels == sorted(levels, reverse=True)
    assert levels[1] > 0.45 > levels[4]


def test_what_is_burnt_out_shows() -> None:
    """Twice the light burns the ground of the plate out, and leaves the characters."""
    quad = placed(14)
    right, burnt = (alone(sighted(quad, drawn(quad, gain=gain)), SIZE) for gain in (1, 2))
    assert right.burnt == 0
    assert burnt.burnt is not None
    assert burnt.burnt > 0.5
    assert right.contrast == pytest.approx(0.45, abs=0.15), "of 150 levels, thin strokes less"


@pytest.mark.parametrize("gap_s", [0.04, 0.2])
def test_smear_is_speed_by_exposure(gap_s: float) -> None:
    """900 px a second for 2 ms are 1.8 px, at every rate of frames."""
    first = sighted(placed(14))
    seen_at = [moved(first, 900 * gap_s * n, 0, gap_s * n) for n in range(-2, 3)]
    found = vehicle(seen_at, SIZE, Shot(exposure_s=0.002, gain=1))
    assert found.exposure_s == 0.002
    assert found.smear_px == pytest.approx(1.8, rel=1e-3)


def test_what_the_camera_does_not_say_is_not_known() -> None:
    """Neither exposure nor smear, without a shot; no smear and no way, from one sighting."""
    first = sighted(placed(14))
    silent = vehicle([first, moved(first, 20, 0, 0.1)], SIZE)
    assert (silent.exposure_s, silent.smear_px) == (None, None)
    single = alone(first, SIZE, Shot(0.001, 1))
    assert (single.smear_px, single.travel_deg, single.reads) == (None, None, None)
    far = vehicle([first, moved(first, 20, 0, 5)], SIZE, Shot(0.001, 1))
    assert far.smear_px is None, "nobody knows what it did in five seconds"


@pytest.mark.parametrize(("way", "degrees"), [((0, 400), 0), ((-300, -300), 45), ((500, 0), 90)])
def test_the_angle_of_travel(way: tuple[float, float], degrees: float) -> None:
    """Against upright, whichever way."""
    first = sighted(placed(14))
    found = vehicle([first, moved(first, *way, at=1)], SIZE)
    assert found.travel_deg == pytest.approx(degrees, abs=0.1)


def test_the_edge_is_measured_where_the_plate_is_farthest_from_it() -> None:
    """One who crosses the picture comes near both sides."""
    first = sighted(placed(14))
    width = first.detection.box.width
    way = [moved(first, dx, 0, at) for at, dx in enumerate((-900.0, -400.0, 0.0, 500.0))]
    assert vehicle(way, SIZE).edge == pytest.approx((960 - width / 2) / width, rel=0.01)
    aside = [moved(first, dx, 0, at) for at, dx in enumerate((850.0, 900.0))]
    assert vehicle(aside, SIZE).edge < 1


def test_it_is_measured_where_it_is_surely_read() -> None:
    """The largest of those; a larger one that is cut off is not read."""
    small, middle, large = (sighted(placed(px)) for px in (8, 12, 20))
    unsure = replace(large, read=replace(large.read, confidence=0.3))
    found = vehicle([small, middle, unsure], SIZE)
    assert found.px_per_char == pytest.approx(12, rel=0.03)
    assert found.reads == 3
    nothing = replace(large, read=Read("", 0.0, (), ()))
    assert vehicle([small, nothing], SIZE).px_per_char == pytest.approx(8, rel=0.03)
    unread = alone(nothing, SIZE)
    assert not unread.is_read
    assert unread.px_per_char == pytest.approx(20, rel=0.03), "as of the usual seven characters"


@pytest.mark.parametrize(
    ("ratio", "text", "abreast"),
    [(FORMAT, "AB12CDE", 7), (2.0, "ABC1234", 7), (1.4, "59X346728", 5), (1.4, "A123", 4)],
)
def test_characters_in_two_rows_are_wider(ratio: float, text: str, abreast: int) -> None:
    """A square plate of many characters has half of them beside each other."""
    quad = seen(0, 0, 0, ratio=ratio)
    sighting = sighted(placed(14))
    there = replace(
        sighting, detection=Detection(quad, 0.9), read=replace(sighting.read, text=text)
    )
    width = quad.box.width
    assert alone(there, SIZE).px_per_char == pytest.approx(width / abreast, rel=0.01)


@given(
    st.lists(
        st.tuples(QUADS, st.sampled_from(["", "A", "AB12CDE"]), st.floats(0, 9)),
        min_size=1,
        max_size=6,
    ),
    st.none() | st.builds(Shot, st.floats(1e-6, 1), st.floats(1, 64)),
)
def test_any_corners_will_do(sightings: list[tuple[Quad, str, float]], shot: Shot | None) -> None:
    """Of no plate, of one character, of nothing: a vehicle comes out and nothing is raised."""
    several = [
        Sighting(0, at, Detection(quad, 0.9), Read(text, 0.5, (), ()))
        for quad, text, at in sorted(sightings, key=lambda one: one[2])
    ]
    found = vehicle(several, SIZE, shot)
    assert {field.name for field in fields(Vehicle)}
    assert found.reads == sum(len(text) > 3 for _, text, _ in sightings)
