"""A unit of nothing but a light, for tests that kill it: it lights and darkens again and again."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import count
from multiprocessing.connection import Connection
from threading import Event

from appliance.capture.heads import GuardedHeads
from appliance.capture.illuminator import GuardedLight, Surroundings, Terms
from appliance.capture.lightrules import Wish


def light_for_ever(
    heads: Sequence[str],
    frame_age_s: float,
    environment: Mapping[str, str],
    told: Connection,
    *,
    steady: bool = False,
) -> None:
    """Light the heads, mostly; ends where they are lost.

    Args:
        heads: as `lamp.spelled` writes them.
        frame_age_s: how old the newest frame always is.
        environment: that of the test, which the server of forks does not have.
        told: gets the id of the guardian's process before the first light.
        steady: do not darken.
    """
    os.environ.update(environment)
    started: list[GuardedHeads] = []

    def start() -> GuardedHeads:
        started.append(GuardedHeads(heads))
        return started[-1]

    around = Surroundings(20.0, frame_age_s)
    light = GuardedLight(Terms(Wish("auto", 100), [True] * len(heads), start, lambda: around))
    told.send(started[0].pid)
    for number in count():
        light.want(steady or bool(number % 4))
        light.tend()
        Event().wait(0.003)
