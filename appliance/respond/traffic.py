"""How many went by in each hour, by direction and region.  Pure.

The rules to know: no plate is counted here or kept, and of an hour that is over nobody sees a
region that only a few came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from appliance.domain import Direction
from appliance.tally import Count, Hour

FEW = 5
"""Vehicles of one direction and region in one hour below which the region is not named: a single
car with foreign plates is a neighbour's guest, and would be known by it after its passage has been
deleted.  A usual least size of a cell in published counts, not one that a rule gives."""
OTHER, UNKNOWN = "other", "unknown"
"""What stands for a region that is not named, and for one that was not recognized."""


def hour_of(local: datetime) -> Hour:
    """The hour that a moment lies in; `local` is aware, in the unit's own zone."""
    begins = local.replace(minute=0, second=0, microsecond=0)
    return Hour(round(begins.timestamp() * 1000), begins.isoformat(timespec="minutes"))


def folded(counts: Iterable[Count]) -> list[Count]:
    """The same counts with the regions that few came from put together as OTHER.

    Sums by hour and direction stay as they are; what is folded once stays so.
    """
    sums: Counter[tuple[Hour, Direction, str]] = Counter()
    for count in counts:
        named = count.vehicles >= FEW or count.region == UNKNOWN
        sums[count.hour, count.direction, count.region if named else OTHER] += count.vehicles
    return [Count(*where, vehicles) for where, vehicles in sorted(sums.items(), key=_order)]


def _order(item: tuple[tuple[Hour, Direction, str], int]) -> tuple[int, str, str]:
    (hour, direction, region), _ = item
    return hour.begins_ms, direction, region
