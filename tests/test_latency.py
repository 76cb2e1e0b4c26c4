"""Percentiles of the newest times of each stage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.latency import WINDOW, Latencies


def test_percentiles_are_by_stage_in_milliseconds() -> None:
    """A hundred times from 1 to 100 ms; one time is all three."""
    latencies = Latencies()
    for number in range(100, 0, -1):
        latencies.took("detect", number / 1000)
    latencies.took("read", 0.0025)
    for milliseconds in (5, 1, 3):
        latencies.took("track", milliseconds / 1000)
    assert latencies.percentiles() == {
        "detect": {"p50": 50.0, "p95": 95.0, "max": 100.0},
        "read": {"p50": 2.5, "p95": 2.5, "max": 2.5},
        "track": {"p50": 3.0, "p95": 5.0, "max": 5.0},
    }
    assert Latencies().percentiles() == {}


@given(st.lists(st.floats(0, 100), min_size=1, max_size=3 * WINDOW))
def test_only_the_newest_count_and_memory_is_bounded(times: list[float]) -> None:
    """Whatever came: in order, within what was seen lately."""
    latencies = Latencies()
    for each in times:
        latencies.took("frame", each)
    told = latencies.percentiles()["frame"]
    newest = [round(1e3 * each, 1) for each in times[-WINDOW:]]
    assert told["p50"] <= told["p95"] <= told["max"] == max(newest)
    assert {told["p50"], told["p95"]} <= set(newest)
    assert len(latencies._times["frame"]) <= WINDOW
