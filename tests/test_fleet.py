"""A short part of `tools/fleet`: a few units, a few seconds, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MOSQUITTO
from tools.load.fleet import Asked, play
from tools.load.verdict import report, table


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_a_small_fleet_loses_nothing(tmp_path: Path) -> None:
    """Each passage is acknowledged and heard once, in order, at a broker with the fleet's ACL."""
    told = report(play(Asked(units=4, rate=5.0, seconds=2.0, processes=2), tmp_path))
    assert told["passages"] == 40
    counts = ("lost", "without PUBACK", "repeats on `log`", "out of order")
    assert [told[name] for name in counts] == [0, 0, 0, 0]
    delays = told["latency (ms)"].values()
    assert all(0 < delay["median"] <= delay["most"] for delay in delays)
    assert f"| passages | {told['passages']} |" in table(told)
