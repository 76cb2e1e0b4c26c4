"""A short, fixed part of `tools/campaign`: a few faults of each kind, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.conftest import MOSQUITTO
from tools.faults.kinds import KINDS
from tools.faults.rounds import play

EACH = 2


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_a_few_faults_of_each_kind_lose_nothing() -> None:
    """Every passage once for whoever looks at its id, in order; no pulse late, no file damaged."""
    done = play(0, "each", [*KINDS] * EACH, "test")
    assert done.faulty == {}
    assert done.verdict.recorded > 0
