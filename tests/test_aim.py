"""What the figures of several vehicles say together."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.aim import LEAST_VEHICLES, LIMITS, Aim, aim_of
from appliance.domain import Quad
from appliance.exposure import longest_exposure_s
from appliance.vehicle import Vehicle

GOOD = Vehicle(
    px_per_char=14.0,
    sharpness=0.8,
    burnt=0.0,
    black=0.05,
    contrast=0.4,
    tilt_deg=2.0,
    yaw_deg=12.0,
    pitch_deg=15.0,
    exposure_s=0.001,
    smear_px=0.6,
    edge=2.5,
    travel_deg=20.0,
    is_read=True,
    reads=12,
    quad=Quad(((0, 0), (9, 0), (9, 2), (0, 2))),
)


def test_a_camera_that_is_aimed_well_is_ready() -> None:
    """With nothing to say against it, and the figures of what it rests on."""
    aim = aim_of([GOOD] * 6, shake_px=0.3, longest_s=longest_exposure_s(50))
    assert (aim.ready, aim.because, aim.vehicles, aim.read) == (True, (), 6, 6)
    assert (aim.px_per_char, aim.exposure_ms, aim.longest_ms) == (14.0, 1.0, 1.818)
    assert aim.shake_px == 0.3


@pytest.mark.parametrize(
    ("change", "word"),
    [
        pytest.param({"px_per_char": 6.1}, "characters are 6.1 px apart", id="too far"),
        pytest.param({"sharpness": 0.3}, "sharpness is 0.30", id="smeared"),
        pytest.param({"contrast": 0.05}, "contrast", id="dark"),
        pytest.param({"burnt": 0.4}, "40% of the plates", id="burnt out"),
        pytest.param({"smear_px": 3.2}, "move by 3.2 px", id="too fast for the exposure"),
        pytest.param({"tilt_deg": -21.0}, "inclined by 21 degrees", id="askew, to the left"),
        pytest.param({"tilt_deg": 21.0}, "inclined by 21 degrees", id="askew, to the right"),
        pytest.param({"yaw_deg": 52.0}, "52 degrees aside", id="from aside"),
        pytest.param({"pitch_deg": 47.0}, "47 degrees above", id="from above"),
        pytest.param({"edge": 0.4}, "0.4 plate widths", id="at the rim"),
        pytest.param({"reads": 2}, "read in 2 frames", id="too short a stretch"),
        pytest.param({"exposure_s": 0.004}, "exposed for 4 ms, expected 1.818", id="rule"),
    ],
)
def test_each_figure_may_be_why_not(change: dict[str, float], word: str) -> None:
    """One reason, with the figure, what was expected, and what to do."""
    aim = aim_of([replace(GOOD, **change)] * 6, longest_s=longest_exposure_s(50))  # type: ignore[arg-type]
    assert aim.ready is False
    (reason,) = aim.because
    assert word in reason
    assert ": " in reason


def test_a_shaking_mount_is_a_reason() -> None:
    """And none where nobody could tell."""
    assert aim_of([GOOD] * 6, shake_px=2.5).because == (
        "the picture shakes by 2.5 px, expected 2 or less: a stiffer mount",
    )
    assert aim_of([GOOD] * 6, shake_px=None).ready


def test_without_a_configured_speed_no_exposure_is_too_long() -> None:
    """A network camera's is not ours to judge."""
    assert aim_of([replace(GOOD, exposure_s=0.02)] * 6).ready


@pytest.mark.parametrize("vehicles", range(LEAST_VEHICLES))
def test_few_vehicles_are_no_verdict(vehicles: int) -> None:
    """Be they ever so bad; the figures stand there all the same."""
    aim = aim_of([replace(GOOD, sharpness=0.1)] * vehicles)
    assert aim.ready is None
    assert aim.because == (f"{vehicles} of {LEAST_VEHICLES} vehicles seen",)
    assert (aim.sharpness is None) == (vehicles == 0)


def test_the_start_is_what_no_vehicle_says() -> None:
    """A unit that has just begun says the same as one that has looked in vain."""
    assert Aim() == aim_of([])


def test_one_vehicle_of_many_changes_nothing() -> None:
    """Medians: a lorry at the rim, a plate full of mud."""
    assert aim_of([GOOD] * 8 + [replace(GOOD, px_per_char=2, sharpness=0, edge=0)] * 2).ready


def test_a_figure_that_is_no_number_is_not_known() -> None:
    """It does not shift the median of the others."""
    others = [replace(GOOD, px_per_char=px) for px in (15.0, 14.0, 13.0, 12.0, 11.0)]
    aim = aim_of([replace(GOOD, px_per_char=math.nan), *others])
    assert (aim.vehicles, aim.px_per_char) == (6, 13.0)


def test_vehicles_that_cannot_be_read_count_where_they_are_most() -> None:
    """Their figures stay out where enough others were read; that they are many is a reason."""
    far = replace(GOOD, is_read=False, reads=0, px_per_char=4.0)
    few = aim_of([GOOD] * 9 + [far] * 3)
    assert (few.ready, few.px_per_char) == (True, 14.0)
    many = aim_of([GOOD] * 5 + [far] * 9)
    assert many.because == ("5 of 14 vehicles could be read",)
    all_far = aim_of([far] * 6)
    assert all_far.px_per_char == 4.0
    assert len(all_far.because) > 1


FIGURES = st.none() | st.floats()
SECONDS = st.none() | st.floats(0, 10)


@given(
    st.lists(
        st.tuples(st.floats(), st.floats(), FIGURES, FIGURES, FIGURES, SECONDS, st.booleans()),
        max_size=12,
    ),
    st.none() | st.floats(0, 100),
    st.none() | st.floats(1e-5, 1),
)
def test_whatever_is_measured_there_is_a_verdict(
    measured: list[
        tuple[float, float, float | None, float | None, float | None, float | None, bool]
    ],
    shake_px: float | None,
    longest_s: float | None,
) -> None:
    """Nothing is raised, it is JSON, and ready means that no known figure breaks its limit."""
    vehicles = [
        replace(
            GOOD,
            px_per_char=px,
            sharpness=sharp,
            burnt=burnt,
            tilt_deg=tilt,
            smear_px=smear,
            exposure_s=exposure,
            is_read=is_read,
        )
        for px, sharp, burnt, tilt, smear, exposure, is_read in measured
    ]
    aim = aim_of(vehicles, shake_px, longest_s)
    json.dumps(asdict(aim), allow_nan=False)
    assert (aim.ready is None) == (len(vehicles) < LEAST_VEHICLES)
    assert (aim.ready is True) == (not aim.because)
    if aim.ready:
        kept = [limit.fault(getattr(aim, limit.figure)) for limit in LIMITS]
        assert kept == [None] * len(LIMITS)
