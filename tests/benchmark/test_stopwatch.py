"""Steps measured in turn: what counts, what does not, and the figure that comes out."""

from __future__ import annotations

import time

import pytest

from tools.benchmark.stopwatch import WARM_UP, WHOLE, Times, measure, ratio, table

TIMES: Times = {
    "ours": {WHOLE: [2.0, 3.0, 40.0]},
    "theirs": {WHOLE: [9.0, 12.0, 12.5], "crop": [1]},
}


def test_contestants_take_turns() -> None:
    """Whatever else the machine does then hits both."""
    calls: list[str] = []
    steps = {name: {WHOLE: lambda name=name: calls.append(name)} for name in ("ours", "theirs")}
    times = measure(steps, 3)
    assert calls == ["ours", "theirs"] * (WARM_UP + 3)
    assert [len(times[who][WHOLE]) for who in times] == [3, 3]


def test_waiting_does_not_count() -> None:
    """Neither for another program nor asleep: processor time is what a watt is spent on."""
    (spent,) = measure({"ours": {WHOLE: lambda: time.sleep(0.02)}}, 1)["ours"][WHOLE]
    assert spent < 15


def test_the_ratio_is_that_of_the_medians() -> None:
    """One round that was disturbed does not change it."""
    assert ratio(TIMES) == pytest.approx(0.25)


def test_the_table_has_a_line_for_every_step() -> None:
    """With median and 90th percentile in milliseconds."""
    lines = table(TIMES).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["ours", "3.00", "32.60"],
        ["theirs", "12.00", "12.40"],
        ["crop", "1.00", "1.00"],
    ]
