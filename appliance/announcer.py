"""Tells Home Assistant of this unit: on every connection, and whenever Home Assistant starts.

The rule to know: what is said again is what stands (discovery, state, the newest passage), never a
`passage`, which would open a gate for a car that has left.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

from appliance import __version__
from appliance.config import Config
from appliance.retention import LEAST_DAYS, days
from appliance.transmit.component import Features
from appliance.transmit.homeassistant import BIRTH_PAUSE_S, announcements
from appliance.transmit.link import Link
from appliance.transmit.messages import Publication


def announced(config: Config, board: str = "", *, can_dim: bool = True) -> list[Publication]:
    """What Home Assistant is told of the unit; nothing where it shall not be.

    Args:
        config: of the unit.
        board: its name; empty where nobody knows.
        can_dim: its light knows more than on and off, as the light itself tells.
    """
    home, parking = config.homeassistant, config.parking
    if not home.discovery:
        return []
    is_counted = parking.entering is not None
    has_capacity = is_counted and parking.capacity is not None
    has_image = config.mqtt.last and config.mqtt.last_image
    most_days = days(config.store.retention_hours * 3600)
    keep_days = most_days if most_days > LEAST_DAYS else 0
    light = config.light
    features = Features(
        last=config.mqtt.last,
        image=has_image,
        parking=is_counted,
        free_places=has_capacity,
        keep_days=keep_days,
        eyes=config.camera.is_csi or light.is_there,
        light=bool(light.head),
        light_power=light.power if light.head and can_dim else 0,
        updates=config.update.url is not None,
    )
    return announcements(config.unit, __version__, features, home.prefix, board)


@dataclass(slots=True)
class Announcer:
    """Says what this unit is, in the loop that sends.

    Attributes:
        documents: what is published, in order; none of them: Home Assistant is not told.
        pause_s: least and most seconds after Home Assistant's birth.
        rounds: how often it was said; whoever sees it change tells what stands again.
    """

    documents: Sequence[Publication] = ()
    pause_s: tuple[float, float] = BIRTH_PAUSE_S
    rounds: int = field(default=0, init=False)
    session: int = field(default=0, init=False)
    births: int = field(default=0, init=False)
    due_at: float = field(default=inf, init=False)  # monotonic seconds

    def turn(self, link: Link) -> bool:
        """Say it where it is time to; gives whether it was."""
        if link.births != self.births:
            self.births = link.births
            self.due_at = time.monotonic() + random.uniform(*self.pause_s)  # noqa: S311  # jitter
        if link.session != self.session:
            self.session = link.session
            self.due_at = time.monotonic()
        if not link.session or time.monotonic() < self.due_at:
            return False
        for document in self.documents:
            link.publish(document)
        self.due_at = inf
        self.rounds += 1
        return True
