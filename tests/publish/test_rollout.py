"""The simulated fleet: its units decide by the real code, so a stage bounds the damage."""

from __future__ import annotations

import shutil

import pytest

from tools.publish.rollout import ALARM, STAGES, Rollout, played

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
UNITS = 400


def tried(fault: str, stages: str) -> Rollout:
    """A small fleet."""
    return played(UNITS, 1, STAGES[stages], fault)


@pytest.mark.parametrize("fault", ["crashes", "does its work wrong"])
def test_a_stage_bounds_who_meets_a_bad_release(fault: str) -> None:
    """10 % are some 40 units of 400; all come to the mended one in the end."""
    at_once, staged = tried(fault, "100 %"), tried(fault, "10, 100 %")
    assert staged.totals.tried < at_once.totals.tried
    assert staged.totals.tried <= 60
    for done in (at_once, staged):
        assert len(done.well) == UNITS
        assert {member.version for member in done.fleet} == {"1.2.0"}


def test_who_crashes_falls_back_and_who_does_not_stays() -> None:
    """Each unit that tried a release that crashes has left it; nobody leaves a silent one."""
    crashed = tried("crashes", "100 %")
    assert crashed.totals.failed == crashed.totals.tried >= ALARM
    assert all(not member.standing.trial for member in crashed.fleet)
    silent = tried("does its work wrong", "100 %")
    assert silent.totals.failed == 0
    assert silent.totals.wrong_h > 0


def test_a_roll_out_can_be_repeated() -> None:
    """The same seed gives the same figures, whatever keys were made."""
    one, two = (tried("hangs", "1, 10, 100 %") for _ in range(2))
    assert (one.totals, one.well) == (two.totals, two.well)
