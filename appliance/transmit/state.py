"""The unit's health as a message.  Pure.

The rule to know: no plate and no label stands in it, for everybody may read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from appliance.decision import ListName
from appliance.health import Vitals
from appliance.transmit.dialect import NO_TERMS, Terms
from appliance.transmit.messages import Publication, Topics

WHERE_PRESENT = ("power", "fan", "power_mode")
"""Fields that are left out on boards that measure no such thing, and not null."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The file system of the store: what is free, in 1e6 bytes and as a share in percent."""

    free_mb: int
    free_percent: float


@dataclass(frozen=True, slots=True)
class ListAge:
    """A list: its entries, and hours since somebody said what stands on it; None: nobody knows."""

    count: int
    age_h: float | None


@dataclass(frozen=True, slots=True)
class Stock:
    """What the unit keeps.

    Attributes:
        queue: passages that wait for the broker.
        dropped: those that gave way because too many waited.
        webhook_queue: passages that wait for the webhook's consumer.
        disk: None where nobody looked.
        lists: by their name.
        quiet_h: daytime hours in which nobody came by.
        store: names the file that counts `seq`.
    """

    queue: int = 0
    dropped: int = 0
    webhook_queue: int = 0
    disk: Disk | None = None
    lists: Mapping[ListName, ListAge] = field(default_factory=dict)
    quiet_h: float = 0.0
    store: str = ""


def state(
    topics: Topics,
    vitals: Vitals,
    stock: Stock,
    terms: Terms = NO_TERMS,
    *,
    is_lit: bool = False,
) -> Publication:
    """How the unit is, whether its light shines, and what was agreed with the broker, retained."""
    spoken = {"mqtt": {"protocol": terms.protocol, "tls": terms.tls}}
    illuminator = {"ir": {"lit": is_lit}}  # Home Assistant's template wants it, driven or not
    measured = {n: v for n, v in asdict(vitals).items() if v is not None or n not in WHERE_PRESENT}
    body = measured | asdict(stock) | spoken | illuminator
    payload = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Publication(topics.state, payload, retained=True)
