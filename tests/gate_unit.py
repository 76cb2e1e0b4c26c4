"""A unit of nothing but a gate, for tests that kill it: it opens again and again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import count
from multiprocessing.connection import Connection
from threading import Event

from appliance.respond.gate import Gate, Guardian


def open_for_ever(
    line: int, pulse_s: float, pause_s: float, environment: Mapping[str, str], told: Connection
) -> None:
    """Open for one passage after another, as soon as the pause allows it.

    Args:
        line: BCM number.
        pulse_s: length of a pulse, seconds.
        pause_s: between two, seconds.
        environment: that of the test, which the server of forks does not have.
        told: gets the id of the guardian's process before the first pulse.
    """
    os.environ.update(environment)
    guardian = Guardian(line, active_low=False)
    told.send(guardian.pid)
    gate = Gate(pulse_s, pause_s, lambda: guardian)
    for number in count():
        gate.open(str(number), fresh=True)
        gate.tend()
        Event().wait(0.003)
