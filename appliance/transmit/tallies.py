"""Topics and payloads of what is counted: parking, traffic.  Pure.

The rule to know: no plate and no label goes out here; an overstay names its passage by the id.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from appliance.tally import Count, Hour, Move
from appliance.transmit.messages import SCHEMA, Publication, Topics

OVERSTAY_EXPIRY_S = 3600  # who hears of it later finds it in the number on `parking`


@dataclass(frozen=True, slots=True)
class Fill:
    """How full the car park is.

    Attributes:
        occupancy: vehicles inside.
        capacity: vehicles that there is room for; None where nobody said.
        overstays: open visits that are over their limit.
        nameless: open visits that have ended, nobody knows which.
        forgotten: by how much occupancy fell, ever, because visits became too old to be kept.
    """

    occupancy: int
    capacity: int | None
    overstays: int
    nameless: int
    forgotten: int


def parking(topics: Topics, fill: Fill) -> Publication:
    """How full the car park is, retained."""
    free = None if fill.capacity is None else max(0, fill.capacity - fill.occupancy)
    body = {"v": SCHEMA, "free": free} | asdict(fill)
    return Publication(topics.at("parking"), _json(body), retained=True)


def overstay(topics: Topics, visit: Move, now_ms: int, limit_h: float) -> Publication:
    """A visit has become longer than its list allows; once a visit, and live only.

    Args:
        topics: of the unit.
        visit: the passage that went in.
        now_ms: wall-clock time, milliseconds since 1970 UTC.
        limit_h: hours that were allowed.
    """
    body = {
        "v": SCHEMA,
        "uuid": visit.uuid,
        "list": visit.list,
        "hours": round(visit.hours(now_ms), 2),
        "limit_hours": limit_h,
    }
    topic = topics.at("parking/overstay")
    return Publication(topic, _json(body), expiry_s=OVERSTAY_EXPIRY_S)


def stats(topics: Topics, hour: Hour, counts: Iterable[Count]) -> Publication:
    """How many went by in an hour that is over, retained.

    Args:
        topics: of the unit.
        hour: which.
        counts: of that hour, folded.
    """
    known = list(counts)
    ways = Counter[str]()
    for count in known:
        ways[count.direction] += count.vehicles
    body = {
        "v": SCHEMA,
        "hour": hour.written,
        "total": ways.total(),
        "approaching": ways["approaching"],
        "receding": ways["receding"],
        "unknown": ways["unknown"],
        "regions": [
            {"direction": c.direction, "region": c.region, "vehicles": c.vehicles} for c in known
        ],
    }
    return Publication(topics.at("stats"), _json(body), retained=True)


def _json(body: dict[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))
