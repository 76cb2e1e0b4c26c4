"""Counters, problems and what the kernel says."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.board import Board
from appliance.domain import Frame
from appliance.health import Health, Vitals


@pytest.fixture
def health(tmp_path: Path) -> Health:
    """Of a machine with three thermal zones, one of them broken, and no time server yet."""
    for number, text in enumerate(["48312\n", "61249\n", "not a number"]):
        zone = tmp_path / "sys/class/thermal" / f"thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(f"cpu-{number}\n")
        (zone / "temp").write_text(text)
    return Health(Board(tmp_path, lambda: None))


def test_a_snapshot_has_everything(health: Health) -> None:
    """The hottest zone counts; problems come in a fixed order."""
    for number in (0, 1, 5):
        health.saw(Frame(np.full((64, 64, 3), 51, np.uint8), 0.0, number))
    health.count("passages")
    health.took("detect", 0.02)
    health.problem("b", "lens dirty")
    health.problem("a", "disk nearly full")
    health.count_gate("opened")
    health.count_gate("opened")
    health.count_gate("too_soon")
    health.reject({"low agreement": 2, "not legible": 1})
    seen = health.snapshot()
    assert seen.fps > 0
    assert seen.frame_age_s is not None
    assert replace(seen, fps=0.0, frame_age_s=None) == Vitals(
        passages=1,
        frames=3,
        skipped=3,
        rejected=3,
        rejects={"low agreement": 2, "not legible": 1},
        gate={"opened": 2, "too_soon": 1},
        problems=("disk nearly full", "lens dirty"),
        soc_temp=61.2,
        clock="none",
        temps={"cpu-0": 48.3, "cpu-1": 61.2},
        throttled=None,
        uptime_s=0,
        fps=0.0,
        frame_age_s=None,
        brightness=0.2,
        latency_ms={"detect": {"p50": 20.0, "p95": 20.0, "max": 20.0}},
    )


def synchronize(root: Path) -> None:
    """A time server has answered."""
    mark = root / "run/systemd/timesync/synchronized"
    mark.parent.mkdir(parents=True)
    mark.touch()


def test_a_snapshot_does_not_change_any_more(health: Health) -> None:
    """It is a copy."""
    before = health.snapshot()
    health.count("passages")
    health.reject({"low agreement": 2})
    health.problem("a", "lens dirty")
    assert (before.passages, before.rejected, before.problems) == (0, 0, ())


def test_without_a_thermal_zone_there_is_no_temperature(tmp_path: Path) -> None:
    """A virtual machine: unknown, and not 0 degrees."""
    snapshot = Health(Board(tmp_path)).snapshot()
    assert (snapshot.soc_temp, snapshot.temps, snapshot.throttled) == (None, {}, None)


def test_the_clock_is_trusted_once_a_server_has_answered(health: Health, tmp_path: Path) -> None:
    """Before that it says none, for a unit without a battery starts in the past."""
    assert health.clock() == "none"
    synchronize(tmp_path)
    assert health.clock() == "ntp"


@pytest.mark.parametrize(
    ("error_s", "expected"), [(None, "none"), (16.0, "none"), (15.9, "ntp"), (0.0, "ntp")]
)
def test_the_clock_is_trusted_while_any_daemon_keeps_it(
    error_s: float | None, expected: str, tmp_path: Path
) -> None:
    """Such as chrony, which leaves no file; the kernel says how far it may be off."""
    assert Health(Board(tmp_path, lambda: error_s)).clock() == expected


RTCS = {
    "it has set it": ("1\n", 0, "rtc"),
    "another one has": ("0\n", 0, "none"),
    "it lost its battery": ("1\n", -1e9, "none"),
    "it says nothing": ("", 0, "none"),
}


@pytest.mark.parametrize("name", RTCS)
def test_a_battery_clock_is_trusted_where_it_set_the_time(
    name: str, health: Health, tmp_path: Path
) -> None:
    """And still has it; what a server said counts for more."""
    mark, behind_s, expected = RTCS[name]
    folder = tmp_path / "sys/class/rtc/rtc0"
    folder.mkdir(parents=True)
    (folder / "hctosys").write_text(mark)
    (folder / "since_epoch").write_text(f"{int(time.time() + behind_s)}\n")
    assert health.clock() == expected
    synchronize(tmp_path)
    assert health.clock() == "ntp"


def test_a_problem_is_logged_when_it_changes(
    health: Health, caplog: pytest.LogCaptureFixture
) -> None:
    """Once when it comes and once when it goes, however often it is noted."""
    with caplog.at_level("INFO"):
        for text in ("dirty", "dirty", "dark", None, None):
            health.problem("lens", text)
    assert [record.getMessage() for record in caplog.records] == [
        "problem: dirty",
        "problem: dark",
        "no longer a problem: dark",
    ]
