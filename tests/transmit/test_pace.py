"""The pace of a backlog."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.transmit.pace import Pace


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 50)), max_size=100))
def test_no_more_goes_than_rate_and_burst_allow(steps: list[tuple[float, int]]) -> None:
    """Whoever takes what there is room for, whenever he asks."""
    pace, now, gone = Pace(10.0, 30.0), 100.0, 0
    for rest_s, wish in steps:
        now += rest_s
        taken = min(wish, pace.room(now))
        pace.spend(taken)
        gone += taken
        assert gone <= 30 + 10 * (now - 100) + 1e-6


def test_after_the_pause_there_is_room() -> None:
    """Who waits as long as he is told does not wait twice."""
    pace = Pace(10.0, 30.0)
    pace.spend(pace.room(0.0))
    assert pace.room(0.0) == 0
    assert pace.room(pace.pause_s(5) + 1e-9) == 5
