"""What a passage means while there are no lists."""

from __future__ import annotations

from dataclasses import replace

from appliance.respond.policy import decide
from tests.conftest import SETTLED


def test_nothing_opens_for_an_unknown_plate() -> None:
    """However sure the read is."""
    decision = decide(replace(SETTLED, read=replace(SETTLED.read, confidence=1.0)))
    assert (decision.list, decision.action) == ("unknown", "ignore")


def test_the_reason_says_how_far_the_reads_agree() -> None:
    """A person who asks why gets numbers."""
    assert decide(SETTLED).reason == "on no list; 7 of 9 reads agree"


def test_the_reason_never_has_the_plate() -> None:
    """It goes into the log, where no plate may stand."""
    assert SETTLED.read.text not in decide(SETTLED).reason
