"""The unit's end of a process that holds an output: what it does where that one misbehaves."""

from __future__ import annotations

import time

import pytest

from appliance.errors import LineError
from appliance.ward import STOP_S, WORDS_S, Ward
from tests.conftest import PATIENCE_S


def test_one_that_hangs_after_its_fault_is_left() -> None:
    """Its words are told, as far as they came; nobody waits for an end that may never come."""
    begun = time.monotonic()
    with pytest.raises(LineError, match="gate: the pin is taken"):
        Ward("gate", "tests.standin.hung", [])
    assert time.monotonic() - begun < WORDS_S + STOP_S + PATIENCE_S
